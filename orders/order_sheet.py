"""The order written out for staff who enter it by hand: the same on its page, in e-mails and on the till."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from orders.checkout.lines import lines_of
from orders.checkout.pricing import PricedLine
from orders.models import Order


@dataclass(frozen=True)
class SheetLine:
    """One line of the order, or a choice below it. `depth` counts from 0.

    `price` is the line's total with its choices, or what a choice adds to one unit of the line above; empty for zero.
    """

    depth: int
    quantity: int
    name: str
    sku: str
    course: int | None
    note: str
    price: str

    @property
    def text(self) -> str:
        """The line without its price."""
        course = f" [course {self.course}]" if self.course is not None else ""
        return f"{self.quantity} × {self.name}{course}" + (f" ({single_line(self.note)})" if self.note else "")

    @property
    def indent(self) -> str:
        """The prefix which shows in plain text that a choice belongs to the line above."""
        return "   " * self.depth + ("– " if self.depth else "")


def single_line(text: str) -> str:
    """Return the text on one line, so that nothing a guest types can pass for a line of ours."""
    return " ".join(text.split())


def order_details(*, order: Order, clock: Callable[[datetime], str]) -> list[tuple[str, str]]:
    """Return names and values of everything but lines and amounts, in the order in which a till asks for them.

    Empty values are left out. `clock` formats a time for the reader.
    """
    address = (order.address_line1, order.address_line2, order.postcode, order.city)
    details = (
        ("Type", order.get_type_display()),
        ("Due", clock(order.scheduled_for) if order.scheduled_for else "now"),
        ("Table", "" if order.table_number is None else str(order.table_number)),
        ("Guests", "" if order.covers is None else str(order.covers)),
        ("Add to check", order.open_account),
        ("Note", order.note),
        ("Customer", " ".join(filter(None, (order.first_name, order.last_name)))),
        ("Phone", order.phone_as_typed or (order.phone.as_e164 if order.phone else "")),
        ("Address", ", ".join(filter(None, address))),
        ("For the driver", order.address_notes),
        ("Code", order.collection_code),
    )
    return [(name, value) for name, value in details if value]


def sheet_lines(*, order: Order, money: Callable[[Decimal], str]) -> list[SheetLine]:
    """Return the order's lines from top to bottom, each followed by its choices. One query."""

    def walk(lines: tuple[PricedLine, ...], depth: int) -> Iterator[SheetLine]:
        for line in lines:
            price = money(line.total) if not depth else _added_price(line, money)
            yield SheetLine(depth, line.quantity, line.name, line.sku, line.course, line.note, price)
            yield from walk(line.choices, depth + 1)

    return list(walk(lines_of(rows=order.lines.all(), currency=order.venue.currency), 0))


def order_totals(*, order: Order) -> list[tuple[str, Decimal]]:
    """Return names and amounts of the parts of the total, without those that are zero, and the total last."""
    parts = (
        ("Items", order.items_total),
        (f"Discount {order.discount_code}".strip(), -order.discount),
        ("Delivery fee", order.delivery_fee),
        ("Service charge", order.service_charge),
        ("Tip", order.tip),
    )
    return [*((name, amount) for name, amount in parts if amount), ("Total", order.total)]


def _added_price(line: PricedLine, money: Callable[[Decimal], str]) -> str:
    if not line.unit_price:
        return ""
    return f"{'+ ' if line.unit_price > 0 else ''}{money(line.quantity * line.unit_price)}"
