"""A new consent: used at once where that changes nothing for a live venue, else kept until its location is chosen.

Orders go on through the connection in use until the new consent is known to cover a location of the venue's. Tokens and
location are then swapped in one transaction, so a browser that is closed half-way leaves the venue as it was.
"""

from django.db import transaction

from integrations.adapters import current_environment, default_adapter
from integrations.connect.service import UNKNOWN_STATE, connection_of, redirect_uri
from integrations.connect.tokens import OneToken, store_tokens
from integrations.models import Connection, WaitingConsent
from integrations.pos import PosError, TokenGrant
from integrations.subscriptions import announce_connected
from storekit.db import clock
from storekit.models import Venue

Status = Connection.Status


def finish_connect(*, venue: Venue, code: str, code_verifier: str) -> Connection:
    """Exchange the code for tokens and store them. Settings stay as they are.

    A venue that has a location keeps it, and is connected afterwards, if the consent covers it; if not, its connection
    stays as it is, and the consent waits for a location to be chosen. So does that of a venue without a location.

    Raises:
        PosError: the code could not be exchanged; the connection is unchanged.
    """
    grant = default_adapter().exchange_code(redirect_uri=redirect_uri(), code=code, code_verifier=code_verifier)
    connection = connection_of(venue=venue)
    covered = _covers(grant, connection.business_location_id) if _stands(connection) else False
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if not _stands(row):
            _start_afresh(row, grant)
        elif covered and row.business_location_id == connection.business_location_id:
            _renew(row, grant)
        else:
            _keep_waiting(row, grant)
    connection.refresh_from_db()
    return connection


def waiting_consent(*, connection: Connection) -> WaitingConsent | None:
    """Return the new consent that waits for a location to be chosen, if there is one and it is still valid."""
    return WaitingConsent.objects.filter(connection=connection, expires_at__gt=clock.now()).first()


def forget_expired_consents() -> int:
    """Delete the consents whose location was never chosen; return how many."""
    return WaitingConsent.objects.filter(expires_at__lte=clock.now()).delete()[0]


def _stands(connection: Connection) -> bool:
    """Return whether the venue has a location that a new consent must not take from it."""
    return (
        connection.status in (Status.CONNECTED, Status.RECONNECT_NEEDED)
        and connection.business_location_id != ""
        # A location id of another environment means nothing in this one.
        and connection.environment == current_environment()
    )


def _covers(grant: TokenGrant, location_id: str) -> bool:
    """Return whether the POS lists the location for this consent; False if it does not say."""
    try:
        offered = default_adapter().locations(OneToken(grant.access_token))
    except PosError:
        return False
    return location_id in {location.id for location in offered}


def _start_afresh(connection: Connection, grant: TokenGrant) -> None:
    if connection.environment != current_environment():
        connection.business_location_id = connection.location_name = ""
    Connection.objects.filter(pk=connection.pk).update(
        environment=current_environment(),
        status=Status.CHOOSING_LOCATION,
        status_reason="",
        business_location_id=connection.business_location_id,
        location_name=connection.location_name,
        **UNKNOWN_STATE,
    )
    _store(connection, grant)


def _renew(connection: Connection, grant: TokenGrant) -> None:
    """Swap the tokens. The location and what is known of its till stay; the webhook is to be registered again."""
    Connection.objects.filter(pk=connection.pk).update(
        status=Status.CONNECTED,
        status_reason="",
        missing_permission="",
        webhook_registered_at=None,
        connected_at=clock.now(),
    )
    _store(connection, grant)
    announce_connected(venue_id=connection.venue_id)


def _store(connection: Connection, grant: TokenGrant) -> None:
    WaitingConsent.objects.filter(connection=connection).delete()
    store_tokens(
        connection_id=connection.pk,
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        scope=grant.scope,
        expires_at=clock.now() + grant.expires_in,
    )


def _keep_waiting(connection: Connection, grant: TokenGrant) -> None:
    now = clock.now()
    WaitingConsent.objects.update_or_create(
        connection=connection,
        defaults={
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "scope": grant.scope,
            "expires_at": now + grant.expires_in,
            "given_at": now,
        },
    )
