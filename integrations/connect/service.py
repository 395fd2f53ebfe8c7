"""Connecting a venue to its POS: consent, location, webhook, and the way back."""

import logging
import secrets
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from integrations.adapters import adapter_of, current_environment, default_adapter
from integrations.connect.oauth_state import remember_consent
from integrations.connect.tokens import RECONNECT_SENTENCE, CachedTokens, ConnectionTokens
from integrations.models import Connection, LightspeedSettings, TokenPair
from integrations.pos import NotConnected, PointOfSale, PosError, PosLocation, Rejected, TokenGrant, WebhookEndpoint
from integrations.subscriptions import announce_connected
from storekit.models import Venue

logger = logging.getLogger(__name__)

Status = Connection.Status

NOTHING_HEARD: dict[str, Any] = {
    "webhook_registered_at": None,
    "webhook_checked_at": None,
    "webhook_found": "",
    "pos_ready": None,
    "not_ready_reason": "",
    "readiness_at": None,
}
"""Columns that a location which has just been linked, or is none any more, begins with."""


class LocationTaken(Exception):
    """The location belongs to another venue already. `str(error)` is a sentence for venue staff."""


# --- Rows ------------------------------------------------------------------------------------------------------------


def connection_of(venue: Venue) -> Connection:
    """The venue's connection, made with its settings when there is none yet."""
    connection, _ = Connection.objects.get_or_create(venue=venue, defaults={"environment": current_environment()})
    LightspeedSettings.objects.get_or_create(connection=connection)
    return connection


def ensure_connections(*, venues: QuerySet[Venue]) -> None:
    """Gives each of the venues a connection row, not connected yet, so that lists can show every venue."""
    for venue in venues.filter(connection=None):
        connection_of(venue=venue)


# --- Connecting ------------------------------------------------------------------------------------------------------


def redirect_uri() -> str:
    """Where Lightspeed sends the person back to; registered with the API client, so it never varies."""
    return settings.PUBLIC_URL + reverse("integrations:callback")


def begin_connect(*, venue: Venue, session: SessionBase) -> str:
    """The address at Lightspeed to send the person to. State and PKCE verifier stay in their session."""
    pending = remember_consent(session=session, venue_slug=venue.slug)
    return default_adapter().authorise_url(
        redirect_uri=redirect_uri(), state=pending.state, code_verifier=pending.code_verifier
    )


def finish_connect(*, venue: Venue, code: str, code_verifier: str) -> Connection:
    """Exchanges the code for tokens and keeps them; the location is to be chosen next. Settings stay as they are.

    Raises:
        PosError: the code could not be exchanged; the connection is as it was.
    """
    grant = default_adapter().exchange_code(redirect_uri=redirect_uri(), code=code, code_verifier=code_verifier)
    connection = connection_of(venue=venue)
    with transaction.atomic():
        if connection.environment != current_environment():
            # A location id of another environment means nothing in this one.
            Connection.objects.filter(pk=connection.pk).update(business_location_id="", location_name="")
        Connection.objects.filter(pk=connection.pk).update(
            environment=current_environment(),
            status=Status.CHOOSING_LOCATION,
            status_reason="",
            **NOTHING_HEARD,
        )
        _keep_tokens(connection, grant)
    connection.refresh_from_db()
    return connection


def _keep_tokens(connection: Connection, grant: TokenGrant) -> None:
    now = timezone.now()
    fresh = {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "scope": grant.scope,
        "expires_at": now + grant.expires_in,
        "refreshing_until": None,
        "refreshed_at": now,
    }
    if not TokenPair.objects.filter(connection=connection).update(**fresh, generation=F("generation") + 1):
        # A random start: a process that still refreshes the tokens of an earlier consent, deleted since, must not
        # mistake this row for its own.
        TokenPair.objects.create(connection=connection, **fresh, generation=1 + secrets.randbelow(2**30))


def available_locations(*, connection: Connection) -> tuple[PosLocation, ...]:
    """The business locations that the consent covers. Raises `PosError`."""
    return adapter_of(connection).locations(ConnectionTokens(connection.pk))


def choose_location(*, connection: Connection, location: PosLocation) -> None:
    """Links the location to the venue. The webhook is registered next, with `register_webhook`.

    Raises:
        LocationTaken: another venue has it.
        NotConnected: there is no consent, or it ended meanwhile.
    """
    present = _pos(connection) if connection.business_location_id not in ("", location.id) else None
    try:
        with transaction.atomic():
            linked = Connection.objects.filter(
                pk=connection.pk, tokens__isnull=False, status__in=[Status.CHOOSING_LOCATION, Status.CONNECTED]
            ).update(
                status=Status.CONNECTED,
                status_reason="",
                business_id=location.business_id,
                business_name=location.business_name,
                business_location_id=location.id,
                location_name=location.name,
                connected_at=timezone.now(),
                **NOTHING_HEARD,
            )
    except IntegrityError as error:
        raise LocationTaken("This location is connected to another venue already. Choose a different one.") from error
    if not linked:
        raise NotConnected("The consent has ended. Connect again first.")
    if present is not None:
        # Only now that the new location is the venue's: a refusal leaves the present one with its notifications.
        _take_webhook_off(connection, pos=present)
    connection.refresh_from_db()


# --- The webhook -----------------------------------------------------------------------------------------------------


def webhook_url(*, connection: Connection) -> str:
    """Where Lightspeed sends this connection's notifications."""
    return settings.PUBLIC_URL + reverse(adapter_of(connection).webhook_route, args=[connection.public_id])


def register_webhook(*, connection: Connection) -> None:
    """Registers the webhook with the connection's own credentials and adds the location; may be repeated.

    Then the venue is connected with all that belongs to it, which whoever waits for that is told.

    Raises:
        PosError: it could not be registered; the connection stays connected and says so, and is tried again.
    """
    pos_for(venue=connection.venue).register_webhook(endpoint_of(connection=connection))
    # Only while it is still the location that was added: a person may have chosen another one meanwhile.
    Connection.objects.filter(
        pk=connection.pk, status=Status.CONNECTED, business_location_id=connection.business_location_id
    ).update(webhook_registered_at=timezone.now())
    announce_connected(venue_id=connection.venue_id)


def endpoint_of(*, connection: Connection) -> WebhookEndpoint:
    """The webhook as it has to be at Lightspeed."""
    return WebhookEndpoint(
        id=connection.endpoint_id,
        url=webhook_url(connection=connection),
        username=connection.webhook_username,
        password=connection.webhook_password,
    )


def _take_webhook_off(connection: Connection, *, pos: PointOfSale) -> str:
    """Removes the webhook at the POS if that is possible; returns why it was not, or nothing."""
    try:
        pos.remove_webhook(connection.endpoint_id)
    except PosError as error:
        logger.warning("The webhook of connection %s was not removed: %s", connection.pk, error.code)
        return str(error)
    return ""


# --- Disconnecting ---------------------------------------------------------------------------------------------------


def disconnect(*, connection: Connection) -> str:
    """Ends the connection: webhook off, tokens forgotten, location free for another venue. Settings stay.

    Returns why the webhook could not be removed at the POS, or nothing. May be repeated: the status changes first and
    the tokens go last, so that a disconnect which was cut short is seen and finished.
    """
    Connection.objects.filter(pk=connection.pk).update(status=Status.DISCONNECTED, status_reason="")
    connection.refresh_from_db()
    has_webhook = connection.business_location_id and TokenPair.objects.filter(connection=connection).exists()
    problem = _take_webhook_off(connection, pos=_pos(connection)) if has_webhook else ""
    with transaction.atomic():
        # Unless somebody connected again meanwhile: then everything here belongs to the new consent.
        if Connection.objects.filter(pk=connection.pk, status=Status.DISCONNECTED).update(
            business_id="",
            business_name="",
            business_location_id="",
            location_name="",
            connected_at=None,
            **NOTHING_HEARD,
        ):
            TokenPair.objects.filter(connection=connection).delete()
    connection.refresh_from_db()
    return problem


def active_connections() -> QuerySet[Connection]:
    """Return the connections that may be used: connected, enabled, and of the environment storekit runs against."""
    return Connection.objects.filter(status=Status.CONNECTED, enabled=True, environment=current_environment())


def half_disconnected() -> QuerySet[Connection]:
    """Connections whose disconnect was cut short."""
    return Connection.objects.filter(status=Status.DISCONNECTED, tokens__isnull=False)


# --- Talking to the POS ----------------------------------------------------------------------------------------------


def location_of(venue: Venue) -> str:
    """The id of the business location that the venue is linked to, whatever the consent's state; empty for none."""
    return Connection.objects.filter(venue=venue).values_list("business_location_id", flat=True).first() or ""


def pos_for(venue: Venue, *, location: str = "", in_a_hurry: bool = False) -> PointOfSale:
    """The venue's POS; with `location`, that business location's and no other's.

    `in_a_hurry`: somebody waits for the answer, so it must not wait for the log-in service to renew the access; calls
    raise `Unreachable` instead.

    Raises:
        NotConnected: with a sentence that says what is missing.
        Rejected: the venue is connected, but to another location than the one asked for.
    """
    connection = Connection.objects.filter(venue=venue).first()
    if connection is None:
        raise NotConnected("This venue is not connected to Lightspeed.")
    if reason := _why_unusable(connection):
        raise NotConnected(reason)
    if location not in ("", connection.business_location_id):
        raise Rejected(
            "This was meant for another Lightspeed location than the one that the venue is connected to now.",
            code="other_location",
        )
    return _pos(connection, tokens=CachedTokens if in_a_hurry else ConnectionTokens)


def _why_unusable(connection: Connection) -> str:
    """Why nothing can be sent to the POS, or nothing."""
    if connection.status == Status.RECONNECT_NEEDED:
        return connection.status_reason or RECONNECT_SENTENCE
    if connection.status == Status.CHOOSING_LOCATION:
        return "This venue's Lightspeed location is not chosen yet."
    if connection.status != Status.CONNECTED:
        return "This venue is not connected to Lightspeed."
    if not connection.enabled:
        return "This venue's connection to Lightspeed is switched off."
    if connection.environment != current_environment():
        return (
            f"This venue was connected to Lightspeed's {connection.environment} environment, and storekit now runs "
            f"against {current_environment()}. Connect it again."
        )
    if not connection.business_location_id:
        return "This venue's Lightspeed location is not chosen yet."
    if not TokenPair.objects.filter(connection=connection).exclude(access_token="").exists():
        return "Lightspeed's access tokens are missing. Connect the venue again."
    return ""


def _pos(connection: Connection, tokens: type[ConnectionTokens] | type[CachedTokens] = ConnectionTokens) -> PointOfSale:
    return adapter_of(connection).point_of_sale(connection, tokens(connection.pk))
