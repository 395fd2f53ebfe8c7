"""The catalogue for pricing: requested products with every modifier group they lead to."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.pos import MenuSnapshot
from menus import catalogue
from menus.models import Menu, Modifier, Product
from menus.versions import MenuBusy, raise_version
from storekit.models import Venue
from tests.menus.snapshots import BURGER_MENU, category, group, modifier, product, snapshot, sync_snapshot


def _choices(*skus: str) -> list[UUID]:
    return list(Modifier.objects.filter(sku__in=skus).values_list("pk", flat=True))


def test_a_product_comes_with_its_groups_and_the_groups_that_its_choices_open(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    rare = Modifier.objects.get(instruction_id="11")

    loaded = catalogue.load(venue=venue, skus=["BURGER"], choices=[rare.pk, *_choices("MAYO", "PLENTY")])

    burger = loaded.product(sku="BURGER")
    assert burger is not None
    assert (burger.name, burger.kind, burger.price, burger.available) == ("Burger till", "item", Decimal("12.00"), True)
    sauce, doneness = (loaded.groups[id] for id in burger.groups)
    assert (sauce.name, sauce.kind, sauce.minimum, sauce.maximum) == ("Sauce", "modifier", 0, 2)
    assert [(one.sku, one.price) for one in sauce.modifiers] == [("MAYO", Decimal("1.20"))]
    assert [(one.sku, one.instruction_id, one.price) for one in doneness.modifiers] == [("", "11", Decimal(0))]
    amount = loaded.groups[sauce.modifiers[0].groups[0]]
    assert [one.sku for one in amount.modifiers] == ["PLENTY"]
    assert len(loaded.groups) == 3


def test_choices_that_were_not_requested_are_left_out(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)

    loaded = catalogue.load(venue=venue, skus=["BURGER"])

    assert {one.name: one.modifiers for one in loaded.groups.values()} == {"Sauce": (), "Doneness": ()}


def test_products_are_found_by_id_too_and_nothing_else_is_loaded(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    salad = Product.objects.get(sku="SALAD")

    loaded = catalogue.load(venue=venue, ids=[salad.pk])

    assert loaded.product(id=salad.pk) == loaded.product(sku="SALAD")
    assert list(loaded.products) == [salad.pk]
    assert loaded.product(sku="BURGER") is None
    assert loaded.groups == {}


def test_ids_and_skus_can_be_mixed(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    salad = Product.objects.get(sku="SALAD")

    loaded = catalogue.load(venue=venue, ids=[salad.pk], skus=["BURGER", "PIZZA"])

    assert {one.sku for one in loaded.products.values()} == {"SALAD", "BURGER"}


def test_the_version_is_the_menus(venue: Venue) -> None:
    assert catalogue.load(venue=venue, skus=["BURGER"]).version == 0
    sync_snapshot(venue, BURGER_MENU)
    assert catalogue.load(venue=venue, skus=["BURGER"]).version == 1


def test_another_venues_products_are_left_out(venue: Venue, other_venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    burger = Product.objects.get(sku="BURGER")

    loaded = catalogue.load(venue=other_venue, ids=[burger.pk], skus=["BURGER"], choices=_choices("MAYO"))

    assert (loaded.products, loaded.groups) == ({}, {})


def test_another_venues_choices_are_left_out(venue: Venue, other_venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    theirs = _choices("MAYO")
    sync_snapshot(other_venue, BURGER_MENU)

    loaded = catalogue.load(venue=other_venue, skus=["BURGER"], choices=theirs)

    assert [one.modifiers for one in loaded.groups.values()] == [(), ()]


def test_archived_entries_are_left_out(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    sync_snapshot(
        venue,
        snapshot(
            categories=(category("mains", "BURGER"),),
            products=(product("BURGER", groups=("sauce",)),),
            groups=(group("sauce", modifier("KETCHUP")),),
        ),
    )

    loaded = catalogue.load(venue=venue, skus=["BURGER", "SALAD"], choices=_choices("KETCHUP", "MAYO", "PLENTY"))

    assert [one.sku for one in loaded.products.values()] == ["BURGER"]
    (sauce,) = (loaded.groups[id] for one in loaded.products.values() for id in one.groups)
    assert [one.sku for one in sauce.modifiers] == ["KETCHUP"]


def test_groups_that_lead_back_to_themselves_are_loaded_once(venue: Venue) -> None:
    sync_snapshot(
        venue,
        snapshot(
            categories=(category("mains", "BURGER"),),
            products=(product("BURGER", groups=("chicken",)),),
            groups=(group("chicken", modifier("A", groups=("egg",))), group("egg", modifier("B", groups=("chicken",)))),
        ),
    )

    loaded = catalogue.load(venue=venue, skus=["BURGER"], choices=_choices("A", "B"))

    assert {one.name: [choice.sku for choice in one.modifiers] for one in loaded.groups.values()} == {
        "Chicken": ["A"],
        "Egg": ["B"],
    }


def _deep_menu(products: int, depth: int) -> MenuSnapshot:
    return snapshot(
        categories=(category("mains", *(f"P{n}" for n in range(products))),),
        products=tuple(product(f"P{n}", groups=("g0",)) for n in range(products)),
        groups=tuple(
            group(f"g{n}", modifier(f"A{n}", groups=(f"g{n + 1}",) if n + 1 < depth else ())) for n in range(depth)
        ),
    )


def test_the_number_of_queries_grows_neither_with_products_nor_with_depth(venue: Venue, other_venue: Venue) -> None:
    sync_snapshot(venue, _deep_menu(1, 1))
    small_choices = _choices("A0")
    sync_snapshot(other_venue, _deep_menu(30, 12))
    large_choices = list(Modifier.objects.filter(group__venue=other_venue).values_list("pk", flat=True))

    with CaptureQueriesContext(connection) as small:
        catalogue.load(venue=venue, skus=["P0"], choices=small_choices)
    with CaptureQueriesContext(connection) as large:
        loaded = catalogue.load(venue=other_venue, skus=[f"P{n}" for n in range(30)], choices=large_choices)

    assert (len(loaded.products), len(loaded.groups)) == (30, 12)
    assert len(large) == len(small) == 2


def test_without_choices_there_is_one_query(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    with CaptureQueriesContext(connection) as queries:
        catalogue.load(venue=venue, skus=["BURGER"])
    assert len(queries) == 1


def test_more_choices_than_one_query_takes_are_loaded(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    loaded = catalogue.load(
        venue=venue, skus=["BURGER"], choices=[*(uuid4() for _ in range(20_000)), *_choices("MAYO")]
    )
    assert [choice.sku for one in loaded.groups.values() for choice in one.modifiers] == ["MAYO"]


def test_stock_is_loaded_with_the_entries(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    Product.objects.filter(sku="BURGER").update(stock=3)
    Modifier.objects.filter(sku="MAYO").update(stock=0, sold_out=True)

    loaded = catalogue.load(venue=venue, skus=["BURGER", "SALAD"], choices=_choices("MAYO"))

    assert {one.sku: one.stock for one in loaded.products.values()} == {"BURGER": 3, "SALAD": None}
    mayo = next(one for each in loaded.groups.values() for one in each.modifiers if one.sku == "MAYO")
    assert (mayo.stock, mayo.available) == (0, False)


def _interrupted_by(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object], *, times: int) -> list[object]:
    """Commit a sync between the two queries of the first reads; return the list of calls."""
    choice_rows = catalogue._choice_rows
    calls: list[object] = []

    def interrupted(*args: object) -> object:
        calls.append(args)
        if len(calls) <= times:
            change()
        return choice_rows(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(catalogue, "_choice_rows", interrupted)
    return calls


def test_a_menu_that_changes_while_it_is_read_is_read_again(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    sync_snapshot(venue, BURGER_MENU)

    def change() -> None:
        Product.objects.filter(sku="BURGER").update(price=Decimal("13.00"))
        raise_version(menu=Menu.objects.get(venue=venue))

    calls = _interrupted_by(monkeypatch, change, times=1)

    loaded = catalogue.load(venue=venue, skus=["BURGER"], choices=_choices("MAYO"))

    burger = loaded.product(sku="BURGER")
    assert burger is not None
    assert (loaded.version, burger.price, len(calls)) == (2, Decimal("13.00"), 2)


def test_loading_gives_up_on_a_menu_that_keeps_changing(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    sync_snapshot(venue, BURGER_MENU)
    _interrupted_by(monkeypatch, lambda: raise_version(menu=Menu.objects.get(venue=venue)), times=99)

    with pytest.raises(MenuBusy):
        catalogue.load(venue=venue, skus=["BURGER"], choices=_choices("MAYO"))
