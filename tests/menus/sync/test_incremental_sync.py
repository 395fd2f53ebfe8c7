"""Incremental syncs: they read and write only what changed since the last response, with a full sync's result."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, LightspeedSettings, SyncRun
from menus.models import CategoryProduct, Menu, Modifier, ModifierGroup, Product, ProductModifierGroup, SyncCheckpoint
from menus.sync.full_plan import plan_sync
from menus.sync.rollback import undo
from menus.sync.stored_menu import load_stored_part
from menus.versions import raise_version, version_of
from storekit.models import Venue
from tests.factories import ConnectionFactory, VenueFactory
from tests.menus.pos_answers import answer_availability, item, menu, screen
from tests.menus.sync.answered import sync

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


@pytest.fixture
def read_in_parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collect how many products each incremental sync read."""
    seen: list[int] = []

    def noted(**options: Any) -> Any:
        seen.append(len(options["skus"]))
        return load_stored_part(**options)

    monkeypatch.setattr("menus.sync.menu_sync.load_stored_part", noted)
    return seen


def menu_of(**prices: str) -> Json:
    return menu(screen("1", *(item(sku, price) for sku, price in prices.items())))


def price_of(sku: str) -> str:
    return f"{Product.objects.get(sku=sku).price:.2f}"


def test_only_the_changed_product_is_compared_but_everything_is_counted(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00", C="3.00"))

    run = sync(venue, menu_of(A="1.00", B="2.50", C="3.00"))

    assert read_in_parts == [1]
    assert run.counts == {"created": 0, "updated": 1, "archived": 0, "unchanged": 3}
    assert price_of("B") == "2.50"
    sync(venue, menu_of(A="1.10", B="2.50", C="3.00"))
    assert read_in_parts == [1, 1]
    assert undo(venue=venue, started_by="a test").state == SyncRun.State.SUCCEEDED
    assert (price_of("A"), price_of("B")) == ("1.00", "2.50")


def test_after_a_rollback_or_a_light_sync_the_whole_menu_is_compared(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    sync(venue, menu_of(A="1.50", B="2.00"))
    undo(venue=venue, started_by="a test")

    sync(venue, menu_of(A="1.50", B="2.50"))
    assert (price_of("A"), price_of("B")) == ("1.50", "2.50")
    sync(venue, menu_of(A="9.00", B="2.50"), light=True)
    sync(venue, menu_of(A="1.50", B="2.60"))

    assert (price_of("A"), price_of("B")) == ("1.50", "2.60")
    assert read_in_parts == [1]


@pytest.mark.parametrize("stale", [{"digest": "x"}, {"settings_fingerprint": "x"}, {"content": b""}])
def test_a_stale_checkpoint_is_not_used(
    connection: Connection, venue: Venue, read_in_parts: list[int], stale: dict[str, Any]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    SyncCheckpoint.objects.update(**stale)

    sync(venue, menu_of(A="1.00", B="2.50"))

    assert (price_of("B"), read_in_parts) == ("2.50", [])


def test_changing_a_setting_makes_the_checkpoint_stale(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00"))
    LightspeedSettings.objects.update(update_descriptions=False)
    sync(venue, menu_of(A="1.10"))
    LightspeedSettings.objects.update(update_descriptions=True)
    sync(venue, menu_of(A="1.20"))

    assert (price_of("A"), read_in_parts) == ("1.20", [])


def test_a_stock_change_does_not_make_the_checkpoint_stale(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    answer_availability({"A": 3})
    sync(venue, menu_of(A="1.00", B="2.00"))

    sync(venue, menu_of(A="1.10", B="2.00"))

    assert (price_of("A"), Product.objects.get(sku="A").stock, read_in_parts) == ("1.10", 3, [1])


def test_a_menu_that_changes_during_an_incremental_sync_is_compared_whole(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(venue, menu_of(A="1.00", B="2.00"))
    times: list[int] = []

    def interrupted(**options: Any) -> Any:
        if not times:
            Product.objects.filter(sku="A").update(price="7.00")
            raise_version(menu=Menu.objects.get())
        times.append(1)
        return plan_sync(**options)

    monkeypatch.setattr("menus.sync.menu_sync.plan_sync", interrupted)
    sync(venue, menu_of(A="1.00", B="2.50"))

    assert (price_of("A"), price_of("B"), len(times)) == ("1.00", "2.50", 2)


def extras(price: str = "1.00", sku: str = "EXTRAS") -> Json:
    return {"description": "Extras", "sku": sku, "productModifiers": [item("CHEESE", price)]}


def with_extras(**prices: str) -> Json:
    """Return products that all have extras, at these prices; after the slash comes the product's own price."""
    entries = []
    for sku, words in prices.items():
        price, _, own = words.partition("/")
        entries.append(item(sku, own or "9.00", menuModifierGroups=[extras(price)] if price else []))
    return menu(screen("1", *entries))


def ids_of_choices() -> dict[str, tuple[object, ...]]:
    """Return each product's group and its choice, by SKU."""
    links = ProductModifierGroup.objects.order_by("product__sku")
    return {sku: tuple(ids) for sku, *ids in links.values_list("product__sku", "group_id", "group__modifiers")}


def test_a_product_with_shared_groups_is_compared_alone_unless_they_change(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    sync(venue, with_extras(A="1.00", B="1.00", C="1.00"))
    before = ids_of_choices()

    sync(venue, with_extras(A="1.00/8.00", B="1.00", C="1.00"))
    assert (price_of("A"), read_in_parts, ids_of_choices()) == ("8.00", [1], before)

    sync(venue, with_extras(A="1.00/8.00", B="2.00", C="1.00"))
    after = ids_of_choices()
    assert {sku: after[sku] == before[sku] for sku in "ABC"} == {"A": True, "B": False, "C": True}
    assert sorted(f"{one.price:.2f}" for one in Modifier.objects.all()) == ["1.00", "2.00"]

    sync(venue, with_extras(A="3.00/8.00", B="3.00", C="3.00"))
    assert ids_of_choices() == after
    assert {f"{one.price:.2f}" for one in Modifier.objects.all()} == {"3.00"}


def test_nine_copies_of_a_group_keep_their_ids_when_the_tenth_changes(connection: Connection, venue: Venue) -> None:
    skus = [f"P{number}" for number in range(10)]
    same = with_extras(**dict.fromkeys(skus, "1.00"))
    sync(venue, same)
    before = ids_of_choices()

    changes: list[Json] = [
        with_extras(**(dict.fromkeys(skus, "1.00") | {"P4": "2.00"})),
        with_extras(**(dict.fromkeys(skus, "1.00") | {"P4": ""})),
        same,
        with_extras(**dict.fromkeys(skus, "5.00")),
    ]
    renamed = copy.deepcopy(same)
    renamed["menuEntryGroups"][0]["menuEntry"][4]["menuModifierGroups"][0]["description"] = "More"
    for body in (*changes, renamed, same):
        sync(venue, body)
        after = ids_of_choices()
        assert {sku: after[sku] for sku in skus if sku != "P4"} == {sku: before[sku] for sku in skus if sku != "P4"}


@pytest.mark.django_db
def test_the_number_of_queries_grows_neither_with_changes_nor_with_differing_copies() -> None:
    def queries(venue: Venue, body: Json) -> int:
        with CaptureQueriesContext(database) as found:
            sync(venue, body)
        # One call to the POS for 50 items, and each looks up its token.
        return len([one for one in found if "integrations_tokenpair" not in one["sql"]])

    def pairs(number: int, price: str, own: str = "9.00") -> Json:
        """Each two of them share a group, and one of the two may say something else of it."""
        entries = [
            item(f"{which}{n}", own, menuModifierGroups=[extras(price if which == "A" else "1.00", f"G{n}")])
            for n in range(number)
            for which in "AB"
        ]
        return menu(screen("1", *entries))

    counts = []
    for number in (2, 40):
        venue = VenueFactory()
        ConnectionFactory(venue=venue)
        sync(venue, pairs(number, "1.00"))
        steps = [("1.00", "8.00"), ("2.00", "8.00"), ("2.00", "7.00"), ("3.00", "7.00")]
        counts.append([queries(venue, pairs(number, price, own)) for price, own in steps])
    assert counts[0] == counts[1]


def test_a_differing_copy_keeps_its_stored_texts_while_the_pos_has_none(connection: Connection, venue: Venue) -> None:
    def asked(a: str, b: str, *, texts: bool) -> Json:
        def rich(word: str) -> Json:
            return {"itemRichData": {"texts": [{"locale": "fr", "friendlyDisplayName": word}]}} if texts else {}

        def group(price: str) -> Json:
            cheese = {**item("CHEESE", price), **rich("Fromage")}
            return {"description": "Extras", "sku": "EXTRAS", "productModifiers": [cheese], **rich("Suppléments")}

        entries = (item(sku, menuModifierGroups=[group(price)]) for sku, price in (("A", a), ("B", b)))
        return menu(screen("1", *entries)) | {"richDataMissing": not texts}

    def words() -> set[str]:
        rows = (*ModifierGroup.objects.filter(archived_at=None), *Modifier.objects.filter(archived_at=None))
        return {row.translations.get("fr", {}).get("name", "") for row in rows}

    sync(venue, asked("1.00", "1.00", texts=True))
    for _ in range(2):
        sync(venue, asked("1.00", "2.00", texts=False))
        assert words() == {"Suppléments", "Fromage"}
        assert Modifier.objects.count() == 2
    sync(venue, asked("1.00", "2.00", texts=True))
    assert words() == {"Suppléments", "Fromage"}


def test_a_group_removed_from_one_product_stays_with_the_others(connection: Connection, venue: Venue) -> None:
    sync(venue, with_extras(A="1.00", B="1.00"))
    before = ids_of_choices()

    sync(venue, with_extras(A="", B="1.00"))

    assert ids_of_choices() == {"B": before["B"]}
    assert ModifierGroup.objects.filter(archived_at=None).count() == 1


def test_a_shared_nested_group_is_not_half_changed(connection: Connection, venue: Venue) -> None:
    def nested(price: str) -> Json:
        return {**extras(), "productModifiers": [item("CHEESE", "1.00", menuModifierGroups=[extras(price, "AGE")])]}

    def both(price: str, other: str) -> Json:
        entries = [item(sku, menuModifierGroups=[nested(each)]) for sku, each in (("A", price), ("B", other))]
        return menu(screen("1", *entries))

    sync(venue, both("1.00", "1.00"))
    before = ids_of_choices()
    sync(venue, both("2.00", "1.00"))

    after = ids_of_choices()
    assert (after["A"] == before["A"], after["B"] == before["B"]) == (False, True)
    prices = Modifier.objects.filter(group__key__startswith="modifier:AGE").values_list("group__key", "price")
    assert {key: f"{price:.2f}" for key, price in prices} == {
        "modifier:AGE": "1.00",
        "modifier:AGE@modifier:EXTRAS@A/CHEESE": "2.00",
    }


def test_adding_or_removing_a_product_compares_the_whole_menu(connection: Connection, venue: Venue) -> None:
    def priced(strategy: str) -> Json:
        others = [item(sku) for sku in "BCD"]
        return menu(screen("1", item("A", pricingStrategy=strategy), *others))

    odd, usual = "CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL", "PRICE_CANNOT_BE_CUSTOMIZED"
    sync(venue, priced(usual))
    for strategy, count, warned in ((odd, 3, 1), (usual, 4, 0), (odd, 3, 1)):
        run = sync(venue, priced(strategy))
        assert len(run.warnings) == warned
        assert Product.objects.filter(archived_at=None).count() == count
        assert CategoryProduct.objects.filter(product__archived_at=None).count() == count


def test_warnings_do_not_prevent_an_incremental_sync_and_are_repeated(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    def odd(price: str) -> Json:
        return menu(screen("1", item("A", price), item("B"), {**item("C"), "sku": None, "productName": "Nameless"}))

    before = sync(venue, odd("1.00"))

    run = sync(venue, odd("2.00"))

    assert (price_of("A"), read_in_parts) == ("2.00", [1])
    assert run.warnings == before.warnings == Menu.objects.get().warnings
    assert "Nameless" in run.warnings[0]
    assert sync(venue, odd("2.00")).warnings == run.warnings


def test_an_item_that_is_not_sold_alone_changes_nothing(
    connection: Connection, venue: Venue, read_in_parts: list[int]
) -> None:
    def beside(price: str) -> Json:
        return menu(screen("1", item("A"), item("SUB", price, asSubItem=True)))

    sync(venue, beside("1.00"))
    version = version_of(venue=venue)

    assert sync(venue, beside("2.00")).counts["updated"] == 0
    assert (version_of(venue=venue), read_in_parts) == (version, [1])


def test_a_menu_that_keeps_changing_during_incremental_syncs_is_read_whole(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move_on(**options: Any) -> Any:
        raise_version(menu=Menu.objects.get(venue=venue))
        return load_stored_part(**options)

    sync(venue, menu_of(A="1.00", B="2.00"))
    monkeypatch.setattr("menus.sync.menu_sync.load_stored_part", move_on)

    sync(venue, menu_of(A="1.50", B="2.00"))

    assert price_of("A") == "1.50"
