"""A connection's OAuth tokens: always fresh, refreshed by one process at a time.

Lightspeed's refresh tokens work once: each refresh answers a new pair, and whoever sends the old refresh token again is
told `invalid_grant`. Unused ones lapse after 14 days. (Lightspeed's K-Series API documentation,
https://api-docs.lsk.lightspeed.app/.)

So a process first takes a lease on the row by a conditional update, which works alike on SQLite and PostgreSQL, then
calls the token endpoint outside any transaction, and commits the new pair before anybody uses it. One gap cannot be
closed from this side: when the answer is lost on its way, or the process dies between answer and commit, the only copy
of the new refresh token is gone. The next refresh is then told `invalid_grant`, the connection says "reconnect needed",
and a person has to give consent again.
"""

import logging
import time
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.adapters import adapter_of
from integrations.models import Connection, TokenPair
from integrations.pos import NotConnected, Throttled, TokenGrant, Unauthorised, Unreachable

logger = logging.getLogger(__name__)

REFRESH_AHEAD = timedelta(minutes=2)
# Longer than the token endpoint's time-out, so that a lease only outlives a process that died.
LEASE = timedelta(seconds=30)
_LONGEST_WAIT_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.1

_BEING_RENEWED = "Lightspeed's access has to be renewed first. Ask again in a few minutes."
RECONNECT_SENTENCE = "Lightspeed no longer accepts storekit's access. A manager has to reconnect the venue."


class ConnectionTokens:
    """The token source of one connection, for its HTTP transport. Never call it inside a transaction."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id

    def access_token(self) -> str:
        """A token that is valid for some time yet, refreshed first when it is about to expire.

        Raises:
            NotConnected: there are no tokens.
            Unauthorised: the consent is gone; the connection now says "reconnect needed".
            Unreachable, Throttled: the token endpoint did not answer and the present token has expired.
        """
        pair = _load(self._connection_id)
        if pair.expires_at - timezone.now() > REFRESH_AHEAD:
            return pair.access_token
        try:
            return refresh(pair=pair).access_token
        except (Unreachable, Throttled):
            if pair.expires_at > timezone.now():
                return pair.access_token
            raise

    def renewed(self, stale: str) -> str:
        """A token to use after the POS refused `stale`; refreshes only if nobody has done so meanwhile.

        Raises as `access_token` does.
        """
        pair = _load(self._connection_id)
        if pair.access_token != stale:
            return self.access_token()
        return refresh(pair=pair).access_token


class CachedTokens:
    """The same for somebody who cannot wait: the token that is there, never a refresh, which may take long."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id

    def access_token(self) -> str:
        """The present token, even if it is about to expire.

        Raises:
            NotConnected, Unauthorised: as `ConnectionTokens` does.
            Unreachable: it has expired.
        """
        pair = _load(self._connection_id)
        if pair.expires_at <= timezone.now():
            raise Unreachable(_BEING_RENEWED)
        return pair.access_token

    def renewed(self, stale: str) -> str:
        """The token that somebody else has fetched meanwhile. Raises `Unreachable` when there is none."""
        pair = _load(self._connection_id)
        if pair.access_token == stale:
            raise Unreachable(_BEING_RENEWED)
        return pair.access_token


def refresh(*, pair: TokenPair) -> TokenPair:
    """Replaces the pair by a new one, or waits for the process that is doing so; returns the pair that is then stored.

    Raises:
        NotConnected: the tokens were forgotten meanwhile.
        Unauthorised: the consent is gone; the connection now says "reconnect needed".
        Unreachable, Throttled: no answer from the token endpoint, or none that another process got within 20 s.
    """
    deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
    while True:
        stored = _load(pair.connection_id)
        if stored.generation != pair.generation:
            return stored
        if _take_lease(stored):
            return _refresh_with_lease(stored)
        if time.monotonic() > deadline:
            raise Unreachable("Lightspeed's log-in service is not answering at the moment.")
        time.sleep(_LOOK_EVERY_SECONDS)


def _load(connection_id: int) -> TokenPair:
    pair = TokenPair.objects.select_related("connection").filter(connection_id=connection_id).first()
    if pair is None:
        raise NotConnected("This venue is not connected to Lightspeed.")
    if pair.connection.status == Connection.Status.RECONNECT_NEEDED:
        raise Unauthorised(pair.connection.status_reason or RECONNECT_SENTENCE, code="invalid_grant")
    return pair


def _take_lease(pair: TokenPair) -> bool:
    now = timezone.now()
    free = Q(refreshing_until=None) | Q(refreshing_until__lte=now)
    return bool(_same_generation(pair).filter(free).update(refreshing_until=now + LEASE))


def _refresh_with_lease(pair: TokenPair) -> TokenPair:
    try:
        grant = adapter_of(pair.connection).refresh(pair.refresh_token)
    except Unauthorised as error:
        if error.code == "invalid_grant":
            return _give_up(pair, error)
        _release_lease(pair)
        raise
    except BaseException:
        _release_lease(pair)
        raise
    _keep(pair, grant)
    return _load(pair.connection_id)


def _keep(pair: TokenPair, grant: TokenGrant) -> None:
    now = timezone.now()
    # A consent given meanwhile has raised the generation; its tokens are the newer ones and stay.
    _same_generation(pair).update(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token or pair.refresh_token,
        scope=grant.scope or pair.scope,
        expires_at=now + grant.expires_in,
        generation=pair.generation + 1,
        refreshing_until=None,
        refreshed_at=now,
    )


def _give_up(pair: TokenPair, error: Unauthorised) -> TokenPair:
    """The consent is gone, unless a new one came while we asked: then its tokens are returned."""
    with transaction.atomic():
        # The connection's row first, as whoever connects and disconnects locks them too.
        connection = Connection.objects.select_for_update().get(pk=pair.connection_id)
        gone = _same_generation(pair).update(refreshing_until=None)
        if gone and connection.status != Connection.Status.DISCONNECTED:
            Connection.objects.filter(pk=connection.pk).update(
                status=Connection.Status.RECONNECT_NEEDED, status_reason=RECONNECT_SENTENCE
            )
    if gone:
        logger.warning("Connection %s has to be reconnected: its refresh token is no longer valid", pair.connection_id)
        raise Unauthorised(RECONNECT_SENTENCE, code=error.code, detail=error.detail, status=error.status) from error
    return _load(pair.connection_id)


def _release_lease(pair: TokenPair) -> None:
    _same_generation(pair).update(refreshing_until=None)


def _same_generation(pair: TokenPair) -> QuerySet[TokenPair]:
    return TokenPair.objects.filter(pk=pair.pk, generation=pair.generation)
