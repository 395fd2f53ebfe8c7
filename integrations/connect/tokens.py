"""A connection's OAuth tokens: kept fresh, and refreshed by one process at a time.

Lightspeed's refresh tokens work once: each refresh returns a new pair, and sending the old refresh token again fails
with `invalid_grant`. Access tokens live for 25 minutes; a refresh token lapses after 40 days without use. (Lightspeed's
K-Series API documentation, https://api-docs.lsk.lightspeed.app/.)

So a process first takes a lease on the row with a conditional update, which works on SQLite and PostgreSQL alike, then
calls the token endpoint outside any transaction, and commits the new pair before using it. One gap remains: if the
response is lost, or the process dies before the commit, the only copy of the new refresh token is gone. The next
refresh then fails with `invalid_grant`, the connection shows "reconnect needed", and a person has to give consent
again.
"""

import logging
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from integrations.adapters import adapter_of
from integrations.models import Connection, TokenPair
from integrations.pos import NotConnected, Rejected, Throttled, TokenGrant, Unauthorised, Unreachable
from storekit.db import clock
from storekit.db.due_rows import due_now, enqueue_on_commit

logger = logging.getLogger(__name__)

REFRESH_AHEAD = timedelta(minutes=2)
# Longer than the token endpoint's time-out, so that a lease expires only if its process died.
LEASE = timedelta(seconds=30)
# Longer than most calls take. If a token expires on the way nevertheless, the call is repeated with a new one.
_STILL_GOOD = timedelta(seconds=20)
_LONGEST_WAIT_SECONDS = 20.0
_POLL_SECONDS = 0.1

_RENEWAL_PENDING = "Access to Lightspeed is being renewed. Try again in a few minutes."
RECONNECT_SENTENCE = (
    "Lightspeed no longer accepts storekit's access: it was withdrawn, not used for 40 days, or renewed after the "
    "backup that this database was restored from. A manager needs to reconnect the venue."
)


class ConnectionTokens:
    """A token source that refreshes when needed. Never call it inside a transaction."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id

    def access_token(self) -> str:
        """Return a token that stays valid for two minutes, refreshing it first if necessary.

        While another process refreshes it, the current one is used for as long as it is valid for a call.

        Raises:
            NotConnected: there are no tokens.
            Unauthorised: the consent has ended; the connection now shows "reconnect needed".
            Unreachable, Throttled: the token endpoint did not answer and the current token has expired.
        """
        pair = _load(self._connection_id)
        if pair.expires_at - clock.now() > REFRESH_AHEAD:
            return pair.access_token
        if _is_being_refreshed(pair) and pair.expires_at - clock.now() > _STILL_GOOD:
            # Another process is at it. A new pair does not end the old access token, so nobody has to wait.
            return pair.access_token
        try:
            return refresh(pair=pair).access_token
        except (Unreachable, Throttled):
            if pair.expires_at > clock.now():
                return pair.access_token
            raise

    def renewed(self, stale: str) -> str:
        """Return a token to use after the POS refused `stale`; refresh only if no other process has done so since.

        Raises as `access_token` does.
        """
        pair = _load(self._connection_id)
        if pair.access_token != stale:
            return self.access_token()
        return refresh(pair=pair).access_token


class CachedTokens:
    """A token source for callers that cannot wait: it uses the stored token and never refreshes, which may be slow."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id

    def access_token(self) -> str:
        """Return the stored token, even if it is about to expire.

        Raises:
            NotConnected, Unauthorised: as `ConnectionTokens` does.
            Unreachable: it has expired.
        """
        pair = _load(self._connection_id)
        if pair.expires_at <= clock.now():
            raise Unreachable(_RENEWAL_PENDING)
        return pair.access_token

    def renewed(self, stale: str) -> str:
        """Return the stored token if another process has replaced `stale`. Raises `Unreachable` if not."""
        pair = _load(self._connection_id)
        if pair.access_token == stale:
            raise Unreachable(_RENEWAL_PENDING)
        return pair.access_token


class OneToken:
    """A token source with one token and no way to renew it, for a consent that is not in use."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self) -> str:
        """Return the token."""
        return self._token

    def renewed(self, stale: str) -> str:
        """Raise `Unauthorised`: a person has to give consent again."""
        raise Unauthorised("Lightspeed does not accept this consent any more. Start connecting again.")


def store_tokens(
    *, connection_id: int, access_token: str, refresh_token: str, scope: str, expires_at: datetime
) -> None:
    """Store the tokens of a new consent in place of those of an earlier one."""
    fresh: dict[str, Any] = {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "scope": scope,
        "expires_at": expires_at,
        "refreshing_until": None,
        "refreshed_at": clock.now(),
    }
    if not TokenPair.objects.filter(connection_id=connection_id).update(**fresh, generation=F("generation") + 1):
        # Start at a random generation, so that a process still refreshing deleted tokens of an earlier consent cannot
        # mistake this row for theirs.
        TokenPair.objects.create(connection_id=connection_id, **fresh, generation=1 + secrets.randbelow(2**30))


def refresh(*, pair: TokenPair) -> TokenPair:
    """Replace the pair by a new one, or wait for the process that is doing so; return the pair now stored.

    Raises:
        NotConnected: the venue was disconnected and has no tokens any more.
        Unauthorised: the consent has ended; the connection now shows "reconnect needed".
        Unreachable, Throttled: the token endpoint did not answer, neither this process nor another one within 20 s.
    """
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        stored = _load(pair.connection_id)
        if stored.generation != pair.generation:
            return stored
        if _take_lease(stored):
            return _refresh_with_lease(stored)
        if time.monotonic() > deadline:
            raise Unreachable("Lightspeed's log-in service is not responding. Try again in a few minutes.")
        time.sleep(_POLL_SECONDS)


def _load(connection_id: int) -> TokenPair:
    pair = TokenPair.objects.select_related("connection").filter(connection_id=connection_id).first()
    if pair is None:
        raise NotConnected("This venue is not connected to Lightspeed.")
    if pair.connection.status == Connection.Status.RECONNECT_NEEDED:
        raise Unauthorised(pair.connection.status_reason or RECONNECT_SENTENCE, code="invalid_grant")
    return pair


def _is_being_refreshed(pair: TokenPair) -> bool:
    return pair.refreshing_until is not None and pair.refreshing_until > clock.now()


def _take_lease(pair: TokenPair) -> bool:
    now = clock.now()
    free = Q(refreshing_until=None) | Q(refreshing_until__lte=now)
    return bool(_same_generation(pair).filter(free).update(refreshing_until=now + LEASE))


def _refresh_with_lease(pair: TokenPair) -> TokenPair:
    try:
        grant = adapter_of(pair.connection).refresh(pair.refresh_token)
    except Unauthorised as error:
        if error.code == "invalid_grant":
            return _mark_reconnect_needed(pair, error)
        _release_lease(pair)
        raise
    except Rejected as error:
        # storekit's own set-up is wrong, which reconnecting would not put right: the status says what would.
        _show_problem(pair, str(error))
        _release_lease(pair)
        raise
    except BaseException:
        _release_lease(pair)
        raise
    _store(pair, grant)
    _show_problem(pair, "")
    return _load(pair.connection_id)


def _store(pair: TokenPair, grant: TokenGrant) -> None:
    now = clock.now()
    # A new consent raises the generation: then its tokens are newer, and this update changes nothing.
    _same_generation(pair).update(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token or pair.refresh_token,
        scope=grant.scope or pair.scope,
        expires_at=now + grant.expires_in,
        generation=pair.generation + 1,
        refreshing_until=None,
        refreshed_at=now,
    )


def _show_problem(pair: TokenPair, sentence: str) -> None:
    """Show beside the status why the tokens cannot be renewed; empty once they were."""
    usable = Connection.objects.filter(
        pk=pair.connection_id, status__in=[Connection.Status.CONNECTED, Connection.Status.CHOOSING_LOCATION]
    )
    usable.exclude(status_reason=sentence[:500]).update(status_reason=sentence[:500])


def _mark_reconnect_needed(pair: TokenPair, error: Unauthorised) -> TokenPair:
    """Set "reconnect needed" and raise, unless a new consent was given during the refresh: then return its tokens."""
    with transaction.atomic():
        # Lock the connection's row first, in the same order as connecting and disconnecting do.
        connection = Connection.objects.select_for_update().get(pk=pair.connection_id)
        ended = _same_generation(pair).update(refreshing_until=None)
        if ended and connection.status != Connection.Status.DISCONNECTED:
            Connection.objects.filter(pk=connection.pk).update(
                status=Connection.Status.RECONNECT_NEEDED,
                status_reason=RECONNECT_SENTENCE,
                consent_ended_at=clock.now(),
                consent_alerts=0,
                next_consent_alert_at=due_now(),
            )
            enqueue_on_commit("integrations.tasks.send_consent_alerts")
    if ended:
        logger.warning("Connection %s has to be reconnected: its refresh token is no longer valid", pair.connection_id)
        raise Unauthorised(RECONNECT_SENTENCE, code=error.code, detail=error.detail, status=error.status) from error
    return _load(pair.connection_id)


def _release_lease(pair: TokenPair) -> None:
    _same_generation(pair).update(refreshing_until=None)


def _same_generation(pair: TokenPair) -> QuerySet[TokenPair]:
    return TokenPair.objects.filter(pk=pair.pk, generation=pair.generation)
