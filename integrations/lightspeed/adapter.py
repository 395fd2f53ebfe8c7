"""Lightspeed K-Series behind the port: calls the client, maps with the pure modules, knows no HTTP and no JSON."""

from contextlib import suppress
from datetime import UTC, datetime

from integrations.lightspeed import client
from integrations.lightspeed.floor_plans import to_areas
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.menu import to_menu_names, to_snapshot
from integrations.lightspeed.orders import to_go_body
from integrations.lightspeed.reading import Json, identifier, malformed, objects, text
from integrations.pos import (
    FloorArea,
    MenuSnapshot,
    NotFound,
    OrderTicket,
    OrderType,
    PosLocation,
    PosMenuName,
    Rejected,
    WebhookEndpoint,
)

_SUBSCRIPTIONS = (
    ("order", "DELIVERED"),
    ("item", "SALES_RESTRICTION_UPDATED"),
    ("order_api", "ONLINE_ORDER_READINESS"),
)


def locations(*, http: LightspeedHttp) -> tuple[PosLocation, ...]:
    """The business locations that the consent covers, as the POS orders them.

    Raises:
        PosError: as the port says.
    """
    return tuple(
        _location(business, location)
        for business in client.businesses(http=http)
        for location in objects(business, "businessLocations", "businesses")
    )


def _location(business: Json, location: Json) -> PosLocation:
    location_id, business_id = identifier(location, "id", "businesses"), identifier(business, "id", "businesses")
    if not location_id or not business_id:
        raise malformed("businesses", "holds a business or a location without an id")
    return PosLocation(
        id=location_id,
        name=text(location, "name", "businesses"),
        business_id=business_id,
        business_name=text(business, "name", "businesses"),
    )


class LightspeedPos:
    """One business location; implements `integrations.pos.PointOfSale`.

    Args:
        http: the transport with the venue's tokens.
        business_location_id: the location's id, in digits.
        endpoint_id: the webhook endpoint that hears what becomes of orders.
        menu_profile: the order profile whose prices are loaded; empty for the normal prices.
    """

    def __init__(
        self, *, http: LightspeedHttp, business_location_id: str, endpoint_id: str, menu_profile: str = ""
    ) -> None:
        self._http = http
        # The POS takes the id as a JSON integer.
        self._location = int(business_location_id)
        self._endpoint_id = endpoint_id
        self._menu_profile = menu_profile

    def menus(self) -> tuple[PosMenuName, ...]:
        """The menus that can be loaded."""
        return to_menu_names(client.menu_list(http=self._http, location=self._location))

    def menu(self, menu_id: str) -> MenuSnapshot:
        """One whole menu. Raises `NotFound` when the POS has no such menu."""
        menu = client.menu_load(
            http=self._http, location=self._location, menu_id=menu_id, account_profile=self._menu_profile
        )
        return to_snapshot(menu)

    def floor_plan(self) -> tuple[FloorArea, ...]:
        """The floor plan; empty when the location has none."""
        try:
            return to_areas(client.floor_plans(http=self._http, location=self._location))
        except NotFound:
            return ()

    def place_order(self, ticket: OrderTicket) -> None:
        """Hands a pickup or delivery order over; see the port.

        Raises:
            Unreachable: also when the answer made no sense, because the order may have arrived.
        """
        if ticket.type == OrderType.DINE_IN:
            raise Rejected("Orders to a table cannot be sent to Lightspeed yet.", code="unsupported")
        order = to_go_body(ticket=ticket, location=self._location, endpoint_id=self._endpoint_id, now=datetime.now(UTC))
        client.order_to_go(http=self._http, order=order)

    def register_webhook(self, endpoint: WebhookEndpoint) -> None:
        """Creates or updates the endpoint and adds the location to it; may be repeated."""
        body = _endpoint_body(endpoint)
        try:
            client.create_webhook(http=self._http, endpoint=body)
        except Rejected as refusal:
            # An endpoint that exists is not created again. Trying comes before asking, because somebody else may be
            # registering it at this moment.
            self._update_webhook(body, refusal)
        client.add_webhook_location(http=self._http, endpoint_id=endpoint.id, location=self._location)

    def _update_webhook(self, body: Json, refusal: Rejected) -> None:
        try:
            client.update_webhook(http=self._http, endpoint=body)
        except NotFound:
            raise refusal from None

    def remove_webhook(self, endpoint_id: str) -> None:
        """Takes the location off the endpoint and deletes it; fine when it is gone already."""
        with suppress(NotFound):
            client.remove_webhook_location(http=self._http, endpoint_id=endpoint_id, location=self._location)
        with suppress(NotFound):
            client.delete_webhook(http=self._http, endpoint_id=endpoint_id)


def _endpoint_body(endpoint: WebhookEndpoint) -> Json:
    """Every flag, every time: an update sets those that are left out back to their defaults."""
    return {
        "endpointId": endpoint.id,
        "url": endpoint.url,
        "withBasicAuth": True,
        "username": endpoint.username,
        "password": endpoint.password,
        "provideAccount": True,
        "expandTransactions": True,
        "expandPayments": True,
        "subscribeTo": [{"resource": resource, "name": name} for resource, name in _SUBSCRIPTIONS],
    }
