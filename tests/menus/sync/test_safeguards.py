"""Held and previewed syncs: reviewed by staff, then applied."""

from collections.abc import Iterator

import pytest
import responses
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, LightspeedSettings, SyncRun
from integrations.syncs.runs import queue_sync
from menus.models import Category, Menu, Product, RestorePoint, Snooze, StockLevel
from menus.sync.rollback import undo
from menus.sync.run import apply_held, options_to_apply, preview_sync, sync_menu
from menus.sync.summary import summary_lines
from menus.tasks import sync_menu as sync_menu_task
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.pos_answers import ALLERGENS, AVAILABILITY, Json, answer_availability, answer_menu, item, menu, screen

State = SyncRun.State
SIX = [f"P{n}" for n in range(6)]


@pytest.fixture(autouse=True)
def _http(connection: Connection) -> Iterator[None]:
    with responses.mock:
        yield


def menu_of(*skus: str, price: str = "9.50") -> Json:
    return menu(screen("1", *(item(sku, price) for sku in skus)))


def sync(venue: Venue, **options: object) -> SyncRun:
    return sync_menu(venue=venue, started_by="a test", **options)  # type: ignore[arg-type]


def on_menu() -> set[str]:
    return set(Product.objects.filter(archived_at=None).values_list("sku", flat=True))


def synced(venue: Venue, *skus: str) -> None:
    answer_menu(menu_of(*skus))
    assert sync(venue, menu_id="168").state == State.SUCCEEDED


@pytest.mark.parametrize(("left", "state"), [(4, State.SUCCEEDED), (3, State.HELD), (0, State.HELD)])
def test_archiving_more_than_a_third_of_the_products_is_held(venue: Venue, left: int, state: str) -> None:
    synced(venue, *SIX)
    answer_menu(menu_of(*SIX[:left]))

    assert sync(venue).state == state
    assert on_menu() == set(SIX[:left] if state == State.SUCCEEDED else SIX)


@pytest.mark.parametrize("left", [["EGGS"], []])
def test_choosing_another_menu_is_held_too(venue: Venue, left: list[str]) -> None:
    synced(venue, *SIX)
    answer_menu(menu(screen("9", *map(item, left)), id=272), id=272)

    held = sync(venue, menu_id="272")

    assert (held.state, on_menu(), Menu.objects.get().pos_menu_id) == (State.HELD, set(SIX), "168")
    assert apply_held(run=held, started_by="Anna").state == State.SUCCEEDED
    assert (on_menu(), Menu.objects.get().pos_menu_id) == (set(left), "272")


def test_force_applies_another_menu_at_once(venue: Venue) -> None:
    synced(venue, *SIX)
    answer_menu(menu(screen("9", item("EGGS")), id=272), id=272)

    assert sync(venue, menu_id="272", force=True).state == State.SUCCEEDED
    assert on_menu() == {"EGGS"}


def test_a_held_plan_names_the_products_it_would_archive_and_can_be_applied(venue: Venue) -> None:
    synced(venue, *SIX)
    answer_menu(menu_of("P0", price="10.00"))
    held = sync(venue)

    assert held.plan["archived"]["products"] == [f"{sku} ({sku})" for sku in SIX[1:]]
    assert held.plan["updated"]["products"] == ["P0 (P0): price £9.50 → £10.00"]
    assert held.plan["counts"]["products"] == {"created": 0, "updated": 1, "archived": 5}
    assert "5 of 6" in held.error
    applied = apply_held(run=held, started_by="Anna")

    assert (applied.state, applied.counts["archived"]) == (State.SUCCEEDED, 5)
    assert on_menu() == {"P0"}
    held.refresh_from_db()
    assert held.state == State.SUPERSEDED


@pytest.mark.parametrize("by_command", [True, False])
def test_a_held_plan_is_not_applied_once_the_pos_menu_has_changed(venue: Venue, by_command: bool) -> None:
    synced(venue, *SIX)
    answer_menu(menu_of("P0"))
    held = sync(venue)
    answer_menu(menu_of("P1"))

    again = sync(venue, force=True) if by_command else apply_held(run=held, started_by="Anna")

    assert again.state == State.HELD
    assert "has changed since" in again.error
    assert on_menu() == set(SIX)
    assert sync(venue, force=True).state == State.SUCCEEDED
    assert on_menu() == {"P1"}


def test_a_held_plan_is_not_applied_once_a_setting_has_changed_it(venue: Venue) -> None:
    synced(venue, *SIX)
    answer_menu(menu_of("P0"))
    held = sync(venue)
    LightspeedSettings.objects.update(flatten_subscreens=True)

    assert apply_held(run=held, started_by="Anna").state == State.HELD


def test_a_light_sync_does_not_supersede_the_plan_of_a_full_one(venue: Venue) -> None:
    synced(venue, *SIX)
    answer_menu(menu_of("P0", price="10.00"))
    held = sync(venue)
    sync(venue, light=True)
    preview_sync(venue=venue, light=True, started_by="Anna")

    held.refresh_from_db()
    assert held.state == State.HELD
    assert apply_held(run=held, started_by="Anna").state == State.SUCCEEDED
    assert on_menu() == {"P0"}


def test_force_respects_a_held_full_plan_beside_a_light_one(venue: Venue) -> None:
    synced(venue, *SIX)
    answer_menu(menu_of("P0", price="10.00"))
    sync(venue)
    preview_sync(venue=venue, light=True, started_by="Anna")
    answer_menu(menu_of("P1"))

    assert sync(venue, force=True).state == State.HELD
    assert on_menu() == set(SIX)


def test_a_light_sync_supersedes_plans_of_light_syncs_and_rollbacks(venue: Venue) -> None:
    synced(venue, *SIX)
    plans = [undo(venue=venue, started_by="Anna", preview=True)]
    answer_menu(menu_of(*SIX, price="10.00"))
    plans.append(preview_sync(venue=venue, light=True, started_by="Anna"))

    sync(venue, light=True)

    for plan in plans:
        plan.refresh_from_db()
    assert [plan.state for plan in plans] == [State.SUPERSEDED] * 2


def test_a_preview_writes_nothing_and_can_be_applied_from_the_queue(venue: Venue) -> None:
    synced(venue, "P0")
    before = (version_of(venue=venue), Menu.objects.get().digest)
    answer_menu(menu_of("P0", "NEW"))

    run = preview_sync(venue=venue, started_by="Anna")

    assert (run.state, run.error) == (State.HELD, "")
    assert run.plan["created"]["products"] == ["New (NEW)"]
    assert (version_of(venue=venue), Menu.objects.get().digest) == before
    queued = queue_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by="Anna", options=options_to_apply(run=run))
    assert sync_menu_task(queued.pk) == "succeeded"
    assert on_menu() == {"P0", "NEW"}


def test_a_plan_shows_a_modifier_group_whose_rules_change(venue: Venue, annas_browser: Client) -> None:
    def asking(**rules: object) -> Json:
        sauces = {"description": "Sauces", "sku": "SAUCES", "productModifiers": [item("MAYO")], **rules}
        return menu(screen("1", item("P0", menuModifierGroups=[sauces])))

    answer_menu(asking())
    sync(venue, menu_id="168")
    answer_menu(asking(description="Dips", minimumSelection=1))
    plan = preview_sync(venue=venue, started_by="Anna")
    assert plan.plan["updated"]["groups"] == ["Dips: name Sauces → Dips, rules"]
    assert list(summary_lines(plan.plan)) == ["~ Modifier group Dips: name Sauces → Dips, rules"]
    assert apply_held(run=plan, started_by="Anna").state == State.SUCCEEDED

    before = f"/admin/menus/menu/go-back/{Menu.objects.get().pk}/{RestorePoint.objects.first().pk}/"  # type: ignore[union-attr]
    page = annas_browser.get(before).content.decode()
    assert "Sauces: name Dips → Sauces, rules" in page
    assert "Restore" in page


def test_a_preview_of_the_first_menu_writes_nothing_at_all(venue: Venue) -> None:
    answer_menu(menu_of("P0"))

    assert preview_sync(venue=venue, menu_id="168", started_by="Anna").state == State.HELD
    assert not Menu.objects.exists()
    assert not Category.objects.exists()


def test_a_preview_without_changes_succeeds(venue: Venue) -> None:
    synced(venue, "P0")
    answer_menu(menu_of("P0") | {"menuName": "Renamed"})

    run = preview_sync(venue=venue, started_by="Anna")

    assert (run.state, run.counts["updated"]) == (State.SUCCEEDED, 0)


def test_an_unchanged_response_is_not_compared_and_repeats_its_warnings(venue: Venue) -> None:
    answer_menu(menu(screen("1", item("P0"), item("", productName="Nameless"))))
    first = sync(venue, menu_id="168")

    with CaptureQueriesContext(database) as queries:
        again = sync(venue)

    assert again.warnings == first.warnings
    assert "Nameless" in again.warnings[0]
    assert again.counts == {"created": 0, "updated": 0, "archived": 0, "unchanged": 2}
    assert not [query for query in queries if "translations" in query["sql"] and "menus_product" in query["sql"]]
    assert RestorePoint.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [{"flatten_subscreens": True}, {"subscreens_as_categories": True}, {"menu_profile": "happyhour"}],
)
def test_an_unchanged_response_is_read_again_after_a_setting_changed(venue: Venue, change: dict[str, object]) -> None:
    synced(venue, "P0")
    digest = Menu.objects.get().digest
    LightspeedSettings.objects.update(**change)

    sync(venue)

    assert Menu.objects.get().digest not in ("", digest)


@pytest.mark.parametrize("body", ['{"menuName": "Online menu", "menuEntryGr', "<html>", "[]", ""])
def test_an_invalid_response_fails_the_run_and_keeps_the_menu(venue: Venue, body: str) -> None:
    synced(venue, *SIX)
    responses.upsert(responses.GET, f"{responses.calls[0].request.url}".split("?")[0], body=body)

    run = sync(venue, force=True)

    assert run.state == State.FAILED
    assert "could not read Lightspeed's response" in run.error
    assert on_menu() == set(SIX)


def test_a_full_sync_without_availability_and_allergens_succeeds_with_warnings(venue: Venue) -> None:
    synced(venue, "P0")
    answer_availability({"P0": 3})
    sync(venue)
    for method, address in ((responses.POST, AVAILABILITY), (responses.GET, ALLERGENS)):
        responses.upsert(method, address, status=503)

    run = sync(venue)

    assert run.state == State.SUCCEEDED
    assert len(run.warnings) == 2
    assert Product.objects.get().stock == 3


def number_of(queries: CaptureQueriesContext) -> int:
    """Return how many there are, without those of the progress and of each call's token: one call for 50 items."""
    left_out = ("integrations_syncrun", "integrations_tokenpair")
    return len([one for one in queries if not any(table in one["sql"] for table in left_out)])


def test_no_number_of_queries_grows_with_the_menu(venue: Venue) -> None:
    """A first sync, a changed one, one that changes nothing, a light one, a held one, and going back."""
    numbers = []
    for size in (4, 400):
        Product.objects.all().delete()
        Menu.objects.all().delete()
        Category.objects.all().delete()
        SyncRun.objects.all().delete()
        StockLevel.objects.all().delete()
        Snooze.objects.all().delete()
        counted = []
        skus = [f"P{n}" for n in range(size)]
        answers: list[tuple[Json, dict[str, object]]] = [
            (menu_of(*skus), {"menu_id": "168"}),
            (menu_of(*skus, price="10.00"), {}),
            (menu_of(*skus, price="10.00"), {}),
            (menu_of(*skus, price="11.00"), {"light": True}),
            (menu_of(skus[0]), {}),
        ]
        for body, options in answers:
            answer_menu(body)
            answer_availability(dict.fromkeys(skus, 3 if options else None))
            with CaptureQueriesContext(database) as queries:
                sync(venue, **options)
            counted.append(number_of(queries))
        with CaptureQueriesContext(database) as queries:
            assert undo(venue=venue, started_by="a test").state == State.SUCCEEDED
        counted.append(number_of(queries))
        numbers.append(counted)

    assert numbers[0] == numbers[1]
    assert max(numbers[1]) < 70
