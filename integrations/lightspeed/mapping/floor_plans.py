"""Map Lightspeed's floor plans to areas with tables. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from typing import Any

from integrations.lightspeed.mapping.json_fields import (
    MAX_COUNT,
    Json,
    as_objects,
    count,
    flag,
    identifier,
    malformed,
    objects,
    text,
)
from integrations.pos import FloorArea, FloorTable

_MAX_NAME_LENGTH = 120
_MAX_ID_LENGTH = 64


def to_areas(floor_plans: Any) -> tuple[FloorArea, ...]:
    """Return the areas in the POS's order.

    Raises:
        BadAnswer: a part is not as documented, or two areas or two tables have the same id.
    """
    seen: set[tuple[str, str]] = set()
    return tuple(_area(plan, seen) for plan in as_objects(floor_plans, "floor plans"))


def _area(plan: Json, seen: set[tuple[str, str]]) -> FloorArea:
    area_id = _id(plan, "area", "floor plan", seen)
    name = text(plan, "name", f"floor plan {area_id}")[:_MAX_NAME_LENGTH]
    where = f"floor plan {name or area_id}"
    tables = tuple(_table(table, where, seen) for table in objects(plan, "tables", where))
    return FloorArea(id=area_id, name=name, tables=tables)


def _table(table: Json, where: str, seen: set[tuple[str, str]]) -> FloorTable:
    table_id = _id(table, "table", where, seen)
    where = f"{where}, table {table_id}"
    number = count(table, "number", where)
    if number is None or number > 2**31 - 1:
        raise malformed(where, "has no usable number")
    seats = count(table, "defaultClientCount", where) or 0
    return FloorTable(
        id=table_id,
        number=number,
        name=text(table, "description", where)[:_MAX_NAME_LENGTH],
        seats=min(seats, MAX_COUNT),
        active=flag(table, "active", where, default=True),
    )


def _id(source: Json, kind: str, where: str, seen: set[tuple[str, str]]) -> str:
    found = identifier(source, "id", where)
    if not found or len(found) > _MAX_ID_LENGTH:
        raise malformed(where, f"holds a {kind} without a usable id")
    if (kind, found) in seen:
        raise malformed(where, f"holds the {kind} {found} a second time")
    seen.add((kind, found))
    return found
