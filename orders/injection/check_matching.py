"""What can be said of an order that the POS accepted and never confirmed, from its open checks. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from integrations.pos import OpenCheck, PosError
from orders.models import Order, OrderLine

_HEAD = "The POS took the order, but did not say in time that it is on the till."
# It knows the order's reference, which is used up.
_FOOT = "Look on the till; if it is missing, key it in by hand. Sent again, the POS would only say that it has it."


def words_for(order: Order, checks: Sequence[OpenCheck] | None, error: PosError | None) -> str:
    """A sentence for staff that says where to look and, below it, the POS's own words.

    Args:
        order: with its lines.
        checks: the checks that are open at the POS, none of which has the order's payment; None when the POS could
            not be asked.
        error: why it could not.
    """
    if checks is None:
        detail = f"\n{error.detail}" if error and error.detail else ""
        return f"{_HEAD} The POS could not be asked: {error} {_FOOT}{detail}"
    if order.open_account:
        return f"{_HEAD} {_on_the_bill(order, checks)} {_FOOT}"
    candidates = [check for check in checks if _looks_like(order, check)]
    if candidates:
        named = ", ".join(f"{check.account} ({check.name}, {check.amount})" for check in candidates[:3])
        return f"{_HEAD} It may be this open check: {named}. {_FOOT}"
    return f"{_HEAD} No open check looks like it; it may be closed already. {_FOOT}"


def _on_the_bill(order: Order, checks: Sequence[OpenCheck]) -> str:
    """The order has no payment of its own there, so its items have to do."""
    account = order.open_account
    check = next((check for check in checks if check.account == account), None)
    if check is None:
        return f"Check {account}, which it was to be added to, is not open any more."
    if _holds(check, order):
        return f"Check {account}, which it was to be added to, has everything in the order on it: it is probably there."
    return f"Check {account}, which it was to be added to, does not have everything in the order on it."


def _looks_like(order: Order, check: OpenCheck) -> bool:
    """The guest's name and the same total; a total of nothing says nothing, so then the items have to be there."""
    due = order.total - order.tip
    if check.amount != due or order.first_name.casefold() not in check.name.casefold():
        return False
    return bool(due) or _holds(check, order)


def _holds(check: OpenCheck, order: Order) -> bool:
    """Whether the check has all items of the order on it, which may be another order's all the same."""
    wanted: dict[str, int] = defaultdict(int)
    for line in order.lines.all():
        if line.kind == OrderLine.Kind.PRODUCT:
            wanted[line.sku] += line.quantity
    there: dict[str, Decimal] = defaultdict(Decimal)
    for item in check.items:
        there[item.sku] += item.quantity
    return all(there[sku] >= quantity for sku, quantity in wanted.items())
