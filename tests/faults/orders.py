"""Valid orders of every kind; what happens to them depends on the faults."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from storekit.money import round_money
from tests.support.fast_clock import FastClock
from tests.support.guest import Guest, paid

Json = dict[str, Any]

OTHER_SHOPS_EMAIL = "jean@example.com"
"""An e-mail address that the POS knows as another shop's customer."""
_NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Alan", "Jean")
_TABLES = (1, 2, 3, 5, 6, 7, 20, 21)
_FEE, _CHARGE = Decimal("2.50"), Decimal("1.75")
_UNPAID = {"status": "unpaid"}


@dataclass(frozen=True)
class OrderContext:
    """What an order is made from: a guest, what items cost, the clock, and the account numbers of open checks."""

    guest: Guest
    price: Callable[[str, Sequence[Json]], Decimal]
    clock: FastClock
    checks: Sequence[str]


def pickup(context: OrderContext) -> Json:
    """For now, paid, with a tip."""
    return _paid(_basket(context, "pickup") | {"tip": str(context.guest.tip())})


def pickup_later(context: OrderContext) -> Json:
    """For 23 minutes from now: held for three minutes if the venue holds orders for later."""
    return _paid(_basket(context, "pickup") | {"scheduled_for": _in(context, minutes=23), "note": "Ring the bell"})


def pickup_paid_afterwards(context: OrderContext) -> Json:
    """Placed unpaid; the shop pays it with a second call."""
    return _basket(context, "pickup") | {"payment": _UNPAID}


def pickup_with_a_discount_of_the_pos(context: OrderContext) -> Json:
    """With a code that the POS knows, so that its own discount is on every line."""
    return _paid(_basket(context, "pickup") | {"discount_code": "native"}, percent=10)


def pickup_with_a_discount_that_the_pos_does_not_know(context: OrderContext) -> Json:
    """With a code that the POS does not know, so that an extra line takes the amount off."""
    return _paid(_basket(context, "pickup") | {"discount_code": "UNKNOWN"}, percent=5)


def delivery(context: OrderContext) -> Json:
    """For now, with an address, a fee and a tip."""
    return _paid(_basket(context, "delivery") | _to_an_address() | {"tip": str(context.guest.tip())})


def delivery_later_with_a_discount(context: OrderContext) -> Json:
    """For half an hour from now, with an amount taken off."""
    later = {"scheduled_for": _in(context, minutes=30), "discount_code": "LINE"}
    return _paid(_basket(context, "delivery") | _to_an_address() | later, amount=Decimal("2.50"))


def at_a_table(context: OrderContext) -> Json:
    """Paid, in two courses, with a service charge."""
    dice, order = context.guest.dice, _basket(context, "dine_in")
    for item in order["items"]:
        item["course"] = dice.randint(0, 1)
    at = {"table": str(dice.choice(_TABLES)), "covers": dice.randint(1, 6)}
    return _paid(order | at | {"service_charge": str(_CHARGE), "tip": str(context.guest.tip())})


def on_an_open_check(context: OrderContext) -> Json:
    """Added to an open check and paid with it."""
    account = context.guest.dice.choice(context.checks)
    return _basket(context, "dine_in") | {"account": account, "payment": _UNPAID}


def on_an_open_check_and_paid(context: OrderContext) -> Json:
    """Added to an open check and paid at once."""
    return _paid(_basket(context, "dine_in") | {"account": context.guest.dice.choice(context.checks)})


ORDER_KINDS: Sequence[Callable[[OrderContext], Json]] = (
    pickup,
    at_a_table,
    delivery,
    on_an_open_check,
    pickup_later,
    pickup_with_a_discount_of_the_pos,
    pickup_paid_afterwards,
    delivery_later_with_a_discount,
    on_an_open_check_and_paid,
    pickup_with_a_discount_that_the_pos_does_not_know,
)


def _basket(context: OrderContext, type: str) -> Json:
    """Return a customer and items, and their price under `cost`, which must be removed before sending."""
    dice = context.guest.dice
    items, _ = context.guest.basket(dice.randint(1, 4))
    name = dice.choice(_NAMES)
    customer = {"first_name": name, "email": f"{name.lower()}@example.com", "phone": "020 7946 0958"}
    return {"type": type, "customer": customer, "items": items, "cost": context.price(type, items)}


def _to_an_address() -> Json:
    address = {"line1": "1 Mill Lane", "city": "London", "postcode": "N1 1AA", "notes": "Blue door"}
    return {"delivery_address": address, "delivery_fee": str(_FEE)}


def _in(context: OrderContext, *, minutes: int) -> str:
    return (context.clock.now() + timedelta(minutes=minutes)).isoformat()


def _paid(order: Json, *, percent: int = 0, amount: Decimal = Decimal(0)) -> Json:
    cost = order["cost"]
    off = min(cost, amount + round_money(cost * percent / 100, "GBP"))
    extras = sum(Decimal(order.get(name, 0)) for name in ("tip", "delivery_fee", "service_charge"))
    return order | {"payment": paid(cost - off + extras)}
