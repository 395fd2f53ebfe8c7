"""Consents that a person is about to give: the state and the PKCE verifier, kept in that person's session."""

import hashlib
import secrets
import time
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache

_SESSION_KEY = "lightspeed_consents"
_LIFETIME_SECONDS = 10 * 60
_MOST_AT_ONCE = 5


class UnknownState(Exception):
    """The state is missing, was used before, is too old, or belongs to another person's session."""


@dataclass(frozen=True)
class PendingConsent:
    """What was remembered when the person was sent to the POS."""

    venue_slug: str
    state: str
    code_verifier: str


def remember_consent(*, session: SessionBase, venue_slug: str) -> PendingConsent:
    """Makes a random state and verifier and keeps them in the session; several tabs may each have one."""
    pending = PendingConsent(
        venue_slug=venue_slug, state=secrets.token_urlsafe(32), code_verifier=secrets.token_urlsafe(64)
    )
    kept = sorted(_still_valid(session).items(), key=lambda item: item[1]["at"])[1 - _MOST_AT_ONCE :]
    entry = {"venue": venue_slug, "verifier": pending.code_verifier, "at": time.time()}
    session[_SESSION_KEY] = {**dict(kept), pending.state: entry}
    return pending


def take_consent(*, session: SessionBase, state: str) -> PendingConsent:
    """Takes the consent with this state out of the session: a state is good for one use within ten minutes.

    Raises:
        UnknownState: there is none.
    """
    kept = _still_valid(session)
    entry = kept.pop(state, None)
    session[_SESSION_KEY] = kept
    if entry is None or not _first_to_use(state):
        raise UnknownState
    # Written at once, so that the same answer sent a second time finds the state used.
    session.save()
    return PendingConsent(venue_slug=entry["venue"], state=state, code_verifier=entry["verifier"])


def _first_to_use(state: str) -> bool:
    """Whether nobody else uses the state at this moment: requests at once each see the session as it was before."""
    digest = hashlib.sha256(state.encode()).hexdigest()
    return cache.add(f"consent-used:{digest}", True, timeout=_LIFETIME_SECONDS)


def _still_valid(session: SessionBase) -> dict[str, dict]:
    oldest = time.time() - _LIFETIME_SECONDS
    return {state: entry for state, entry in session.get(_SESSION_KEY, {}).items() if entry["at"] > oldest}
