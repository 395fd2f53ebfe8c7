"""Convert an order's lines between the tree that prices work on and the rows that the database holds."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from orders.checkout.pricing import PricedLine
from orders.models import Order, OrderLine
from storekit.db.bulk import insert_rows

_COLUMNS = (
    *("id", "order_id", "parent_id", "position", "kind", "menu_id", "sku", "instruction_id"),
    *("name", "quantity", "unit_price", "note", "course", "exact_price", "custom_price"),
)


def store_lines(*, order: Order, lines: Iterable[PricedLine]) -> None:
    """Store the lines with every choice below them, numbered from top to bottom, in one statement."""
    rows: list[tuple[Any, ...]] = []

    def add(line: PricedLine, parent_id: UUID | None) -> None:
        id, position = uuid4(), len(rows)
        menu_columns = (line.kind, line.menu_id, line.sku, line.instruction_id, line.name)
        guest_columns = (line.quantity, line.unit_price, line.note, line.course, line.exact_price, line.custom_price)
        rows.append((id, order.pk, parent_id, position, *menu_columns, *guest_columns))
        for choice in line.choices:
            add(choice, id)

    for line in lines:
        add(line, None)
    insert_rows(OrderLine, columns=_COLUMNS, rows=rows)


def lines_of(*, rows: Iterable[OrderLine], currency: str) -> tuple[PricedLine, ...]:
    """Rebuild the tree of lines from all rows of one order, given in any sequence."""
    below: dict[UUID | None, list[OrderLine]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.position):
        below[row.parent_id].append(row)

    def lines_below(parent_id: UUID | None) -> tuple[PricedLine, ...]:
        return tuple(
            PricedLine(
                kind=row.kind,
                menu_id=row.menu_id,
                sku=row.sku,
                instruction_id=row.instruction_id,
                name=row.name,
                quantity=row.quantity,
                unit_price=row.unit_price,
                currency=currency,
                note=row.note,
                course=row.course,
                exact_price=row.exact_price,
                custom_price=row.custom_price,
                choices=lines_below(row.pk),
            )
            for row in below.get(parent_id, [])
        )

    return lines_below(None)
