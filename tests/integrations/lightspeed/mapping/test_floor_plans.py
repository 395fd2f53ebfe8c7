from typing import Any

import pytest

from integrations.lightspeed.mapping.floor_plans import to_areas
from integrations.pos import BadAnswer, FloorArea, FloorTable


def table(**fields: Any) -> dict[str, Any]:
    return {"id": "9001", "number": 1, "active": True, "description": "Window", "defaultClientCount": 2} | fields


def test_plans_become_areas_with_tables() -> None:
    plan = {"id": 501, "name": "Main room", "tables": [table(), table(id="9002", number="2", active=False)]}
    assert to_areas([plan, {"id": "t", "name": "Terrace", "tables": []}]) == (
        FloorArea(
            id="501",
            name="Main room",
            tables=(
                FloorTable(id="9001", number=1, name="Window", seats=2, active=True),
                FloorTable(id="9002", number=2, name="Window", seats=2, active=False),
            ),
        ),
        FloorArea(id="t", name="Terrace", tables=()),
    )


def test_missing_parts_have_defaults() -> None:
    (area,) = to_areas([{"id": 1, "name": None, "tables": [{"id": "9", "number": 4}]}])
    assert area == FloorArea(id="1", name="", tables=(FloorTable(id="9", number=4, name="", seats=0, active=True),))
    assert to_areas([{"id": 1}]) == (FloorArea(id="1", name="", tables=()),)
    assert to_areas([]) == ()


@pytest.mark.parametrize(
    "plans",
    [
        None,
        {},
        [None],
        [{"name": "No id"}],
        [{"id": "x" * 65}],
        [{"id": 1, "tables": {}}],
        [{"id": 1, "tables": [table(number=None)]}],
        [{"id": 1, "tables": [table(number="one")]}],
        [{"id": 1, "tables": [table(number=-1)]}],
        [{"id": 1, "tables": [table(number=2**40)]}],
        [{"id": 1, "tables": [table(number=1.5)]}],
        [{"id": 1, "tables": [table(id=None)]}],
        [{"id": 1, "tables": [table(active="yes")]}],
        [{"id": 1, "tables": [table(), table()]}],
        [{"id": 1}, {"id": "1"}],
    ],
)
def test_what_is_not_as_documented_is_refused_whole(plans: Any) -> None:
    with pytest.raises(BadAnswer) as caught:
        to_areas(plans)
    assert caught.value.detail
