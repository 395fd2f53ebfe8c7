"""Lines of an order, between the tree that people think of and the rows that it is stored as."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID, uuid4

from orders.models import Order, OrderLine
from orders.pricing import PricedLine


def rows_of(*, order: Order, lines: Iterable[PricedLine]) -> list[OrderLine]:
    """Rows, not stored yet, of the lines and of all that was chosen below them, numbered from top to bottom."""
    rows: list[OrderLine] = []

    def add(line: PricedLine, parent_id: UUID | None) -> None:
        row = OrderLine(
            id=uuid4(),
            order=order,
            parent_id=parent_id,
            position=len(rows),
            kind=line.kind,
            menu_id=line.menu_id,
            sku=line.sku,
            instruction_id=line.instruction_id,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.unit_price,
            note=line.note,
            course=line.course,
        )
        rows.append(row)
        for choice in line.choices:
            add(choice, row.pk)

    for line in lines:
        add(line, None)
    return rows


def lines_of(*, rows: Iterable[OrderLine]) -> tuple[PricedLine, ...]:
    """The lines again, from all rows of one order in whatever sequence."""
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
                note=row.note,
                course=row.course,
                choices=lines_below(row.pk),
            )
            for row in below.get(parent_id, [])
        )

    return lines_below(None)
