"""What the POS's open checks say about an order that it accepted and never confirmed. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from integrations.pos import OpenCheck, PosError
from orders.models import Order, OrderLine
from storekit.money.words import format_money
from storekit.text import folded

_UNCONFIRMED = "The POS accepted the order, but no till confirmed it in time."
# Sending it again would not help: the POS knows the order's reference, which is used up.
_ADVICE = (
    "Check the till; if the order is missing, enter it by hand. Do not send it again: the POS would only answer that "
    "it already has it."
)


def unconfirmed_message(
    order: Order, checks: Sequence[OpenCheck] | None, error: PosError | None, *, added_to: str = ""
) -> str:
    """Return a message for staff that says where to find the order, with the POS's own message on the line below.

    Args:
        order: with its lines.
        checks: the checks that are open at the POS, none of which has the order's payment; None if the POS could not
            be reached.
        error: why it could not.
        added_to: the present identifier of the open check that the order was to be added to; empty if there is none.
    """
    if checks is None:
        detail = f"\n{error.detail}" if error and error.detail else ""
        return f"{_UNCONFIRMED} storekit could not look it up: {error} {_ADVICE}{detail}"
    if added_to:
        return f"{_UNCONFIRMED} {_open_check_finding(order, added_to, checks)} {_ADVICE}"
    candidates = [check for check in checks if _may_be_its_check(order, check)]
    if candidates:
        named = ", ".join(
            f"{check.account} ({check.name}, {format_money(check.amount, order.venue)})" for check in candidates[:3]
        )
        return f"{_UNCONFIRMED} It may be this open check: {named}. {_ADVICE}"
    return f"{_UNCONFIRMED} No open check matches it; its check may already be closed. {_ADVICE}"


def _open_check_finding(order: Order, account: str, checks: Sequence[OpenCheck]) -> str:
    """Describe the check that the order was to be added to. Compare items, as the order has no payment of its own."""
    check = next((check for check in checks if account in check.identifiers), None)
    if check is None:
        return f"It was to be added to check {account}, which is no longer open."
    if _contains_items(check, order):
        return f"It was to be added to check {account}, which has all of its items: it is probably there."
    return f"It was to be added to check {account}, which does not have all of its items."


def _may_be_its_check(order: Order, check: OpenCheck) -> bool:
    """Compare the guest's name and the total. A total of zero identifies nothing, so then compare the items too."""
    due = order.total - order.tip
    if check.amount != due or folded(order.first_name) not in folded(check.name):
        return False
    return bool(due) or _contains_items(check, order)


def _contains_items(check: OpenCheck, order: Order) -> bool:
    """Return whether all items of the order are on the check. They may still belong to another order."""
    ordered: dict[str, int] = defaultdict(int)
    for line in order.lines.all():
        if line.kind == OrderLine.Kind.PRODUCT:
            ordered[line.sku] += line.quantity
    on_check: dict[str, Decimal] = defaultdict(Decimal)
    for item in check.items:
        on_check[item.sku] += item.quantity
    return all(on_check[sku] >= quantity for sku, quantity in ordered.items())
