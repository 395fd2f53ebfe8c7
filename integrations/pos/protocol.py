"""The calls that storekit makes to a venue's POS."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from integrations.pos.availability import Availability, Readiness
from integrations.pos.checks import OpenCheck
from integrations.pos.connections import WebhookEndpoint, WebhookState
from integrations.pos.floor_plan import FloorArea
from integrations.pos.menu import AllergenNames, MenuDocument, PosMenuName
from integrations.pos.orders import OrderTicket, PosDiscount, TicketLine
from integrations.pos.payments import PaymentTicket
from integrations.pos.sales import ClosedSale


class PointOfSale(Protocol):
    """One venue's POS. Every call may raise `Unreachable`, `Throttled`, `Unauthorised`, `Rejected` or `BadAnswer`."""

    def menus(self) -> tuple[PosMenuName, ...]:
        """Return the menus that can be loaded."""

    def check_permissions(self) -> None:
        """Try what a sync needs and the list of locations does not prove: loading a menu. Gives up after seconds.

        Raises:
            Unauthorised: the person who connected the venue may not load it.
        """

    def menu_document(self, menu_id: str, profiles: Mapping[str, str] | None = None) -> MenuDocument:
        """Load one whole menu without parsing it. Raises `NotFound` if the POS has no such menu.

        Args:
            menu_id: the menu.
            profiles: order profiles by order type, whose prices are loaded too. A profile that the POS refuses is a
                warning of the menu, and its order types keep the menu's own prices.
        """

    def availability_of(self, skus: Collection[str]) -> Availability:
        """Return those of the items that cannot be sold without limit now. Must be quick: a guest is waiting.

        There is no call for all items: a POS answers about those that it is asked about, and no others.
        """

    def readiness(self) -> Readiness:
        """Return whether online orders are taken now. Must be quick: a guest is waiting."""

    def discounts(self) -> tuple[PosDiscount, ...]:
        """Return the discounts set up at the POS. Must be quick: an order is waiting."""

    def amount_due(self, lines: Sequence[TicketLine], order_profile: str) -> Decimal:
        """Return what the POS would charge for these lines, tax included. Must be quick: a guest is waiting.

        The lines have no prices of ours, and one level of choices. Only SKUs and quantities count.
        """

    def allergens(self) -> tuple[AllergenNames, ...]:
        """Return the POS's names for its allergens."""

    def floor_plan(self) -> tuple[FloorArea, ...]:
        """Return the floor plan; empty if the location has none."""

    def place_order(self, ticket: OrderTicket) -> None:
        """Hand an order over. Returning means accepted for delivery, not yet on the till.

        Raises:
            Duplicate: the reference was used before, so the order has arrived.
            Rejected: the POS refuses the order. A corrected order needs a new revision with its own reference.
        """

    def open_checks(self) -> tuple[OpenCheck, ...]:
        """Return the checks that are open now. One that is not listed may be open and owed: see `open_check`."""

    def open_check(self, identifier: str) -> OpenCheck:
        """Return one open check, however old. Raises `NotFound` if it is gone."""

    def open_check_at(self, table: int) -> OpenCheck:
        """Return the oldest open check of the table with this number, listed or not. Raises `NotFound` for none."""

    def sale_of(self, reference: str) -> ClosedSale:
        """Return the closed sale that came of the order with this reference.

        Raises:
            NotFound: there is none, as while its check is open.
        """

    def apply_payment(self, ticket: PaymentTicket) -> None:
        """Hand a payment over. Returning means accepted, not yet applied: a `PaymentUpdate` says what became of it.

        Raises:
            Duplicate: the reference was used before, so the POS has the payment.
            Rejected: the POS refuses the payment. Another try needs a reference of its own.
        """

    def print_message(self, text: str) -> None:
        """Show a message on the till and print it; text beyond 1,000 characters is cut off."""

    def register_webhook(self, endpoint: WebhookEndpoint) -> tuple[str, ...]:
        """Create or update the endpoint and add the location to it. Safe to repeat.

        Returns what the POS warns of, in its own words.
        """

    def webhook_state(self, endpoint: WebhookEndpoint) -> WebhookState:
        """Return what is wrong with the endpoint at the POS, and what the POS warns of.

        The password is not compared, because the POS does not reveal it.
        """

    def remove_webhook(self, endpoint_id: str) -> None:
        """Remove the location from the endpoint and delete it. Does nothing if it is already gone."""
