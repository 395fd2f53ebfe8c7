"""The port implemented for Lightspeed K-Series: calls the client and maps its JSON with the pure modules."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from integrations.lightspeed import client
from integrations.lightspeed.errors import Call, not_json
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.availability import to_readiness
from integrations.lightspeed.mapping.checks import to_open_check
from integrations.lightspeed.mapping.floor_plans import to_areas
from integrations.lightspeed.mapping.json_fields import Json, identifier, malformed, number, objects, text
from integrations.lightspeed.mapping.menu.incremental import changed_part, checkpoint_of, outline_of
from integrations.lightspeed.mapping.menu.parser import ParsedMenu, parse_menu
from integrations.lightspeed.mapping.menu.price_lists import add_price_list
from integrations.lightspeed.mapping.menu.snapshot import MAPPING_VERSION, SubScreens, read_menu, to_menu_names
from integrations.lightspeed.mapping.orders import local_body, tax_preview_body, to_go_body
from integrations.lightspeed.mapping.payments import pay_body
from integrations.lightspeed.mapping.pos_warnings import warnings_in
from integrations.lightspeed.mapping.reference_data import to_allergen_names, to_availability, to_discounts
from integrations.lightspeed.mapping.sales import to_closed_sale
from integrations.lightspeed.mapping.webhook_endpoint import to_webhook_state
from integrations.pos import (
    AllergenNames,
    Availability,
    ClosedSale,
    FloorArea,
    MenuReading,
    NotFound,
    OpenCheck,
    OrderTicket,
    OrderType,
    PaymentTicket,
    PosDiscount,
    PosLocation,
    PosMenuName,
    Readiness,
    Rejected,
    StoredGroups,
    TicketLine,
    WebhookEndpoint,
    WebhookState,
)

_MAX_MESSAGE_LENGTH = 1000
# Seconds. A person is waiting in the browser; a menu that takes longer says nothing about permissions.
_TRIAL_TIMEOUT = 10.0
_SUBSCRIPTIONS = (
    ("order", "DELIVERED"),
    ("item", "SALES_RESTRICTION_UPDATED"),
    ("order_api", "ONLINE_ORDER_READINESS"),
)


def locations(*, http: LightspeedHttp) -> tuple[PosLocation, ...]:
    """Return the business locations that the consent covers, in the POS's order.

    Raises:
        PosError: as documented in the port.
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
    request: str
    """The parameters of the request, as text: another request may return another menu."""
    sub_screens: SubScreens
    currency: str
    """The venue's, whose decimals and cash step prices have."""
    price_lists: Mapping[tuple[str, ...], bytes] = field(default_factory=dict)
    """The menus of the order profiles whose answer differs, by the order types that use them."""
    warnings: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """A digest of the bytes, the request, and the way they are read."""
        contents = (hashlib.sha256(content).digest() for content in (self.content, *self.price_lists.values()))
        return hashlib.sha256(f"{self._head}\n".encode() + b"".join(contents)).hexdigest()

    def read(self, checkpoint: bytes = b"", stored: StoredGroups | None = None) -> MenuReading:
        """Parse the menu, or the part that differs from the checkpoint. Raises `BadAnswer` if it cannot be read."""
        parsed = _parsed(self.content)
        price_lists = {types: _parsed(content) for types, content in self.price_lists.items()}
        outline = outline_of(parsed, *price_lists.values())
        for types, price_list in price_lists.items():
            add_price_list(parsed, price_list, types=types)
        reading = changed_part(
            parsed,
            outline,
            checkpoint,
            self._head,
            currency=self.currency,
            sub_screens=self.sub_screens,
            stored=stored,
        )
        if reading is None:
            read = read_menu(parsed.menu, currency=self.currency, sub_screens=self.sub_screens, stored=stored)
            reading = MenuReading(read.snapshot, checkpoint_of(outline, read, self._head))
        warnings = (*self.warnings, *reading.snapshot.warnings)
        return replace(reading, snapshot=replace(reading.snapshot, warnings=warnings))

    @property
    def _head(self) -> str:
        prices = " ".join(",".join(types) for types in self.price_lists)
        return "\n".join(
            (f"{MAPPING_VERSION} {self.sub_screens} {self.currency} {self.request} {prices}", *self.warnings)
        )


def _parsed(content: bytes) -> ParsedMenu:
    try:
        return parse_menu(content)
    except (ValueError, RecursionError) as error:
        raise not_json(call=Call.READ) from error


class LightspeedPos:
    """One business location; implements `integrations.pos.PointOfSale`.

    Args:
        http: the transport with the venue's tokens.
        business_location_id: the location's id, in digits.
        endpoint_id: the webhook endpoint that is notified about orders.
        currency: the venue's, for amounts that the POS sends; Lightspeed names none.
        menu_profile: code of the order profile whose prices are used; empty for the normal prices.
        sub_screens: how screens within screens become categories.
    """

    def __init__(
        self,
        *,
        http: LightspeedHttp,
        business_location_id: str,
        endpoint_id: str,
        currency: str,
        menu_profile: str = "",
        sub_screens: SubScreens = SubScreens.NESTED,
    ) -> None:
        self._http = http
        # The POS expects the id as a JSON integer.
        self._location = int(business_location_id)
        self._endpoint_id = endpoint_id
        self._currency = currency
        self._menu_profile = menu_profile
        self._sub_screens = sub_screens

    def menus(self) -> tuple[PosMenuName, ...]:
        """Return the menus that can be loaded."""
        return to_menu_names(client.menu_list(http=self._http, location=self._location))

    def check_permissions(self) -> None:
        """Load the first menu. Raises `Unauthorised` if the person who connected the venue lacks the permission."""
        menus = self.menus()
        if menus:
            client.menu_load(http=self._http, location=self._location, menu_id=menus[0].id, read_timeout=_TRIAL_TIMEOUT)

    def menu_document(self, menu_id: str, profiles: Mapping[str, str] | None = None) -> LightspeedMenu:
        """Load one whole menu without parsing it, as documented in the port."""
        content = self._load_menu(menu_id, self._menu_profile)
        request = f"{self._location} {menu_id} {self._menu_profile}"
        price_lists: dict[tuple[str, ...], bytes] = {}
        warnings: list[str] = []
        for profile in sorted(set((profiles or {}).values()) - {self._menu_profile, ""}):
            types = tuple(sorted(type for type, code in (profiles or {}).items() if code == profile))
            try:
                at_other_prices = self._load_menu(menu_id, profile)
            except Rejected as error:
                warnings.append(_profile_warning(profile, types, error))
                continue
            if at_other_prices != content:
                price_lists[types] = at_other_prices
        return LightspeedMenu(content, request, self._sub_screens, self._currency, price_lists, tuple(warnings))

    def _load_menu(self, menu_id: str, profile: str) -> bytes:
        return client.menu_load(http=self._http, location=self._location, menu_id=menu_id, account_profile=profile)

    def availability_of(self, skus: Collection[str]) -> Availability:
        """Return those of the items that cannot be sold without limit now."""
        return to_availability(client.item_availability(http=self._http, location=self._location, skus=skus))

    def readiness(self) -> Readiness:
        """Return whether online orders are taken now."""
        return to_readiness(client.readiness(http=self._http, location=self._location))

    def discounts(self) -> tuple[PosDiscount, ...]:
        """Return the discounts set up at Lightspeed."""
        return to_discounts(client.discounts(http=self._http, location=self._location))

    def amount_due(self, lines: Sequence[TicketLine], order_profile: str) -> Decimal:
        """Return what Lightspeed's tax preview says that the lines cost, tax included."""
        answer = client.tax_breakdown(
            http=self._http, location=self._location, order=tax_preview_body(lines=lines, order_profile=order_profile)
        )
        amount = number(answer, "amountDue", "tax breakdown")
        if amount is None:
            raise malformed("tax breakdown", "has no amountDue")
        return amount

    def allergens(self) -> tuple[AllergenNames, ...]:
        """Return Lightspeed's names for its allergens."""
        return to_allergen_names(client.allergens(http=self._http))

    def floor_plan(self) -> tuple[FloorArea, ...]:
        """Return the floor plan; empty if the location has none."""
        try:
            return to_areas(client.floor_plans(http=self._http, location=self._location))
        except NotFound:
            return ()

    def place_order(self, ticket: OrderTicket) -> None:
        """Hand an order over, as documented in the port.

        Raises:
            Unreachable: also if the response cannot be read, because the order may have arrived.
        """
        is_local = ticket.type == OrderType.DINE_IN
        body_of, send = (local_body, client.order_local) if is_local else (to_go_body, client.order_to_go)
        body = body_of(ticket=ticket, location=self._location, endpoint_id=self._endpoint_id, now=datetime.now(UTC))
        send(http=self._http, order=body)

    def open_checks(self) -> tuple[OpenCheck, ...]:
        """Return the dine-in checks opened within the past 15 hours that are open now; none in trial mode."""
        found = client.open_checks(http=self._http, location=self._location)
        return tuple(to_open_check(check, self._currency) for check in found)

    def open_check(self, identifier: str) -> OpenCheck:
        """Return one open check, however old. Raises `NotFound` if it is gone."""
        snapshot = client.open_check(http=self._http, location=self._location, identifier=identifier)
        return replace(to_open_check(snapshot, self._currency), asked_as=identifier)

    def open_check_at(self, table: int) -> OpenCheck:
        """Return the oldest open check of the table with this number, however old. Raises `NotFound` if it has none."""
        snapshot = client.open_check_at(http=self._http, location=self._location, table=table)
        return to_open_check(snapshot, self._currency)

    def sale_of(self, reference: str) -> ClosedSale:
        """Return the closed sale that came of the order with this reference. Raises `NotFound` if there is none."""
        sale = client.sale_of_order(http=self._http, location=self._location, reference=reference)
        return to_closed_sale(sale, self._currency)

    def apply_payment(self, ticket: PaymentTicket) -> None:
        """Hand a payment over, as documented in the port. Raises as `place_order` does."""
        body = pay_body(ticket=ticket, location=self._location, endpoint_id=self._endpoint_id)
        client.pay(http=self._http, payment=body)

    def print_message(self, text: str) -> None:
        """Show a message on the till and print it; text beyond 1,000 characters is cut off."""
        client.print_message(http=self._http, location=self._location, message=text[:_MAX_MESSAGE_LENGTH])

    def register_webhook(self, endpoint: WebhookEndpoint) -> tuple[str, ...]:
        """Create or update the endpoint and add the location to it. Return what Lightspeed warns of."""
        body = _endpoint_body(endpoint)
        try:
            client.create_webhook(http=self._http, endpoint=body)
        except Rejected as refusal:
            # It probably exists already. Creating comes first, rather than asking whether it exists, because another
            # process may be registering it at the same time.
            self._update_webhook(body, refusal)
        added = client.add_webhook_location(http=self._http, endpoint_id=endpoint.id, location=self._location)
        return warnings_in(added)

    def _update_webhook(self, body: Json, refusal: Rejected) -> None:
        try:
            client.update_webhook(http=self._http, endpoint=body)
        except NotFound:
            raise refusal from None

    def webhook_state(self, endpoint: WebhookEndpoint) -> WebhookState:
        """Return what is wrong with the endpoint at Lightspeed, and what Lightspeed warns of."""
        try:
            registered = client.webhook(http=self._http, endpoint_id=endpoint.id)
            locations = client.webhook_locations(http=self._http, endpoint_id=endpoint.id)
        except NotFound:
            return WebhookState(("It is not registered with Lightspeed.",))
        return to_webhook_state(
            registered=registered, wanted=_endpoint_body(endpoint), locations=locations, location=str(self._location)
        )

    def remove_webhook(self, endpoint_id: str) -> None:
        """Remove the location from the endpoint and delete it. Does nothing if it is already gone."""
        with suppress(NotFound):
            client.remove_webhook_location(http=self._http, endpoint_id=endpoint_id, location=self._location)
        with suppress(NotFound):
            client.delete_webhook(http=self._http, endpoint_id=endpoint_id)


def _profile_warning(profile: str, types: tuple[str, ...], error: Rejected) -> str:
    orders = " and ".join(type.replace("_", "-") for type in types)
    return (
        f"Lightspeed did not give the prices of the order profile {profile}, so {orders} orders keep the menu's own. "
        f"Check the profile in Lightspeed and in the connection's settings. {error}"
    )


def _endpoint_body(endpoint: WebhookEndpoint) -> Json:
    """Return the endpoint's JSON with every flag, because an update resets omitted flags to their defaults."""
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
