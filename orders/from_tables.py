"""Order from a table: onto the check that is open there, or onto a new one. The guests pay with their bill."""

from uuid import UUID

from orders.checkout.requests import Guest, OrderRequest, Payment, RequestedItem
from orders.checkout.till_total import TillTotal
from orders.models import Injection, Order
from orders.models.orders import OrderQuerySet
from orders.placing import PlacedOrder, place_order
from tables.models import Bill, BillIdentifier, PayAtTable, Table

_State = Injection.State


class NotFromTable(Exception):
    """Guests cannot order at this table as they want to. `code` is for programs, the text for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def order_from_table(
    *,
    table: Table,
    items: tuple[RequestedItem, ...],
    note: str = "",
    bill_id: UUID | None = None,
    till_total: TillTotal | None = None,
) -> PlacedOrder:
    """Place a dine-in order that is paid with the bill. Call it in a transaction.

    Args:
        table: where the guests are, with its venue.
        items: what they want, priced from the menu.
        note: for the kitchen.
        bill_id: the bill to add it to; None for the only one there is, or a new one.
        till_total: as in `orders.placing.place_order`.

    Raises:
        NotFromTable: `ordering_off`, `unknown_bill`, `choose_bill` (the table has several), or `bill_being_opened`
            (by another guest's order: try again in a moment).
        OrderRefused, MenuBusy, TillTotalNeeded: as `orders.placing.place_order`.
    """
    if not PayAtTable.objects.filter(venue=table.venue_id, enabled=True, ordering=True).exists():
        raise NotFromTable("ordering_off", "Orders are taken by the staff here.")
    # One at a time: two phones that order at once must not open two checks.
    Table.objects.select_for_update().get(pk=table.pk)
    account = _account_at(table, bill_id)
    request = OrderRequest(
        type=Order.Type.DINE_IN,
        items=items,
        customer=Guest(first_name=str(table)),
        payment=Payment(paid=False),
        table="" if account else str(table.pk),
        account=account,
        with_bill=True,
        note=note,
    )
    placed = place_order(venue=table.venue, request=request, till_total=till_total)
    # An order for an open check is sent without a table, but its guests look for it by theirs.
    Order.objects.filter(pk=placed.order.pk).update(table=table)
    return placed


def orders_from(table: Table) -> OrderQuerySet:
    """Return the orders that guests placed at this table."""
    return Order.objects.filter(venue=table.venue_id, table=table, with_bill=True)


def _account_at(table: Table, bill_id: UUID | None) -> str:
    """Return the number of the check to add to; empty for a new one."""
    rows = Bill.objects.filter(venue=table.venue_id, table_number=table.number).exclude(status=Bill.Status.CLOSED)
    bills = {bill.pk: bill for bill in rows}
    if bill_id is not None:
        if bill_id not in bills:
            raise NotFromTable("unknown_bill", "This table does not have this bill any more.")
        return bills[bill_id].account
    if len(bills) > 1:
        raise NotFromTable("choose_bill", "This table has several bills. Choose one.")
    return next(iter(bills.values())).account if bills else _account_being_opened(table)


def _account_being_opened(table: Table) -> str:
    """Return the check of an order that has just opened one, which no bill shows yet; empty if there is none."""
    orders = orders_from(table).open().filter(open_account="").exclude(injection__state=_State.FAILED)
    last = orders.select_related("injection").order_by("-placed_at").first()
    if last is None:
        return ""
    if last.injection.state != _State.CONFIRMED:
        raise NotFromTable("bill_being_opened", "Another order is opening the bill. Try again in a moment.")
    account = last.injection.account
    is_over = BillIdentifier.objects.filter(venue=table.venue_id, identifier=account).exists()
    return "" if is_over else account
