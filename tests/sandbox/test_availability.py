"""Item availability: asked for by SKU, page by page.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import pytest

from tests.sandbox.pos import HIGH_STREET, Json, Pos

PATH = "/o/op/1/itemAvailability"


def post(pos: Pos, skus: object, **query: int) -> Json:
    answer = pos.call("POST", PATH, {"skus": skus}, businessLocationId=HIGH_STREET, **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def restrict(pos: Pos, count: int) -> list[str]:
    """Restrict so many items, and return their SKUs."""
    entries = pos.control("GET", "menus/168")["menuEntryGroups"]
    skus = sorted(set(_skus(entries)))[:count]
    for sku in skus:
        pos.control("POST", f"items/{sku}/restrict", {"count": 1})
    return skus


def _skus(entries: list[Json]) -> list[str]:
    inside = [sku for entry in entries for sku in _skus(entry.get("menuEntry", []))]
    sold = [entry for entry in entries if "sku" in entry and entry["@type"] != "menuProductModifier"]
    return [entry["sku"] for entry in sold] + inside


def test_only_restricted_items_have_a_row(pos: Pos) -> None:
    found = post(pos, ["BROWNIE", "CHEESECAKE", "COLA01"])
    assert {row["sku"]: row["count"] for row in found["data"]} == {"BROWNIE": 5, "CHEESECAKE": None}
    assert found["metadata"]["total"] == 2
    assert found["metadata"]["warnings"] == []


@pytest.mark.parametrize("skus", [[], ["X"] * 51, "COLA01", [7]])
def test_a_post_needs_1_to_50_skus(pos: Pos, skus: object) -> None:
    assert pos.call("POST", PATH, {"skus": skus}, businessLocationId=HIGH_STREET).status_code == 400


@pytest.mark.parametrize("skus", [None, "", ",".join(f"SKU{number}" for number in range(51))])
def test_a_get_needs_1_to_50_skus(pos: Pos, skus: str | None) -> None:
    answer = pos.get(PATH, **({} if skus is None else {"skus": skus}))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "skus"


def test_a_get_takes_its_skus_repeated_or_with_commas(pos: Pos) -> None:
    assert [row["sku"] for row in pos.get(PATH, skus=["BROWNIE", "COLA01"]).json()["data"]] == ["BROWNIE"]
    assert [row["sku"] for row in pos.get(PATH, skus="COLA01,BROWNIE").json()["data"]] == ["BROWNIE"]


def test_without_a_size_a_page_has_25_rows(pos: Pos) -> None:
    skus = restrict(pos, 40)
    first = post(pos, skus)
    assert len(first["data"]) == 25
    assert first["metadata"]["current"] == {"page": 0, "pageSize": 25}
    assert (first["metadata"]["total"], first["metadata"]["totalPages"]) == (40, 2)
    assert len(post(pos, skus, page=1)["data"]) == 15
    assert len(post(pos, skus, size=50)["data"]) == 40


@pytest.mark.parametrize(("method", "largest"), [("GET", 50), ("POST", 100)])
def test_a_page_has_a_largest_size(pos: Pos, method: str, largest: int) -> None:
    query = {"businessLocationId": HIGH_STREET, "skus": "COLA01"} if method == "GET" else {}
    body = None if method == "GET" else {"skus": ["COLA01"]}
    statuses = [
        pos.call(method, PATH, body, **{"businessLocationId": HIGH_STREET, **query, "size": size}).status_code
        for size in (largest, largest + 1)
    ]
    assert statuses == [200, 400]


def test_by_habit_a_get_without_skus_lists_all_restricted_items(pos: Pos) -> None:
    pos.habits(skus_required=False)
    assert [row["sku"] for row in pos.get(PATH).json()["data"]] == ["BROWNIE", "CHEESECAKE"]
    pages = [pos.get(PATH, page=page, size=1).json() for page in range(3)]
    assert [len(page["data"]) for page in pages] == [1, 1, 0]


def test_an_unknown_sku_is_a_warning(pos: Pos) -> None:
    warnings = post(pos, ["BURGER01", "WHAT"])["metadata"]["warnings"]
    assert warnings == [{"information": "Unknown sku: WHAT", "type": "UNKNOWN_SKU"}]


def test_an_old_app_on_the_till_is_a_warning(pos: Pos) -> None:
    pos.habits(old_app_warning=True)
    (warning,) = post(pos, ["BURGER01"])["metadata"]["warnings"]
    assert set(warning) == {"information", "type"}
