"""Orders of every kind, each good: what becomes of them is up to the weather."""

from collections.abc import Callable
from typing import Any

from tests.support.guest import Guest, paid

Json = dict[str, Any]
MostLines = 4


def _common(guest: Guest) -> tuple[Json, Any]:
    items, cost = guest.basket(guest.dice.randint(1, 4))
    return {"customer": _customer(guest), "items": items}, cost


def _customer(guest: Guest) -> Json:
    name = guest.dice.choice(["Ada", "Grace", "Edsger", "Barbara"])
    return {"first_name": name, "last_name": "Tester", "email": f"{name.lower()}@example.com"}


def pickup(guest: Guest) -> Json:
    """Now, paid, with a tip."""
    order, cost = _common(guest)
    tip = guest.tip()
    return order | {"type": "pickup", "tip": str(tip), "payment": paid(cost + tip)}


KINDS: tuple[Callable[[Guest], Json], ...] = (pickup,)
