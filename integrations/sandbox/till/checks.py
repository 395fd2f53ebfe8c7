"""What staff and guests do to checks; everybody who should know is told."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.api.errors import TillRefusal, bad_request, not_found
from integrations.sandbox.data.venue import FLOOR_PLANS, PAYMENT_METHODS
from integrations.sandbox.records import Check, Line, Payment
from integrations.sandbox.state import new_uuid, store
from integrations.sandbox.till import stock
from integrations.sandbox.till.pricing import Pricer
from integrations.sandbox.webhooks_out import notifications

Json = dict[str, Any]


def open_checks(location: int) -> list[Check]:
    """Return the open checks of a location, oldest first."""
    return [check for check in store.checks.values() if check.location == location and check.state != "closed"]


def find_open(location: int, identifier: str) -> Check:
    """Return one open check, or say 404."""
    check = store.checks.get(identifier)
    if check is None or check.location != location or check.state == "closed":
        raise not_found(f"Account {identifier} not found")
    return check


def active_tables(location: int) -> set[int]:
    """Return the numbers of the tables in use."""
    plans = FLOOR_PLANS.get(location, [])
    return {table["number"] for plan in plans for table in plan["tables"] if table["active"]}


def own_table(location: int, number: Any, field: str = "tableNumber") -> int:
    """Return a table's number; takes the string that orders have there. Refuses tables that do not exist."""
    text = str(number)
    if not text.isdecimal() or int(text) not in active_tables(location):
        raise bad_request(field, f"Unknown table {text}", code="NotFound", rejected=number)
    return int(text)


def method_name(code: str | None) -> str | None:
    """Return a payment method's name, or None when there is no such method."""
    return next((method["name"] for method in PAYMENT_METHODS if method["code"] == code), None)


def open_check(location: int, *, name: str, table: int | None, clients: int) -> Check:
    """Open an account."""
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
    )
    store.checks[check.identifier] = check
    return check


def sell_items(check: Check, items: Sequence[Json]) -> list[Line]:
    """Put items on a check, as staff do, without telling anybody yet."""
    lines = Pricer(store.catalogues[check.location], check.profile, clock.now()).lines(items)
    stock.sell(check.location, lines)
    check.lines.extend(lines)
    return lines


def void_line(check: Check, line_id: int) -> None:
    """Void a line: it stays on the check and no longer counts."""
    line = next((line for line in check.lines if line.id == line_id), None)
    if line is None:
        raise not_found(f"Line {line_id} not found")
    line.active = False
    notifications.check_changed(check)


def record_payment(check: Check, *, method: str, amount: Decimal, tip: Decimal, reference: str | None) -> None:
    """Put a payment on a check; more than is due is refused."""
    description = method_name(method)
    if description is None:
        raise TillRefusal(f"Payment method {method} not found")
    if amount > check.due:
        raise TillRefusal("Payment amount exceeds the amount due")
    check.payments.append(Payment(method, description, amount, tip, reference, clock.now()))


def move(check: Check, table: int) -> None:
    """Move a check to another table."""
    check.table = table
    notifications.check_changed(check)


def change_state(check: Check, state: str, status: str) -> None:
    """Move a check on: ready, on its way, cancelled, closed."""
    check.state = state
    notifications.check_changed(check, status)
