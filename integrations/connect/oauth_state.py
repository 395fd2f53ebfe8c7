"""The OAuth state and PKCE verifier of consents in progress, kept in the person's session."""

import hashlib
import secrets
import time
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache

_SESSION_KEY = "lightspeed_consents"
_LIFETIME_SECONDS = 10 * 60
_MOST_PENDING = 5


class UnknownState(Exception):
    """The state is missing, used, too old, or from another person's session."""


@dataclass(frozen=True)
class PendingConsent:
    """A consent that a person was sent to the POS to give."""

    venue_slug: str
    state: str
    code_verifier: str


def remember_consent(*, session: SessionBase, venue_slug: str) -> PendingConsent:
    """Make a random state and verifier and keep them in the session. Up to five tabs may each have their own."""
    pending = PendingConsent(
        venue_slug=venue_slug, state=secrets.token_urlsafe(32), code_verifier=secrets.token_urlsafe(64)
    )
    kept = sorted(_still_valid(session).items(), key=lambda item: item[1]["at"])[1 - _MOST_PENDING :]
    entry = {"venue": venue_slug, "verifier": pending.code_verifier, "at": time.time()}
    session[_SESSION_KEY] = {**dict(kept), pending.state: entry}
    return pending


def take_consent(*, session: SessionBase, state: str) -> PendingConsent:
    """Take the consent with this state out of the session. A state can be used once, within ten minutes.

    Raises:
        UnknownState: the session has no such consent, or not any more.
    """
    kept = _still_valid(session)
    entry = kept.pop(state, None)
    session[_SESSION_KEY] = kept
    if entry is None or not _claim_state(state):
        raise UnknownState
    # Saved at once, so that the same callback sent a second time finds the state used.
    session.save()
    return PendingConsent(venue_slug=entry["venue"], state=state, code_verifier=entry["verifier"])


def _claim_state(state: str) -> bool:
    """Claim the state and return whether it was free: simultaneous requests all see the session as it was before."""
    digest = hashlib.sha256(state.encode()).hexdigest()
    return cache.add(f"consent-used:{digest}", True, timeout=_LIFETIME_SECONDS)


def _still_valid(session: SessionBase) -> dict[str, dict]:
    oldest = time.time() - _LIFETIME_SECONDS
    return {state: entry for state, entry in session.get(_SESSION_KEY, {}).items() if entry["at"] > oldest}
