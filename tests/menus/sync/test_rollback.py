"""Rolling the menu back to how it was before a sync."""

from collections.abc import Iterator
from typing import Any

import pytest
import responses
import time_machine
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.models import Connection, LightspeedSettings, SyncRun
from integrations.pos import MenuSnapshot
from integrations.syncs.runs import queue_sync
from menus.descriptions import set_descriptions
from menus.models import Menu, Product, RestorePoint
from menus.stock.levels import propagate_to_menu
from menus.storefront.document import load_rows, menu_document
from menus.storefront.languages import Texts
from menus.sync import restore_points
from menus.sync.apply import apply_plan
from menus.sync.diff import ENTRIES
from menus.sync.full_plan import plan_sync
from menus.sync.restore_points import past_menu, plan_rollback, save_restore_point
from menus.sync.rollback import preview_rollback, restore_points_of, undo
from menus.sync.run import run_queued, sync_menu
from menus.sync.stored_menu import load_stored
from menus.versions import MenuBusy, version_of
from storekit.models import Venue
from tests import factories
from tests.factories import VenueFactory
from tests.menus.pos_answers import answer_availability, answer_menu, answer_menu_list, item, menu, screen
from tests.menus.snapshots import snapshots, sync_snapshot
from tests.support.examples import examples

State = SyncRun.State


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


def sync(venue: Venue, *skus: str, **options: Any) -> SyncRun:
    answer_menu(menu(screen("1", *(item(sku) for sku in skus))))
    return sync_menu(venue=venue, menu_id="168", started_by="a test", **options)


def on_menu() -> set[str]:
    return set(Product.objects.filter(archived_at=None).values_list("sku", flat=True))


def as_guests_see_it(venue: Venue) -> object:
    texts = Texts(language="fr", preferred="en", available=Menu.objects.get(venue=venue).languages)
    return menu_document(rows=load_rows(venue=venue), texts=texts, currency=venue.currency)


def test_undo_restores_the_earlier_menu_with_its_ids(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B", "C", "D")
    before = as_guests_see_it(venue)
    sync(venue, "A", "B", "C", "NEW")

    run = undo(venue=venue, started_by="Anna")

    assert (run.state, run.error) == (State.SUCCEEDED, "")
    assert as_guests_see_it(venue) == before
    assert version_of(venue=venue) == 3


def test_an_undo_can_be_undone(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B", "C")
    sync(venue, "A", "B", "NEW")
    undo(venue=venue, started_by="Anna")

    undo(venue=venue, started_by="Anna")

    assert on_menu() == {"A", "B", "NEW"}


def test_previewing_a_rollback_changes_nothing(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B", "C")
    sync(venue, "A", "B", "NEW")

    run = undo(venue=venue, started_by="Anna", preview=True)

    assert run.state == State.HELD
    assert (run.plan["created"]["products"], run.plan["archived"]["products"]) == (["C (C)"], ["New (NEW)"])
    assert preview_rollback(state=restore_points_of(venue=venue)[0])["counts"] == run.plan["counts"]
    assert on_menu() == {"A", "B", "NEW"}


def test_a_schedule_keeps_a_rollback_until_the_pos_menu_changes(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B", "C")
    sync(venue, "A", "B", "C", "NEW")
    undo(venue=venue, started_by="Anna")

    run = scheduled(venue)
    assert on_menu() == {"A", "B", "C"}
    assert "was undone here" in run.warnings[-1]

    answer_menu(menu(screen("1", *(item(sku) for sku in ("A", "B", "C", "OTHER")))))
    scheduled(venue)
    assert on_menu() == {"A", "B", "C", "OTHER"}


def scheduled(venue: Venue, **options: Any) -> SyncRun:
    kind = SyncRun.Kind.MENU
    return run_queued(run=queue_sync(venue=venue, kind=kind, started_by="schedule", scheduled=True, options=options))


def priced(**prices: str) -> None:
    answer_menu(menu(screen("1", *(item(sku, price) for sku, price in prices.items()))))


def price_of(sku: str) -> str:
    return f"{Product.objects.get(sku=sku).price:.2f}"


def test_a_schedule_keeps_a_rollback_after_a_light_sync_too(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B")
    priced(A="95.00", B="9.50")
    scheduled(venue, light=True)
    assert price_of("A") == "95.00"
    undo(venue=venue, started_by="Anna")

    for light in (True, False):
        assert "was undone here" in scheduled(venue, light=light).warnings[-1]
        assert price_of("A") == "9.50"


def test_a_schedule_keeps_a_rollback_after_staff_edited_a_description(connection: Connection, venue: Venue) -> None:
    LightspeedSettings.objects.update(update_descriptions=False)
    sync(venue, "A", "B", "C")
    sync(venue, "A", "B", "C", "NEW")
    set_descriptions(product=Product.objects.get(sku="A"), descriptions={"en": "Ours"})
    undo(venue=venue, started_by="Anna")

    scheduled(venue)

    assert on_menu() == {"A", "B", "C"}


def test_a_schedule_syncs_again_only_once_the_undo_is_undone(connection: Connection, venue: Venue) -> None:
    for last in ("C", "D", "E"):
        sync(venue, "A", "B", last)
    states = {state.version: state.pk for state in restore_points_of(venue=venue)}
    undo(venue=venue, state_id=states[2], started_by="Anna")
    undo(venue=venue, state_id=states[1], started_by="Anna")

    undo(venue=venue, started_by="Anna")
    assert "was undone here" in scheduled(venue).warnings[-1]
    assert on_menu() == {"A", "B", "D"}

    undo(
        venue=venue,
        state_id=next(one.pk for one in restore_points_of(venue=venue) if one.version == 3),
        started_by="Anna",
    )
    assert scheduled(venue).warnings == []
    assert on_menu() == {"A", "B", "E"}


def test_undoing_the_first_sync_keeps_the_chosen_menu_and_schedules_do_not_redo_it(
    connection: Connection, venue: Venue
) -> None:
    answer_menu_list((168, "Online menu"), (272, "Breakfast"))
    sync(venue, "A", "B")
    undo(venue=venue, started_by="Anna")

    run = scheduled(venue)

    assert (run.state, run.error) == (State.SUCCEEDED, "")
    assert on_menu() == set()


def test_a_rollback_keeps_what_staff_have_written_since(connection: Connection, venue: Venue) -> None:
    def named(name: str, price: str) -> dict[str, Any]:
        texts = [{"locale": "en", "friendlyDisplayName": name, "description": "POS"}]
        return item("A", price, itemRichData={"texts": texts})

    LightspeedSettings.objects.update(update_descriptions=False)
    for name, price in (("Burger", "9.50"), ("Hamburger", "10.00")):
        answer_menu(menu(screen("1", named(name, price))))
        sync_menu(venue=venue, menu_id="168", started_by="a test")
    set_descriptions(product=Product.objects.get(), descriptions={"en": "Ours"})

    undo(venue=venue, started_by="Anna")

    product = Product.objects.get()
    assert price_of("A") == "9.50"
    assert product.translations == {"en": {"name": "Burger", "description": "Ours"}}


def test_a_menu_that_keeps_changing_fails_the_sync_or_rollback_with_a_message(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(venue, "A")

    def busy(**_: object) -> None:
        raise MenuBusy("The menu is being updated. Try again in a moment.")

    for module in ("menus.sync.menu_sync", "menus.sync.rollback"):
        monkeypatch.setattr(f"{module}.read_one_version", busy)

    for run in (sync(venue, "A", "B"), undo(venue=venue, started_by="Anna")):
        assert (run.state, "kept changing" in run.error) == (State.FAILED, True)


def test_a_sync_by_hand_brings_back_the_menu_that_was_rolled_back_from(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B", "C")
    sync(venue, "A", "B", "C", "NEW")
    undo(venue=venue, started_by="Anna")

    sync(venue, "A", "B", "C", "NEW")

    assert on_menu() == {"A", "B", "C", "NEW"}


def test_ten_states_are_kept_and_a_sync_without_changes_saves_none(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert restore_points._KEPT == 10
    monkeypatch.setattr(restore_points, "_KEPT", 3)
    for number in range(5):
        sync(venue, "A", f"B{number}", force=True)
        sync(venue, "A", f"B{number}", force=True)

    assert [state.version for state in restore_points_of(venue=venue)] == [4, 3, 2]


def test_without_a_saved_state_a_rollback_fails(connection: Connection, venue: Venue, other_venue: Venue) -> None:
    sync(venue, "A")

    run = undo(venue=other_venue, state_id=RestorePoint.objects.get().pk, started_by="Zoe")

    assert run.state == State.FAILED
    assert on_menu() == {"A"}


def test_a_rollback_needs_no_pos_and_keeps_stock(connection: Connection, venue: Venue) -> None:
    sync(venue, "A", "B", "C")
    answer_availability({"A": None})
    sync(venue, "A", "B", "NEW")
    Connection.objects.update(enabled=False)

    assert undo(venue=venue, started_by="Anna").state == State.SUCCEEDED
    assert Product.objects.get(sku="A").sold_out


def test_a_state_saved_before_a_column_existed_keeps_its_current_values(
    connection: Connection, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(venue, "A", "B", "C")
    sync(venue, "A", "B")
    for sku in "ABC":
        factories.StockLevelFactory(venue=venue, sku=sku, count=4)
    propagate_to_menu(venue=venue)
    monkeypatch.setitem(ENTRIES, "products", (*ENTRIES["products"], "stock"))

    assert undo(venue=venue, started_by="Anna").state == State.SUCCEEDED
    assert on_menu() == {"A", "B", "C"}
    assert set(Product.objects.values_list("stock", flat=True)) == {4}


def test_rolling_back_several_syncs_at_once(connection: Connection, venue: Venue) -> None:
    seen = []
    for skus in ("ABCD", "ABCE", "ABF", "ABFG", "ABCD"):
        sync(venue, *skus, force=True)
        seen.append(as_guests_see_it(venue))
    states = {state.version: state.pk for state in restore_points_of(venue=venue)}

    for version in (2, 4, 1, 3):
        undo(venue=venue, state_id=states[version], started_by="Anna")
        assert as_guests_see_it(venue) == seen[version - 1]


@pytest.mark.django_db
@settings(max_examples=examples(10), deadline=None)
@given(menus=st.lists(snapshots(), min_size=2, max_size=4))
def test_apply_then_undo_is_the_identity(menus: list[MenuSnapshot]) -> None:
    venue: Venue = VenueFactory()
    sync_snapshot(venue, menus[0])
    seen, first = as_guests_see_it(venue), load_stored(venue=venue)
    states = []
    for menu_then in menus[1:]:
        stored, version = load_stored(venue=venue), version_of(venue=venue)
        plan = plan_sync(snapshot=menu_then, stored=stored)
        row = Menu.objects.get(venue=venue)
        states.append(save_restore_point(menu=row, plan=plan, stored=stored, version=version, run=None))
        apply_plan(venue=venue, plan=plan, version=version, snapshot=menu_then)

    stored = load_stored(venue=venue)
    plan = plan_rollback(past=past_menu(state=states[0], stored=stored), stored=stored)
    apply_plan(venue=venue, plan=plan, version=version_of(venue=venue), snapshot=menus[0])

    assert as_guests_see_it(venue) == seen
    now = load_stored(venue=venue)
    for name in ENTRIES:
        assert {key: row for key, row in now.entries[name].items() if not row.archived} == first.entries[name]
    for name, links in first.links.items():
        assert {key: row.values for key, row in now.links[name].items()} == {
            key: row.values for key, row in links.items()
        }


def test_only_managers_of_the_venue_see_plans_and_restore_points(
    connection: Connection, venue: Venue, annas_browser: Client, bens_browser: Client, zoes_browser: Client
) -> None:
    sync(venue, "A", "B", "C", "D")
    held = sync(venue, "A")
    row, state = Menu.objects.get(), RestorePoint.objects.get()
    plan = f"/admin/menus/menu/plan/{held.pk}/"
    listed = f"/admin/menus/menu/go-back/{row.pk}/"

    for path in (plan, listed, f"{listed}{state.pk}/"):
        assert annas_browser.get(path).status_code == 200
        assert bens_browser.get(path).status_code == 404
        assert zoes_browser.post(path).status_code == 404
    shown = annas_browser.get(plan).content.decode()
    assert "3 of 4" in shown
    assert "Products: no longer on the menu (3)" in shown
    assert "Version 0" in annas_browser.get(listed).content.decode()
    assert SyncRun.objects.count() == 2


def test_restore_points_are_listed_in_the_venues_time_zone(
    connection: Connection, venue: Venue, annas_browser: Client
) -> None:
    with time_machine.travel("2026-07-03T21:30:00Z", tick=False):
        sync(venue, "A")
    page = annas_browser.get(f"/admin/menus/menu/go-back/{Menu.objects.get().pk}/").content.decode()

    assert "Version 0, 3 Jul 2026, 22:30" in page
    assert "UTC" not in page


def test_each_page_has_a_heading(connection: Connection, venue: Venue, annas_browser: Client) -> None:
    sync(venue, "A")
    product = Product.objects.get()

    def heading(path: str) -> str:
        return annas_browser.get(path).content.decode().partition("<h2>")[2].partition("</h2>")[0]

    assert heading(f"/admin/menus/menu/go-back/{Menu.objects.get().pk}/") == f"Restore a version: {venue.name}"
    assert heading(f"/admin/menus/product/{product.pk}/image/") == f"Image of {product.name}"
    assert heading(f"/admin/menus/product/{product.pk}/descriptions/") == f"Descriptions of {product.name}"


def test_applying_a_plan_and_rolling_back_are_queued(
    connection: Connection, venue: Venue, annas_browser: Client
) -> None:
    sync(venue, "A", "B", "C", "D")
    sync(venue, "A", "B", "C")
    held = sync(venue, "A")
    row, state = Menu.objects.get(), RestorePoint.objects.first()
    assert state is not None

    annas_browser.post(f"/admin/menus/menu/plan/{held.pk}/")
    applying = SyncRun.objects.get(state=State.QUEUED)
    assert applying.options["held_run"] == held.pk
    assert run_queued(run=applying).state == State.SUCCEEDED
    assert on_menu() == {"A"}

    assert "no longer be applied" in annas_browser.post(f"/admin/menus/menu/plan/{held.pk}/").content.decode()
    annas_browser.post(f"/admin/menus/menu/go-back/{row.pk}/{state.pk}/")
    assert SyncRun.objects.get(state=State.QUEUED).options == {"undo": True, "state_id": state.pk}
