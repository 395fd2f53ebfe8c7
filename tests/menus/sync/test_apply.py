"""Writing a plan to the database: completely, once, and in a handful of statements."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.pos import MenuSnapshot
from menus.models import Category, Menu, Modifier, Product
from menus.storefront.document import load_rows, menu_document
from menus.storefront.languages import Texts
from menus.sync.apply import PlanOutdated, apply_plan
from menus.sync.full_plan import plan_sync
from menus.sync.stored_menu import load_stored
from menus.versions import version_of
from storekit.models import Venue
from tests.factories import VenueFactory
from tests.menus.snapshots import (
    BURGER_MENU,
    category,
    group,
    modifier,
    product,
    snapshot,
    snapshots,
    sync_snapshot,
)
from tests.support.examples import examples

WRITES = ("INSERT", "UPDATE", "DELETE")


def test_a_change_raises_the_version_by_one_and_an_unchanged_menu_does_not(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    assert version_of(venue=venue) == 1

    sync_snapshot(venue, BURGER_MENU)
    assert version_of(venue=venue) == 1

    sync_snapshot(venue, snapshot(products=(product("BURGER"),)))
    assert version_of(venue=venue) == 2


def test_a_product_keeps_its_id_through_rename_price_archive_and_return(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    burger, mayo = Product.objects.get(sku="BURGER"), Modifier.objects.get(sku="MAYO")

    sync_snapshot(venue, snapshot(products=(product("SALAD"),)))
    archived = Product.objects.get(pk=burger.pk)
    sync_snapshot(
        venue,
        snapshot(
            categories=(category("new screen", "BURGER"),),
            products=(product("BURGER", name="Renamed", price=Decimal("1.00"), groups=("sauce",)),),
            groups=(group("sauce", modifier("MAYO")),),
        ),
    )
    back = Product.objects.get(sku="BURGER")

    assert archived.archived_at is not None
    assert (back.pk, back.archived_at, back.name, back.price) == (burger.pk, None, "Renamed", Decimal("1.00"))
    assert Modifier.objects.get(sku="MAYO").pk == mayo.pk
    assert not Modifier.objects.get(sku="MAYO").archived_at


def test_sub_screens_know_their_parents(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)

    grill = Category.objects.get(key="grill")
    assert grill.parent is not None
    assert grill.parent.key == "mains"


def test_a_plan_made_from_an_older_version_is_not_written(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    emptied = snapshot()
    plan = plan_sync(snapshot=emptied, stored=load_stored(venue=venue))

    with pytest.raises(PlanOutdated):
        apply_plan(venue=venue, plan=plan, version=0, snapshot=emptied)

    assert Product.objects.filter(archived_at=None).count() == 2


def test_another_venue_with_the_same_skus_is_left_alone(venue: Venue, other_venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)
    sync_snapshot(other_venue, BURGER_MENU)

    sync_snapshot(venue, snapshot())

    assert Product.objects.filter(venue=other_venue, archived_at=None).count() == 2
    assert version_of(venue=other_venue) == 1


def _large(products: int, *, price: str) -> MenuSnapshot:
    return snapshot(
        categories=(category("mains", *(f"P{n}" for n in range(products))),),
        products=tuple(product(f"P{n}", price=Decimal(price), groups=(f"g{n}",)) for n in range(products)),
        groups=tuple(group(f"g{n}", modifier("A", price=Decimal(price)), modifier("B")) for n in range(products)),
    )


def test_the_number_of_queries_does_not_grow_with_the_menu(venue: Venue, other_venue: Venue) -> None:
    numbers = []
    for one, size in ((venue, 3), (other_venue, 700)):
        with CaptureQueriesContext(connection) as queries:
            sync_snapshot(one, _large(size, price="1.00"))
            sync_snapshot(one, _large(size, price="2.00"))
            sync_snapshot(one, snapshot())
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]
    assert numbers[1] < 150


def test_comparing_an_unchanged_menu_writes_nothing(venue: Venue) -> None:
    sync_snapshot(venue, BURGER_MENU)

    with CaptureQueriesContext(connection) as queries:
        plan = plan_sync(snapshot=BURGER_MENU, stored=load_stored(venue=venue))

    assert not plan
    assert not [query for query in queries if query["sql"].startswith(WRITES)]


@pytest.mark.django_db
@settings(max_examples=examples(20), deadline=None)
@given(menus=st.lists(snapshots(), min_size=1, max_size=3))
def test_storefronts_read_the_last_synced_menu_and_a_second_sync_changes_nothing(menus: list[MenuSnapshot]) -> None:
    venue: Venue = VenueFactory()
    for menu in menus:
        sync_snapshot(venue, menu)

    assert not plan_sync(snapshot=menus[-1], stored=load_stored(venue=venue))
    assert _read(venue) == _as_the_pos_has_it(menus[-1])


def _read(venue: Venue) -> object:
    """Return the storefront's menu in French, with SKUs and the POS's keys instead of ids."""
    texts = Texts(language="fr", preferred="en", available=Menu.objects.get(venue=venue).languages)
    document = menu_document(rows=load_rows(venue=venue), texts=texts, currency=venue.currency)
    skus = {one["id"]: one["sku"] for one in document["products"]}
    keys = {str(id): key for id, key in Category.objects.filter(venue=venue).values_list("id", "key")}
    groups = {one["id"]: one for one in document["modifier_groups"]}
    images = dict(Product.objects.filter(venue=venue).values_list("sku", "image_url"))

    def shape(ids: list[str], path: tuple[str, ...] = ()) -> list[object]:
        return [
            (
                groups[id]["name"],
                groups[id]["kind"],
                groups[id]["min"],
                groups[id]["max"],
                [
                    (one["sku"], one["name"], one["price"], shape(one["modifier_groups"], (*path, id)))
                    for one in groups[id]["modifiers"]
                ],
            )
            for id in ids
            if id not in path
        ]

    return (
        [
            (one["name"], keys.get(one["parent"] or ""), [skus[id] for id in one["products"]])
            for one in document["categories"]
        ],
        {
            one["sku"]: (
                one["kind"], one["name"], one["description"], one["price"], images[one["sku"]],
                [allergen["code"] for allergen in one["allergens"]],
                one["calories"], one["contains_alcohol"], shape(one["modifier_groups"]),
            )
            for one in document["products"]
        },
    )  # fmt: skip


def _as_the_pos_has_it(menu: MenuSnapshot) -> object:
    """Return the same menu, made from the POS's response."""
    groups = {one.key: one for one in menu.groups}

    def words(entry: object, text: str) -> str:
        translations = entry.translations  # type: ignore[attr-defined]
        return next(
            (
                found
                for tag in ("fr", "en", "en-gb")
                if tag in translations and (found := getattr(translations[tag], text))
            ),
            "",
        )

    def shape(keys: tuple[str, ...], path: tuple[str, ...] = ()) -> list[object]:
        return [
            (
                words(groups[key], "name") or groups[key].name,
                groups[key].kind.value,
                groups[key].minimum,
                groups[key].maximum,
                [
                    (
                        one.sku or None,
                        words(one, "name") or one.name,
                        f"{one.price:.2f}",
                        shape(one.groups, (*path, key)),
                    )
                    for one in groups[key].modifiers
                ],
            )
            for key in keys
            if key not in path
        ]

    return (
        [(one.name, one.parent or None, list(one.products)) for one in menu.categories],
        {
            one.sku: (
                one.kind.value, words(one, "name") or one.name, words(one, "description"), f"{one.price:.2f}",
                one.image_url, list(one.allergens), one.calories, one.contains_alcohol, shape(one.groups),
            )
            for one in menu.products
        },
    )  # fmt: skip
