"""Sub-screens in three ways, the digest of an answer, and what stands beside the menu."""

import json
from collections.abc import Iterator

import pytest
import responses

from integrations.lightspeed.adapter import LightspeedMenu
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.menu.snapshot import SubScreens
from integrations.lightspeed.mapping.reference_data import to_allergen_names, to_availability
from integrations.pos import BadAnswer, Restriction
from tests.integrations.lightspeed.menus import item, menu, screen, to_snapshot

API = "https://pos.example"

NESTED = menu(
    screen("1", item("A"), screen("2", item("B"), screen("3", item("C")), item("D")), item("B"), item("E")),
    screen("4", item("C")),
)


class Tokens:
    def access_token(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return stale


@pytest.fixture
def http() -> Iterator[LightspeedHttp]:
    with responses.mock:
        yield LightspeedHttp(API, Tokens())


def shape(mode: SubScreens) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.key, one.parent, one.products) for one in to_snapshot(NESTED, sub_screens=mode).categories]


def test_sub_screens_are_sub_categories() -> None:
    assert shape(SubScreens.NESTED) == [
        ("id-1", "", ("A", "B", "E")),
        ("id-2", "id-1", ("B", "D")),
        ("id-3", "id-2", ("C",)),
        ("id-4", "", ("C",)),
    ]


def test_or_categories_of_their_own_with_the_same_keys() -> None:
    assert shape(SubScreens.CATEGORIES) == [(key, "", products) for key, _, products in shape(SubScreens.NESTED)]


def test_or_their_products_stand_on_the_outermost_screen_in_order() -> None:
    assert shape(SubScreens.FLATTENED) == [("id-1", "", ("A", "B", "C", "D", "E")), ("id-4", "", ("C",))]


@pytest.mark.parametrize("mode", SubScreens)
def test_every_mode_has_the_same_products(mode: SubScreens) -> None:
    assert [one.sku for one in to_snapshot(NESTED, sub_screens=mode).products] == ["A", "B", "C", "D", "E"]


def test_the_digest_is_of_the_bytes_and_of_how_they_are_read() -> None:
    answer = json.dumps(menu(screen("1", item("A"))), default=str).encode()
    document = LightspeedMenu(answer, "1 168 ", SubScreens.NESTED, "GBP")

    assert document.digest == LightspeedMenu(answer, "1 168 ", SubScreens.NESTED, "GBP").digest
    others = {
        LightspeedMenu(answer + b" ", "1 168 ", SubScreens.NESTED, "GBP").digest,
        LightspeedMenu(answer, "1 168 happyhour", SubScreens.NESTED, "GBP").digest,
        LightspeedMenu(answer, "1 168 ", SubScreens.FLATTENED, "GBP").digest,
    }
    assert len(others - {document.digest}) == 3


def test_a_truncated_answer_has_a_digest_and_cannot_be_read() -> None:
    document = LightspeedMenu(b'{"menuName": "Onl', "1 168 ", SubScreens.NESTED, "GBP")

    assert document.digest
    with pytest.raises(BadAnswer):
        document.read()


def test_restrictions_come_in_pages() -> None:
    pages = [{"data": [{"sku": sku, "count": n}], "metadata": {}} for n, sku in enumerate(("A", "B"))]

    assert to_availability(pages).restrictions == (Restriction("A", 0), Restriction("B", 1))


def of_rows(*rows: dict[str, object]) -> tuple[Restriction, ...]:
    return to_availability([{"data": [*rows], "metadata": {}}]).restrictions


@pytest.mark.parametrize("row", [{"count": 1}, {"sku": "A", "count": "many"}, {"sku": ""}])
def test_a_restriction_without_sense_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(BadAnswer):
        of_rows(row)


@pytest.mark.parametrize(
    ("count", "sold_out"), [(None, True), (0, True), (-2, True), ("3", False), (5, False), (2**63 - 1, False)]
)
def test_sold_out_is_what_has_none_left(count: object, sold_out: bool) -> None:
    (found,) = of_rows({"sku": "A", "count": count})

    assert found.sold_out is sold_out


def test_allergens_have_names_by_language() -> None:
    (found,) = to_allergen_names(
        [
            {
                "code": "GLUTEN",
                "translations": [{"locale": "fr_BE", "text": "Gluten de blé"}, {"locale": "", "text": "?"}],
            }
        ]
    )

    assert (found.code, found.names) == ("GLUTEN", {"fr-be": "Gluten de blé"})


@pytest.mark.parametrize("row", [{}, {"code": "x" * 65}, {"code": "A", "translations": [1]}])
def test_allergens_without_sense_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(BadAnswer):
        to_allergen_names([row])
