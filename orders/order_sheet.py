"""An order written out for whoever keys it in by hand: the same on its page, in e-mails and on the till."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from orders.checkout.lines import lines_of
from orders.checkout.pricing import PricedLine
from orders.models import Order


@dataclass(frozen=True)
class WrittenLine:
    """One line of the order, or one choice below it. `depth` counts from 0.

    `price` is the line's with everything below it, or what a choice adds to one of what is above it; empty for nothing.
    """

    depth: int
    quantity: int
    name: str
    sku: str
    course: int | None
    note: str
    price: str

    @property
    def words(self) -> str:
        """The line without its price."""
        course = f" [course {self.course}]" if self.course is not None else ""
        return f"{self.quantity} × {self.name}{course}" + (f" ({in_one_line(self.note)})" if self.note else "")

    @property
    def indent(self) -> str:
        """What stands before it where nothing else can show that it belongs to the line above."""
        return "   " * self.depth + ("– " if self.depth else "")


def in_one_line(words: str) -> str:
    """So that nothing a guest types can pass for a line of ours."""
    return " ".join(words.split())


def facts_of(*, order: Order, clock: Callable[[datetime], str]) -> list[tuple[str, str]]:
    """What is no line and no amount, as names and values, in the order in which a till asks for it.

    What is empty is left out; `clock` says a time as its readers do.
    """
    address = (order.address_line1, order.address_line2, order.postcode, order.city)
    facts = (
        ("Type", order.get_type_display()),
        ("Wanted", clock(order.scheduled_for) if order.scheduled_for else "now"),
        ("Table", "" if order.table_number is None else str(order.table_number)),
        ("Guests", "" if order.covers is None else str(order.covers)),
        ("Add to check", order.open_account),
        ("Note", order.note),
        ("Customer", " ".join(filter(None, (order.first_name, order.last_name)))),
        ("Phone", order.phone.as_e164 if order.phone else ""),
        ("Address", ", ".join(filter(None, address))),
        ("For the driver", order.address_notes),
        ("Code", order.collection_code),
    )
    return [(name, value) for name, value in facts if value]


def written_lines(*, order: Order, money: Callable[[Decimal], str]) -> list[WrittenLine]:
    """The order's lines with everything chosen below them, from top to bottom. One query."""

    def walk(lines: tuple[PricedLine, ...], depth: int) -> Iterator[WrittenLine]:
        for line in lines:
            price = money(line.total) if not depth else _added(line, money)
            yield WrittenLine(depth, line.quantity, line.name, line.sku, line.course, line.note, price)
            yield from walk(line.choices, depth + 1)

    return list(walk(lines_of(rows=order.lines.all()), 0))


def sums_of(*, order: Order) -> list[tuple[str, Decimal]]:
    """What the total is made of, those that are nothing left out, and the total last."""
    parts = (
        ("Items", order.items_total),
        (f"Discount {order.discount_code}".strip(), -order.discount),
        ("Delivery fee", order.delivery_fee),
        ("Service charge", order.service_charge),
        ("Tip", order.tip),
    )
    return [*((name, amount) for name, amount in parts if amount), ("Total", order.total)]


def _added(line: PricedLine, money: Callable[[Decimal], str]) -> str:
    return f"+ {money(line.quantity * line.unit_price)}" if line.unit_price else ""
