"""Orders of every kind, each of them good: what becomes of it is up to the weather."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.support.guest import Guest, paid
from tests.support.hurry import Hurry

Json = dict[str, Any]

SOMEBODY_ELSES = "jean@example.com"
"""An e-mail address that the POS knows as another shop's customer."""
_NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Alan", "Jean")
_TABLES = (1, 2, 3, 5, 6, 7, 20, 21)
_FEE, _CHARGE = Decimal("2.50"), Decimal("1.75")
_UNPAID = {"status": "unpaid"}


@dataclass(frozen=True)
class Shop:
    """What an order is made from. `checks` are open at the till."""

    guest: Guest
    hurry: Hurry
    checks: Sequence[str]


def pickup(shop: Shop) -> Json:
    """Now, paid, with a tip."""
    return _paid(_basket(shop) | {"type": "pickup", "tip": str(shop.guest.tip())})


def pickup_later(shop: Shop) -> Json:
    """In 23 minutes: held for three, where the venue holds orders for later."""
    return _paid(_basket(shop) | {"type": "pickup", "scheduled_for": _in(shop, minutes=23), "note": "Ring the bell"})


def pickup_paid_afterwards(shop: Shop) -> Json:
    """Placed unpaid; the shop pays it with a second call."""
    return _basket(shop) | {"type": "pickup", "payment": _UNPAID}


def pickup_with_a_discount_of_the_pos(shop: Shop) -> Json:
    """The POS knows the code; its own discount is on every line."""
    return _paid(_basket(shop) | {"type": "pickup", "discount_code": "native"}, percent=10)


def pickup_with_a_discount_that_the_pos_does_not_know(shop: Shop) -> Json:
    """So a line takes it off."""
    return _paid(_basket(shop) | {"type": "pickup", "discount_code": "UNKNOWN"}, percent=5)


def delivery(shop: Shop) -> Json:
    """Now, with an address, a fee and a tip."""
    return _paid(_basket(shop) | _to_an_address() | {"tip": str(shop.guest.tip())})


def delivery_later_with_a_discount(shop: Shop) -> Json:
    """In half an hour, with an amount taken off."""
    later = {"scheduled_for": _in(shop, minutes=30), "discount_code": "LINE"}
    return _paid(_basket(shop) | _to_an_address() | later, amount=Decimal("2.50"))


def at_a_table(shop: Shop) -> Json:
    """Paid, in two courses, with a service charge."""
    dice, order = shop.guest.dice, _basket(shop)
    for item in order["items"]:
        item["course"] = dice.randint(0, 1)
    at = {"type": "dine_in", "table": str(dice.choice(_TABLES)), "covers": dice.randint(1, 6)}
    return _paid(order | at | {"service_charge": str(_CHARGE), "tip": str(shop.guest.tip())})


def on_an_open_check(shop: Shop) -> Json:
    """Added to a bill and paid with it."""
    account = shop.guest.dice.choice(shop.checks)
    return _basket(shop) | {"type": "dine_in", "account": account, "payment": _UNPAID}


def on_an_open_check_and_paid(shop: Shop) -> Json:
    """Added to a bill and paid at once."""
    return _paid(_basket(shop) | {"type": "dine_in", "account": shop.guest.dice.choice(shop.checks)})


KINDS: Sequence[Callable[[Shop], Json]] = (
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


def _basket(shop: Shop) -> Json:
    """With what it costs under `cost`, which is not for sending."""
    dice = shop.guest.dice
    items, cost = shop.guest.basket(dice.randint(1, 4))
    name = dice.choice(_NAMES)
    customer = {"first_name": name, "email": f"{name.lower()}@example.com", "phone": "020 7946 0958"}
    return {"customer": customer, "items": items, "cost": cost}


def _to_an_address() -> Json:
    address = {"line1": "1 Mill Lane", "city": "London", "postcode": "N1 1AA", "notes": "Blue door"}
    return {"type": "delivery", "delivery_address": address, "delivery_fee": str(_FEE)}


def _in(shop: Shop, *, minutes: int) -> str:
    return (shop.hurry.now() + timedelta(minutes=minutes)).isoformat()


def _paid(order: Json, *, percent: int = 0, amount: Decimal = Decimal(0)) -> Json:
    cost = order["cost"]
    off = min(cost, amount + (cost * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP))
    extras = sum(Decimal(order.get(name, 0)) for name in ("tip", "delivery_fee", "service_charge"))
    return order | {"payment": paid(cost - off + extras)}
