"""The admin of the menu: read by staff, synced by managers."""

from collections.abc import Iterator

import pytest
import responses
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, SyncRun
from menus.models import Category, Menu, ModifierGroup, Product
from storekit.models import Membership, User, Venue
from tests import factories
from tests.menus.pos_answers import answer_menu_list
from tests.menus.snapshots import BURGER_MENU, category, group, modifier, product, snapshot, sync_snapshot

SYNC = "/admin/menus/menu/sync/"


@pytest.fixture(autouse=True)
def _http() -> Iterator[None]:
    with responses.mock:
        yield


@pytest.fixture
def menu(venue: Venue) -> Venue:
    sync_snapshot(venue, BURGER_MENU)
    return venue


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_staff_see_products_with_their_texts_categories_and_choices(menu: Venue, bens_browser: Client) -> None:
    burger = Product.objects.get(sku="BURGER")

    listed = page(bens_browser, "/admin/menus/product/?q=burg")
    shown = page(bens_browser, f"/admin/menus/product/{burger.pk}/change/")

    assert "£12.00" in listed
    assert "SALAD" not in listed
    for text in ("Le burger", "Beef &amp; bun", "milk, gluten", "Grill", "Doneness", "exactly 1", "0 to 2"):
        assert text in shown


def test_a_group_shows_its_choices_and_what_they_open(menu: Venue, bens_browser: Client) -> None:
    sauce = ModifierGroup.objects.get(key="sauce")

    shown = page(bens_browser, f"/admin/menus/modifiergroup/{sauce.pk}/change/")

    assert "Mayo" in shown
    assert "Amount" in shown


def test_markup_in_texts_from_the_pos_is_escaped(venue: Venue, bens_browser: Client) -> None:
    sync_snapshot(venue, snapshot(products=(product("P", name="<script>alert(1)</script>"),)))

    assert "<script>alert(1)" not in page(bens_browser, "/admin/menus/product/")


def test_lists_show_entries_on_the_menu_and_archived_ones_on_request(menu: Venue, bens_browser: Client) -> None:
    sync_snapshot(menu, snapshot(categories=(category("mains", "SALAD"),), products=(product("SALAD"),)))

    on_menu = page(bens_browser, "/admin/menus/product/")
    archive = page(bens_browser, "/admin/menus/product/?place=archive")
    both = page(bens_browser, "/admin/menus/product/?place=all")

    assert ("SALAD" in on_menu, "BURGER" in on_menu) == (True, False)
    assert ("SALAD" in archive, "BURGER" in archive) == (False, True)
    assert ("SALAD" in both, "BURGER" in both) == (True, True)


def test_products_are_filtered_by_the_venues_own_categories(menu: Venue, bens_browser: Client) -> None:
    grill = Category.objects.get(key="grill")

    shown = page(bens_browser, f"/admin/menus/product/?categories__id__exact={grill.pk}")

    assert "BURGER" in shown
    assert "SALAD" not in shown


@pytest.mark.parametrize("model", ["product", "category", "modifiergroup"])
def test_the_number_of_queries_does_not_grow_with_the_list(
    venue: Venue, anna: User, annas_browser: Client, model: str
) -> None:
    numbers = []
    for size in (2, 20):
        sync_snapshot(
            venue,
            snapshot(
                categories=tuple(category(f"c{n}", f"P{n}") for n in range(size)),
                products=tuple(product(f"P{n}", groups=(f"g{n}",)) for n in range(size)),
                groups=tuple(group(f"g{n}", modifier("A")) for n in range(size)),
            ),
        )
        with CaptureQueriesContext(database) as queries:
            page(annas_browser, f"/admin/menus/{model}/")
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


def test_the_number_of_queries_does_not_grow_with_a_groups_choices(venue: Venue, annas_browser: Client) -> None:
    numbers = []
    for size in (2, 2, 20):  # the first request fills Django's own caches
        sync_snapshot(
            venue,
            snapshot(
                products=(product("P", groups=("g",)),),
                groups=(
                    group("g", *(modifier(f"M{n}", groups=("h",)) for n in range(size))),
                    group("h", modifier("A")),
                ),
            ),
        )
        one = ModifierGroup.objects.get(key="g")
        with CaptureQueriesContext(database) as queries:
            page(annas_browser, f"/admin/menus/modifiergroup/{one.pk}/change/")
        numbers.append(len(queries))

    assert numbers[1] == numbers[2]


def test_a_manager_chooses_a_menu_and_queues_the_sync(
    connection: Connection, venue: Venue, annas_browser: Client
) -> None:
    answer_menu_list((271, "All day"), (272, "Brunch"))

    form = page(annas_browser, SYNC)
    answer = annas_browser.post(SYNC, {"menu": "272"})

    assert "All day" in form
    assert "Brunch" in form
    assert answer.status_code == 302
    run = SyncRun.objects.get()
    assert run.options == {"menu_id": "272", "force": False, "light": False, "preview": False}
    assert answer["Location"] == f"/admin/integrations/syncrun/{run.pk}/change/"
    assert annas_browser.get(answer["Location"]).status_code == 200


def test_opening_the_form_queues_nothing_and_an_unknown_menu_is_refused(
    connection: Connection, annas_browser: Client
) -> None:
    answer_menu_list((271, "All day"))

    page(annas_browser, SYNC)
    answer = annas_browser.post(SYNC, {"menu": "999"})

    assert answer.status_code == 200
    assert not SyncRun.objects.exists()


def test_without_a_connection_the_page_explains_and_queues_nothing(venue: Venue, annas_browser: Client) -> None:
    answer = annas_browser.post(SYNC)

    assert "not connected" in answer.content.decode()
    assert not SyncRun.objects.exists()


def test_a_location_without_a_menu_is_not_a_failure(connection: Connection, annas_browser: Client) -> None:
    answer_menu_list()

    assert "no menu in the POS yet" in page(annas_browser, SYNC)


def test_staff_who_are_not_managers_see_no_button_and_cannot_sync(
    connection: Connection, menu: Venue, bens_browser: Client
) -> None:
    assert SYNC not in page(bens_browser, "/admin/menus/menu/")
    assert bens_browser.post(SYNC).status_code == 403
    assert not SyncRun.objects.exists()


def test_another_venues_menu_cannot_be_synced(
    connection: Connection, menu: Venue, other_venue: Venue, zoes_browser: Client
) -> None:
    row = Menu.objects.get(venue=menu)

    assert zoes_browser.post(f"{SYNC}?venue=copper-pot").status_code == 404
    assert zoes_browser.get(f"/admin/menus/menu/{row.pk}/sync-this/").status_code in (403, 404)
    assert not SyncRun.objects.exists()


def test_managers_of_several_venues_choose_which_to_sync(
    venue: Venue, other_venue: Venue, anna: User, annas_browser: Client
) -> None:
    factories.MembershipFactory(venue=other_venue, user=anna, role=Membership.Role.MANAGER)

    shown = page(annas_browser, SYNC)

    assert "?venue=copper-pot" in shown
    assert "?venue=blue-door" in shown


def test_a_menus_page_shows_the_pos_menu_the_languages_and_the_last_sync(
    connection: Connection, menu: Venue, annas_browser: Client
) -> None:
    row = Menu.objects.get(venue=menu)
    SyncRun.objects.create(
        connection=connection,
        kind=SyncRun.Kind.MENU,
        state=SyncRun.State.SUCCEEDED,
        lease_until="2026-10-01T18:00:00Z",
        finished_at="2026-10-01T18:00:00Z",
    )

    shown = page(annas_browser, f"/admin/menus/menu/{row.pk}/change/")

    assert "Online menu (168)" in shown
    assert "en, fr" in shown
    assert "2026" in shown
    assert annas_browser.get(f"/admin/menus/menu/{row.pk}/sync-this/")["Location"] == f"{SYNC}?venue=copper-pot"
