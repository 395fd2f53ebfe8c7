"""Connect a venue to its POS and disconnect it: consent, location, webhook."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from integrations.adapters import adapter_of, current_environment, default_adapter
from integrations.connect.call_guard import ConnectionGuard
from integrations.connect.oauth_state import remember_consent
from integrations.connect.pos_warnings import record_webhook_warnings
from integrations.connect.tokens import RECONNECT_SENTENCE, CachedTokens, ConnectionTokens, OneToken, store_tokens
from integrations.models import Connection, LightspeedSettings, TokenPair, WaitingConsent
from integrations.pos import NotConnected, PointOfSale, PosError, PosLocation, Rejected, WebhookEndpoint
from integrations.subscriptions import announce_connected
from storekit.db import clock
from storekit.models import Venue

logger = logging.getLogger(__name__)

Status = Connection.Status

UNKNOWN_STATE: dict[str, Any] = {
    "webhook_registered_at": None,
    "webhook_checked_at": None,
    "webhook_found": "",
    "pos_ready": None,
    "not_ready_reason": "",
    "readiness_at": None,
    "pos_warnings": "",
    "webhook_warnings": "",
    "missing_permission": "",
}
"""The columns that describe a location: webhook, readiness, warnings. Reset when another location or none is linked."""


class LocationTaken(Exception):
    """The location is already linked to another venue. `str(error)` is a sentence for venue staff."""


# --- Rows ------------------------------------------------------------------------------------------------------------


def connection_of(venue: Venue) -> Connection:
    """Return the venue's connection; create it, with its settings, if there is none."""
    connection, _ = Connection.objects.get_or_create(venue=venue, defaults={"environment": current_environment()})
    LightspeedSettings.objects.get_or_create(connection=connection)
    return connection


def ensure_connections(*, venues: QuerySet[Venue]) -> None:
    """Create a connection row, not connected yet, for each venue without one, so that lists show every venue."""
    for venue in venues.filter(connection=None):
        connection_of(venue=venue)


# --- Connecting ------------------------------------------------------------------------------------------------------


def redirect_uri() -> str:
    """Return the address Lightspeed sends the person back to. It is registered with the API client and never varies."""
    return settings.PUBLIC_URL + reverse("integrations:callback")


def begin_connect(*, venue: Venue, session: SessionBase) -> str:
    """Return the address at the POS to send the person to. State and PKCE verifier stay in their session."""
    pending = remember_consent(session=session, venue_slug=venue.slug)
    return default_adapter().authorise_url(
        redirect_uri=redirect_uri(), state=pending.state, code_verifier=pending.code_verifier
    )


def available_locations(*, connection: Connection, consent: WaitingConsent | None = None) -> tuple[PosLocation, ...]:
    """Return the business locations that the consent covers; None for the one in use. Raises `PosError`."""
    source = OneToken(consent.access_token) if consent else ConnectionTokens(connection.pk)
    return adapter_of(connection).locations(source)


def choose_location(*, connection: Connection, location: PosLocation, consent: WaitingConsent | None = None) -> None:
    """Link the location to the venue, in one step with the consent if that is new. Call `register_webhook` next.

    Raises:
        LocationTaken: another venue has it.
        NotConnected: there is no consent, or it has ended.
    """
    previous_pos = _previous_pos(connection, consent) if connection.business_location_id != location.id else None
    try:
        with transaction.atomic():
            if not _link(connection, location, consent):
                raise NotConnected("storekit no longer has access to Lightspeed. Connect again first.")
    except IntegrityError as error:
        raise LocationTaken("This location is already connected to another venue. Choose a different one.") from error
    if previous_pos is not None:
        # Only once the new location is linked: if it is refused, the previous one keeps its notifications.
        _remove_webhook(connection, pos=previous_pos)
    connection.refresh_from_db()


def _link(connection: Connection, location: PosLocation, consent: WaitingConsent | None) -> bool:
    """Link the location and return whether there was a consent to do so."""
    in_use = Q(tokens__isnull=False, status__in=[Status.CHOOSING_LOCATION, Status.CONNECTED])
    # The connection's row first, in the same order as everywhere else.
    linked = Connection.objects.filter(~Q(status=Status.DISCONNECTED) if consent else in_use, pk=connection.pk).update(
        status=Status.CONNECTED,
        status_reason="",
        business_id=location.business_id,
        business_name=location.business_name,
        business_location_id=location.id,
        location_name=location.name,
        connected_at=clock.now(),
        **UNKNOWN_STATE,
    )
    if not linked or consent is None:
        return bool(linked)
    if not WaitingConsent.objects.filter(pk=consent.pk, given_at=consent.given_at).delete()[0]:
        raise NotConnected("This consent was replaced or used in another window. Open this page again.")
    store_tokens(
        connection_id=connection.pk,
        access_token=consent.access_token,
        refresh_token=consent.refresh_token,
        scope=consent.scope,
        expires_at=consent.expires_at,
    )
    return True


def _previous_pos(connection: Connection, consent: WaitingConsent | None) -> PointOfSale | None:
    """Return the POS of the location linked so far, with the access that goes with it; None without a location."""
    if not connection.business_location_id:
        return None
    if consent is None:
        return _pos(connection)
    # The new consent may not cover the previous location, and replaces the stored tokens.
    pair = TokenPair.objects.filter(connection=connection).first()
    if pair is None:
        return None
    tokens = OneToken(pair.access_token)
    # As it was: `connection` is loaded again once the new location is linked.
    return adapter_of(connection).point_of_sale(connection, tokens, ConnectionGuard(connection))


# --- The webhook -----------------------------------------------------------------------------------------------------


def webhook_url(*, connection: Connection) -> str:
    """Return the address the POS sends this connection's notifications to."""
    return settings.PUBLIC_URL + reverse(adapter_of(connection).webhook_route, args=[connection.public_id])


def register_webhook(*, connection: Connection) -> None:
    """Register the webhook with the connection's own credentials and add the location. Safe to repeat.

    What the POS warns of is recorded on the connection.
    The venue is then fully connected, so the tasks that wait for this are queued.

    Raises:
        PosError: it could not be registered. The connection stays connected and shows the webhook as missing;
            `integrations.tasks.refresh_tokens` tries again.
    """
    warnings = pos_for(venue=connection.venue).register_webhook(endpoint_of(connection=connection))
    record_webhook_warnings(connection=connection, warnings=warnings)
    # Only if this is still the linked location: a person may have chosen another one during the call.
    Connection.objects.filter(
        pk=connection.pk, status=Status.CONNECTED, business_location_id=connection.business_location_id
    ).update(webhook_registered_at=clock.now())
    announce_connected(venue_id=connection.venue_id)


def endpoint_of(*, connection: Connection) -> WebhookEndpoint:
    """Return the webhook as it has to be registered at the POS."""
    return WebhookEndpoint(
        id=connection.endpoint_id,
        url=webhook_url(connection=connection),
        username=connection.webhook_username,
        password=connection.webhook_password,
    )


def _remove_webhook(connection: Connection, *, pos: PointOfSale) -> str:
    """Remove the webhook at the POS if possible; return the reason if it failed, or an empty string."""
    try:
        pos.remove_webhook(connection.endpoint_id)
    except PosError as error:
        logger.warning("The webhook of connection %s was not removed: %s", connection.pk, error.code)
        return str(error)
    return ""


# --- Disconnecting ---------------------------------------------------------------------------------------------------


def disconnect(*, connection: Connection) -> str:
    """End the connection: remove the webhook, delete the tokens, free the location for another venue. Settings stay.

    Returns why the webhook could not be removed at the POS, or an empty string. Safe to repeat: the status changes
    first and the tokens are deleted last, so that a disconnect that was cut short is recognised and finished.
    """
    Connection.objects.filter(pk=connection.pk).update(status=Status.DISCONNECTED, status_reason="")
    connection.refresh_from_db()
    has_webhook = connection.business_location_id and TokenPair.objects.filter(connection=connection).exists()
    problem = _remove_webhook(connection, pos=_pos(connection)) if has_webhook else ""
    with transaction.atomic():
        # Unless the venue was connected again during the call: then all of this belongs to the new consent.
        if Connection.objects.filter(pk=connection.pk, status=Status.DISCONNECTED).update(
            business_id="",
            business_name="",
            business_location_id="",
            location_name="",
            connected_at=None,
            **UNKNOWN_STATE,
        ):
            TokenPair.objects.filter(connection=connection).delete()
            WaitingConsent.objects.filter(connection=connection).delete()
    connection.refresh_from_db()
    return problem


def active_connections() -> QuerySet[Connection]:
    """Return the connections that may be used: connected, enabled, and of the environment storekit runs against."""
    return Connection.objects.filter(status=Status.CONNECTED, enabled=True, environment=current_environment())


def selling_venues() -> list[int]:
    """Return the ids of the venues whose connection may be used."""
    return list(active_connections().values_list("venue", flat=True))


def half_disconnected() -> QuerySet[Connection]:
    """Return the connections whose disconnect was cut short."""
    return Connection.objects.filter(status=Status.DISCONNECTED, tokens__isnull=False)


# --- Talking to the POS ----------------------------------------------------------------------------------------------


def location_of(venue: Venue) -> str:
    """Return the id of the venue's business location, whatever the state of the consent; empty for none."""
    return Connection.objects.filter(venue=venue).values_list("business_location_id", flat=True).first() or ""


def pos_for(
    venue: Venue, *, location: str = "", cached_token_only: bool = False, start_by: datetime | None = None
) -> PointOfSale:
    """Return the venue's POS.

    Args:
        venue: the venue.
        location: the business location that is expected, if the call is only meant for that one.
        cached_token_only: never wait for the log-in service to renew the access token, because a guest is waiting;
            calls raise `Unreachable` instead.
        start_by: a call that could not start by then is not made and raises `PosDown`; None for no limit.

    Raises:
        NotConnected: with a sentence that says what is missing.
        Rejected: the venue is connected to another location than `location`.
    """
    connection = Connection.objects.filter(venue=venue).first()
    if connection is None:
        raise NotConnected("This venue is not connected to Lightspeed.")
    connection.venue = venue
    if reason := _why_unusable(connection):
        raise NotConnected(reason)
    if location not in ("", connection.business_location_id):
        raise Rejected(
            "This was meant for a different Lightspeed location: the venue has since been connected to another one.",
            code="other_location",
        )
    return _pos(connection, tokens=CachedTokens if cached_token_only else ConnectionTokens, start_by=start_by)


def _why_unusable(connection: Connection) -> str:
    """Return why nothing can be sent to the POS, or an empty string."""
    if connection.status == Status.RECONNECT_NEEDED:
        return connection.status_reason or RECONNECT_SENTENCE
    if connection.status == Status.CHOOSING_LOCATION:
        return "Choose this venue's Lightspeed location first."
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
        return "Choose this venue's Lightspeed location first."
    if not TokenPair.objects.filter(connection=connection).exclude(access_token="").exists():
        return "Lightspeed's access tokens are missing. Connect the venue again."
    return ""


def _pos(
    connection: Connection,
    tokens: type[ConnectionTokens] | type[CachedTokens] = ConnectionTokens,
    start_by: datetime | None = None,
) -> PointOfSale:
    guard = ConnectionGuard(connection, start_by=start_by)
    return adapter_of(connection).point_of_sale(connection, tokens(connection.pk), guard)
