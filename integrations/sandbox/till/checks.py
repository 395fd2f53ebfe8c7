"""Changes to checks, with the notifications they cause."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.amounts import NOTHING
from integrations.sandbox.api.errors import TillRefusal, bad_request, not_found
from integrations.sandbox.data.venue import PAYMENT_METHODS
from integrations.sandbox.outbox import notifications
from integrations.sandbox.records import Check, Line, Payment
from integrations.sandbox.state import new_uuid, store
from integrations.sandbox.till import reasons, stock
from integrations.sandbox.till.pricing import Pricer

Json = dict[str, Any]


def open_checks(location: int) -> list[Check]:
    """Return the open checks of a location, oldest first."""
    return [check for check in store.checks.values() if check.location == location and check.state != "closed"]


def find_open(location: int, identifier: str) -> Check:
    """Return one open check. Raises Refusal (404) if there is none."""
    check = store.checks.get(identifier)
    if check is None or check.location != location or check.state == "closed":
        raise not_found(f"account not found for BL {location}")
    return check


def active_tables(location: int) -> set[int]:
    """Return the numbers of the active tables."""
    plans = store.floor_plans.get(location, [])
    return {table["number"] for plan in plans for table in plan["tables"] if table["active"]}


def own_table(location: int, number: Any, field: str = "tableNumber") -> int:
    """Return a table number given as a number or string. Raises Refusal (400) for an unknown table."""
    text = str(number)
    if not text.isdecimal() or int(text) not in active_tables(location):
        raise bad_request(field, f"Unknown table {text}", code="NotFound", rejected=number)
    return int(text)


def method_name(code: str | None) -> str | None:
    """Return a payment method's name, or None if there is no such method."""
    return next((method["name"] for method in PAYMENT_METHODS if method["code"] == code), None)


def open_check(location: int, *, name: str, table: int | None, clients: int) -> Check:
    """Open a check."""
    number = store.next_account_number()
    check = Check(
        identifier=f"A{number}.{number % 90 + 10}",
        account_id=str(2_000_000_000_000_000 + number),
        uuid=new_uuid(),
        location=location,
        name=name,
        table=table,
        clients=clients,
        opened_at=clock.now(),
        currency=store.currencies[location],
    )
    store.checks[check.identifier] = check
    return check


def sell_items(check: Check, items: Sequence[Json]) -> list[Line]:
    """Add items to a check, as staff do, without sending a notification."""
    lines = Pricer.at(check.location, check.profile).lines(items)
    stock.sell(check.location, lines)
    check.lines.extend(lines)
    return lines


def void_line(check: Check, line_id: int) -> None:
    """Void a line: it stays on the check but no longer counts."""
    _line_of(check, line_id).active = False
    notifications.check_changed(check)


def _line_of(check: Check, line_id: int) -> Line:
    line = next((line for line in check.lines if line.id == line_id), None)
    if line is None:
        raise not_found(f"Line {line_id} not found")
    return line


def record_payment(check: Check, *, method: str, amount: Decimal, tip: Decimal, reference: str | None) -> None:
    """Add a payment to a check. Raises TillRefusal if it is more than the amount due."""
    description = method_name(method)
    if description is None:
        raise TillRefusal(f"Payment method {method} not found")
    if amount > check.due:
        raise TillRefusal(reasons.overpaid_check())
    exact = check.currency.exact
    check.payments.append(Payment(method, description, exact(amount), exact(tip), reference, clock.now()))


def move(check: Check, table: int) -> None:
    """Move a check to another table. By habit, that gives it a new identifier."""
    check.table = table
    if store.habits.rename_moved_checks:
        rename(check)
    else:
        notifications.check_changed(check)


def rename(check: Check) -> None:
    """Give a check a new identifier, as the till does when it transfers one; the uuid stays.

    Source: integrators' logs. A22096.21 becomes A22096.22, which is closed at once with negative amounts and no
    payments, and the check goes on as A22096.23.
    """
    former = check.identifier
    number, suffix = former.removeprefix("A").split(".")
    reversal = replace(
        check,
        identifier=f"A{number}.{int(suffix) + 1}",
        state="closed",
        closed_at=clock.now(),
        lines=[_reversed(line) for line in check.lines],
        payments=[],
        discount_amount=-check.discount_amount,
        service_amount=-check.service_amount,
        is_reversal=True,
    )
    del store.checks[former]
    store.checks[reversal.identifier] = reversal
    check.former_identifiers.append(former)
    check.identifier = f"A{number}.{int(suffix) + 2}"
    store.checks[check.identifier] = check
    for order in store.orders.values():
        if order.account == former:
            order.account = check.identifier
    notifications.check_changed(reversal, "CLOSED")
    notifications.check_changed(check)


def _reversed(line: Line) -> Line:
    children = [_reversed(child) for child in line.children]
    return replace(line, quantity=-line.quantity, discount=-line.discount, children=children)


def split(check: Check, parts: Mapping[int, Decimal | None]) -> Check:
    """Move lines, or quantities of them, to a new check on the same table. Both then have new identifiers by habit.

    `parts` are quantities by the line's id; None is all of it. Percentages of the whole check hold on both.
    """
    lines = [line for line in check.lines if line.id in parts]
    if len(lines) != len(parts):
        raise not_found("A line to split off was not found.")
    other = open_check(check.location, name=check.name, table=check.table, clients=1)
    other.profile, other.endpoint_ids = check.profile, list(check.endpoint_ids)
    other.discount_percent, other.service_percent = check.discount_percent, check.service_percent
    other.lines = [_moved_part(check, line, parts[line.id]) for line in lines]
    notifications.check_changed(other)
    if store.habits.rename_moved_checks:
        rename(check)
    else:
        notifications.check_changed(check)
    return other


def _moved_part(check: Check, line: Line, quantity: Decimal | None) -> Line:
    """Take the quantity of the line off the check, and return it as a line for another one."""
    if quantity is None or quantity >= line.quantity:
        check.lines.remove(line)
        return line
    part = quantity / line.quantity
    moved = _part_of(line, part)
    check.lines[check.lines.index(line)] = _rest_of(line, moved)
    return moved


def _part_of(line: Line, part: Decimal) -> Line:
    return replace(
        line,
        id=store.next_line_id(),
        uuid=new_uuid(),
        quantity=line.quantity * part,
        discount=line.currency.rounded(line.discount * part),
        children=[_part_of(child, part) for child in line.children],
    )


def _rest_of(line: Line, moved: Line) -> Line:
    children = [_rest_of(*pair) for pair in zip(line.children, moved.children, strict=True)]
    quantity, discount = line.quantity - moved.quantity, line.discount - moved.discount
    return replace(line, quantity=quantity, discount=discount, children=children)


def merge(check: Check, into: Check) -> None:
    """Move everything on a check to another one, which keeps its uuid. The emptied check is closed."""
    into.discount_amount += check.discount
    into.service_amount += check.service_charge
    check.discount_amount = check.discount_percent = check.service_amount = check.service_percent = NOTHING
    into.lines.extend(check.lines)
    into.payments.extend(check.payments)
    check.lines, check.payments = [], []
    change_state(check, "closed", "CLOSED")
    if store.habits.rename_moved_checks:
        rename(into)
    else:
        notifications.check_changed(into)


def discount_line(check: Check, line_id: int, *, amount: Decimal, percent: Decimal) -> None:
    """Take an amount and a part of its price off a line, in place of an earlier discount; never more than it costs."""
    line = _line_of(check, line_id)
    off = line.currency.rounded(amount + line.gross * percent / 100)
    line.discount = min(off, line.gross)
    notifications.check_changed(check)


def discount_check(check: Check, *, amount: Decimal, percent: Decimal) -> None:
    """Take an amount and a part of the total off a check, in place of an earlier discount."""
    check.discount_amount, check.discount_percent = amount, percent
    notifications.check_changed(check)


def charge_service(check: Check, *, amount: Decimal, percent: Decimal) -> None:
    """Add a service charge to a check, in place of an earlier one: an amount, and a part of its total."""
    check.service_amount, check.service_percent = amount, percent
    notifications.check_changed(check)


def change_state(check: Check, state: str, status: str) -> None:
    """Set the state of a check and send a notification with a status."""
    check.state = state
    if state == "closed":
        check.closed_at = clock.now()
    notifications.check_changed(check, status)
