"""Lightspeed K-Series behind the port: calls the client, maps with the pure modules, knows no HTTP and no JSON."""

import hashlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from integrations.lightspeed import client
from integrations.lightspeed.errors import Call, not_json
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.availability import to_readiness
from integrations.lightspeed.mapping.checks import to_open_check
from integrations.lightspeed.mapping.floor_plans import to_areas
from integrations.lightspeed.mapping.json_fields import Json, identifier, malformed, objects, text
from integrations.lightspeed.mapping.menu.incremental import changed_part, outline_of, remembered
from integrations.lightspeed.mapping.menu.parser import ParsedMenu, parsed_menu
from integrations.lightspeed.mapping.menu.snapshot import MAPPING_VERSION, SubScreens, read_menu, to_menu_names
from integrations.lightspeed.mapping.orders import local_body, to_go_body
from integrations.lightspeed.mapping.reference_data import to_allergen_names, to_discounts, to_restrictions
from integrations.lightspeed.mapping.webhook_endpoint import endpoint_problems
from integrations.pos import (
    AllergenNames,
    FloorArea,
    MenuReading,
    NotFound,
    OpenCheck,
    OrderTicket,
    OrderType,
    PosDiscount,
    PosLocation,
    PosMenuName,
    Readiness,
    Rejected,
    Restriction,
    StoredGroups,
    WebhookEndpoint,
)

_LONGEST_MESSAGE = 1000
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


@dataclass(frozen=True)
class LightspeedMenu:
    """A loaded menu, its JSON not parsed yet; implements `integrations.pos.MenuDocument`."""

    content: bytes
    asked_for: str
    """What the answer depends on beyond the POS's menu."""
    sub_screens: SubScreens

    @cached_property
    def digest(self) -> str:
        """Of the bytes, of what was asked for, and of how they are read."""
        return hashlib.sha256(f"{self._head}\n".encode() + hashlib.sha256(self.content).digest()).hexdigest()

    def read(self, checkpoint: bytes = b"", held: StoredGroups | None = None) -> MenuReading:
        """All of it, or what differs from what is remembered. Raises `BadAnswer` when the answer makes no sense."""
        parsed = self._parsed()
        outline = outline_of(parsed)
        part = changed_part(parsed, outline, checkpoint, self._head, sub_screens=self.sub_screens, held=held)
        if part is not None:
            return part
        read = read_menu(parsed.menu, sub_screens=self.sub_screens, held=held)
        return MenuReading(read.snapshot, remembered(outline, read, self._head))

    def _parsed(self) -> ParsedMenu:
        try:
            return parsed_menu(self.content)
        except (ValueError, RecursionError) as error:
            raise not_json(call=Call.READ) from error

    @property
    def _head(self) -> str:
        return f"{MAPPING_VERSION} {self.sub_screens} {self.asked_for}"


class LightspeedPos:
    """One business location; implements `integrations.pos.PointOfSale`.

    Args:
        http: the transport with the venue's tokens.
        business_location_id: the location's id, in digits.
        endpoint_id: the webhook endpoint that hears what becomes of orders.
        menu_profile: the order profile whose prices are loaded; empty for the normal prices.
        sub_screens: what becomes of screens inside of screens.
    """

    def __init__(
        self,
        *,
        http: LightspeedHttp,
        business_location_id: str,
        endpoint_id: str,
        menu_profile: str = "",
        sub_screens: SubScreens = SubScreens.NESTED,
    ) -> None:
        self._http = http
        # The POS takes the id as a JSON integer.
        self._location = int(business_location_id)
        self._endpoint_id = endpoint_id
        self._menu_profile = menu_profile
        self._sub_screens = sub_screens

    def menus(self) -> tuple[PosMenuName, ...]:
        """The menus that can be loaded."""
        return to_menu_names(client.menu_list(http=self._http, location=self._location))

    def menu_document(self, menu_id: str) -> LightspeedMenu:
        """One whole menu, to be read when it is worth it. Raises `NotFound` when the POS has no such menu."""
        content = client.menu_load(
            http=self._http, location=self._location, menu_id=menu_id, account_profile=self._menu_profile
        )
        return LightspeedMenu(content, f"{self._location} {menu_id} {self._menu_profile}", self._sub_screens)

    def availability(self) -> tuple[Restriction, ...]:
        """Everything that cannot be sold without limit at the moment."""
        return to_restrictions(client.item_availability(http=self._http, location=self._location))

    def availability_of(self, skus: Collection[str]) -> tuple[Restriction, ...]:
        """What of these items cannot be sold without limit at the moment."""
        return to_restrictions(client.item_availability_of(http=self._http, location=self._location, skus=skus))

    def readiness(self) -> Readiness:
        """Whether online orders are taken at the moment."""
        return to_readiness(client.readiness(http=self._http, location=self._location))

    def discounts(self) -> tuple[PosDiscount, ...]:
        """The discounts that the POS knows."""
        return to_discounts(client.discounts(http=self._http, location=self._location))

    def allergens(self) -> tuple[AllergenNames, ...]:
        """What Lightspeed calls its allergens."""
        return to_allergen_names(client.allergens(http=self._http))

    def floor_plan(self) -> tuple[FloorArea, ...]:
        """The floor plan; empty when the location has none."""
        try:
            return to_areas(client.floor_plans(http=self._http, location=self._location))
        except NotFound:
            return ()

    def place_order(self, ticket: OrderTicket) -> None:
        """Hands an order over; see the port.

        Raises:
            Unreachable: also when the answer made no sense, because the order may have arrived.
        """
        is_local = ticket.type == OrderType.DINE_IN
        body_of, send = (local_body, client.order_local) if is_local else (to_go_body, client.order_to_go)
        body = body_of(ticket=ticket, location=self._location, endpoint_id=self._endpoint_id, now=datetime.now(UTC))
        send(http=self._http, order=body)

    def open_checks(self) -> tuple[OpenCheck, ...]:
        """Every check that is open at the moment."""
        return tuple(map(to_open_check, client.open_checks(http=self._http, location=self._location)))

    def print_message(self, text: str) -> None:
        """Shows a message on the till and prints it; at most 1,000 characters of it."""
        client.print_message(http=self._http, location=self._location, message=text[:_LONGEST_MESSAGE])

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

    def webhook_problems(self, endpoint: WebhookEndpoint) -> tuple[str, ...]:
        """What is wrong with the endpoint as Lightspeed has it; nothing when it is right."""
        try:
            held = client.webhook(http=self._http, endpoint_id=endpoint.id)
            locations = client.webhook_locations(http=self._http, endpoint_id=endpoint.id)
        except NotFound:
            return ("It is not registered at Lightspeed.",)
        return endpoint_problems(
            held=held, wanted=_endpoint_body(endpoint), locations=locations, location=str(self._location)
        )

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
