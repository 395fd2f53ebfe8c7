"""Control API views for what staff do at the till: checks, lines, payments, restrictions, discounts, readiness."""

from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest

from integrations.sandbox.amounts import CURRENCIES
from integrations.sandbox.api.errors import Refusal, TillRefusal, not_found
from integrations.sandbox.api.web import own_location
from integrations.sandbox.control import read_object
from integrations.sandbox.data.venue import HIGH_STREET, ORDER_PROFILES, floor_table
from integrations.sandbox.outbox import notifications
from integrations.sandbox.records import Check, Readiness
from integrations.sandbox.state import store
from integrations.sandbox.till import checks, snapshots, stock

Json = dict[str, Any]

FIRST_ADDED, MOST_TABLES = 101, 500

# What staff can do to a check: its new state, and the status of the notification.
ACTIONS = {
    "ready": ("ready", "READY_FOR_PICKUP"),
    "in-delivery": ("out for delivery", "IN_DELIVERY"),
    "delivered": ("delivered", "DELIVERED"),
    "cancel": ("closed", "CANCELLED"),
    "close": ("closed", "CLOSED"),
}


def open_check(request: HttpRequest) -> Json:
    """Open a check, optionally on a table and with items."""
    body = read_object(request)
    location = _location(body)
    items = [_item(row) for row in body.get("items") or []]
    table = body.get("tableNumber")
    number = None if table is None else checks.own_table(location, table)
    name = str(body.get("name") or (f"Table {number}" if number else "Counter"))
    check = checks.open_check(location, name=name, table=number, clients=int(body.get("clientCount") or 1))
    try:
        _sell(check, items)
    except Refusal:
        del store.checks[check.identifier]
        raise
    notifications.check_changed(check)
    return snapshots.account(check)


def add_line(request: HttpRequest, identifier: str) -> Json:
    """Add an item to a check."""
    check = _check(identifier)
    _sell(check, [_item(read_object(request))])
    notifications.check_changed(check)
    return snapshots.account(check)


def void_line(request: HttpRequest, identifier: str, line_id: int) -> Json:
    """Void a line."""
    check = _check(identifier)
    checks.void_line(check, line_id)
    return snapshots.account(check)


def take_payment(request: HttpRequest, identifier: str) -> Json:
    """Take a payment at the till."""
    check, body = _check(identifier), read_object(request)
    try:
        checks.record_payment(
            check,
            method=str(body.get("method") or "CASH"),
            amount=_decimal(body.get("amount"), "amount"),
            tip=_decimal(body.get("tip") or 0, "tip"),
            reference=None,
        )
    except TillRefusal as refusal:
        raise Refusal(400, str(refusal)) from refusal
    notifications.check_changed(check)
    return snapshots.account(check)


def move(request: HttpRequest, identifier: str) -> Json:
    """Move a check to another table."""
    check = _check(identifier)
    checks.move(check, checks.own_table(check.location, read_object(request).get("tableNumber")))
    return snapshots.account(check)


def rename(request: HttpRequest, identifier: str) -> Json:
    """Give a check a new identifier."""
    check = _check(identifier)
    checks.rename(check)
    return snapshots.account(check)


def split(request: HttpRequest, identifier: str) -> Json:
    """Split lines off to a new check, and return that one. A line is its id, or `{line, quantity}` for a part of it."""
    rows = read_object(request).get("lines")
    if not isinstance(rows, list) or not rows:
        raise Refusal(400, "lines must be a list of line ids")
    return snapshots.account(checks.split(_check(identifier), dict(_part(row) for row in rows)))


def _part(row: Any) -> tuple[int, Decimal | None]:
    line, quantity = (row.get("line"), row.get("quantity")) if isinstance(row, dict) else (row, None)
    if not isinstance(line, int):
        raise Refusal(400, "a line is the number of a line, or an object with line and quantity")
    return line, None if quantity is None else _decimal(quantity, "quantity")


def discount_line(request: HttpRequest, identifier: str, line_id: int) -> Json:
    """Give a discount on a line: an amount or a percentage. Nothing takes it back."""
    check = _check(identifier)
    checks.discount_line(check, line_id, **_amount_or_percent(request))
    return snapshots.account(check)


def discount_check(request: HttpRequest, identifier: str) -> Json:
    """Give a discount on the whole check: an amount or a percentage. Nothing takes it back."""
    check = _check(identifier)
    checks.discount_check(check, **_amount_or_percent(request))
    return snapshots.account(check)


def charge_service(request: HttpRequest, identifier: str) -> Json:
    """Charge for service: an amount or a percentage. Nothing takes it back."""
    check = _check(identifier)
    checks.charge_service(check, **_amount_or_percent(request))
    return snapshots.account(check)


def _amount_or_percent(request: HttpRequest) -> dict[str, Decimal]:
    body = read_object(request)
    found = {name: _decimal(body.get(name) or 0, name) for name in ("amount", "percent")}
    if found["percent"] > 100:
        raise Refusal(400, "percent must be 100 at most")
    return found


def merge(request: HttpRequest, identifier: str) -> Json:
    """Merge a check into another one, and return that one."""
    into = _check(str(read_object(request).get("into")))
    checks.merge(_check(identifier), into)
    return snapshots.account(into)


def age(request: HttpRequest, identifier: str) -> Json:
    """Make a check older by some hours."""
    check = _check(identifier)
    check.opened_at -= timedelta(hours=float(_decimal(read_object(request).get("hours"), "hours")))
    return snapshots.account(check)


def act(request: HttpRequest, identifier: str, action: str) -> Json:
    """Change the state of a check, as the till's buttons do."""
    if action not in ACTIONS:
        raise not_found(f"Unknown action {action}. Known actions: {', '.join(ACTIONS)}.")
    check = _check(identifier)
    checks.change_state(check, *ACTIONS[action])
    return snapshots.account(check)


def add_tables(request: HttpRequest) -> Json:
    """Put further tables on the first floor plan, as many as asked for; return their numbers, from 101 on."""
    body = read_object(request)
    count = body.get("count")
    if not isinstance(count, int) or not 1 <= count <= MOST_TABLES:
        raise Refusal(400, f"count must be a whole number from 1 to {MOST_TABLES}")
    plan = store.floor_plans[_location(body)][0]
    first = max(FIRST_ADDED, *(each["number"] + 1 for each in plan["tables"]))
    added = list(range(first, first + count))
    plan["tables"] += [floor_table(number, 4) for number in added]
    return {"numbers": added}


def restrict(request: HttpRequest, sku: str) -> Json:
    """Restrict an item to a count, or mark it as sold out."""
    body = read_object(request)
    count = body.get("count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool)):
        raise Refusal(400, "count must be a whole number or null")
    stock.restrict(_location(body), _known_sku(_location(body), sku), count)
    return {"status": "ok"}


def release(request: HttpRequest, sku: str) -> Json:
    """Lift an item's restriction."""
    location = _location(read_object(request))
    stock.release(location, _known_sku(location, sku))
    return {"status": "ok"}


def disconnect(request: HttpRequest, sku: str) -> Json:
    """Take an item off all menus of the till, while the menu of the API still has it."""
    location = _location(read_object(request))
    store.disconnected.add((location, _known_sku(location, sku)))
    return {"status": "ok"}


def connect(request: HttpRequest, sku: str) -> Json:
    """Put an item back on the menus of the till."""
    store.disconnected.discard((_location(read_object(request)), sku))
    return {"status": "ok"}


def set_currency(request: HttpRequest) -> Json:
    """Set a location's currency: its amounts then have that currency's decimals and rounding."""
    body = read_object(request)
    code = body.get("code")
    if code not in CURRENCIES:
        raise Refusal(400, f"code must be one of {', '.join(CURRENCIES)}")
    store.currencies[_location(body)] = CURRENCIES[code]
    return {"code": code}


def set_price_list(request: HttpRequest, code: str) -> Json:
    """Replace an order profile's price list: prices by SKU."""
    _known_profile(code)
    store.price_lists[code] = {sku: _decimal(price, sku) for sku, price in read_object(request).items()}
    return {"prices": len(store.price_lists[code])}


def activate_profile(request: HttpRequest, code: str) -> Json:
    """Activate an order profile."""
    store.inactive_profiles.discard(_known_profile(code))
    return {"status": "ok"}


def deactivate_profile(request: HttpRequest, code: str) -> Json:
    """Deactivate an order profile: it is no longer listed, and orders that name it are refused."""
    store.inactive_profiles.add(_known_profile(code))
    return {"status": "ok"}


def _known_profile(code: str) -> str:
    if code not in {profile["code"] for profile in ORDER_PROFILES}:
        raise not_found(f"There is no order profile {code}.")
    return code


def set_readiness(request: HttpRequest) -> Json:
    """Set the readiness for online orders: all conditions at once, or some of them."""
    body = read_object(request)
    location = _location(body)
    store.readiness[location] = _readiness(body, store.readiness[location])
    notifications.readiness_changed(location)
    return notifications.readiness(location)


def _readiness(body: Json, before: Readiness) -> Readiness:
    parts = {
        "enabled": body.get("enabled", before.enabled),
        "opened": body.get("opened", before.opened),
        "accepting": body.get("accepting", before.accepting),
        "devices": body.get("devices", before.devices),
    }
    match body.get("status"):
        case None:
            pass
        case "READY":
            return Readiness()
        case "NOT_READY":
            return Readiness(opened=False, accepting=False, devices=0)
        case _:
            raise Refusal(400, "status must be READY or NOT_READY")
    if [type(part) for part in parts.values()] != [bool, bool, bool, int] or parts["devices"] < 0:
        raise Refusal(400, "enabled, opened and accepting must be true or false, devices a number of 0 or more")
    return Readiness(**parts)


def add_consumer(request: HttpRequest) -> Json:
    """Register a customer's e-mail address under another integration's reference."""
    body = read_object(request)
    email, reference = body.get("email"), body.get("reference")
    if not isinstance(email, str) or not isinstance(reference, str):
        raise Refusal(400, "a consumer needs an email and a reference")
    store.consumers[email.lower()] = reference
    return {"status": "ok"}


def add_discount(request: HttpRequest, code: str) -> Json:
    """Add or replace a discount: a percentage or an amount. Orders may override it if it is `manual` (the default)."""
    body = read_object(request)
    kinds = [kind for kind in ("discountPercentage", "discountAmount") if body.get(kind) is not None]
    if len(kinds) != 1:
        raise Refusal(400, "a discount needs a discountPercentage or a discountAmount")
    off = _decimal(body[kinds[0]], kinds[0])
    if body.get("manual", True):
        store.automatic_discounts.discard(code)
    else:
        store.automatic_discounts.add(code)
    store.discounts[code] = {"name": str(body.get("name") or code), "code": code, kinds[0]: off}
    return store.discounts[code]


def remove_discount(request: HttpRequest, code: str) -> Json:
    """Remove a discount. Orders that name it are refused from then on."""
    if store.discounts.pop(code, None) is None:
        raise not_found(f"There is no discount {code}")
    return {"status": "ok"}


def _location(body: Json) -> int:
    number = body.get("businessLocationId", HIGH_STREET)
    if not isinstance(number, int):
        raise Refusal(400, "businessLocationId must be a number")
    return own_location(number)


def _check(identifier: str) -> Check:
    check = store.checks.get(identifier)
    if check is None or check.state == "closed":
        raise not_found(f"No check {identifier} is open")
    return check


def _item(row: Any) -> Json:
    if not isinstance(row, dict) or not isinstance(row.get("sku"), str):
        raise Refusal(400, "an item needs a sku")
    quantity = _decimal(row.get("quantity", 1), "quantity")
    return {**row, "quantity": quantity}


def _sell(check: Check, items: list[Json]) -> None:
    try:
        checks.sell_items(check, items)
    except TillRefusal as refusal:
        raise Refusal(400, str(refusal)) from refusal


def _known_sku(location: int, sku: str) -> str:
    if not store.catalogues[location].find(sku):
        raise not_found(f"There is no item {sku}")
    return sku


def _decimal(value: Any, name: str) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise Refusal(400, f"{name} must be a number of 0 or more")
    return amount
