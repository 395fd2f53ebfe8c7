"""Ben snoozes items that have run out from his phone; Anna reads the report in the office."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from integrations.models import Connection
from menus.models import Menu, Product, StockWatch
from menus.snoozes.service import HowLong, snooze, snooze_until_tomorrow
from menus.stock.levels import apply_item_update
from storekit.models import User, Venue
from tests import factories
from tests.browser.conftest import Visit
from tests.menus.snapshots import sync_snapshot
from tests.menus.stocked import restricted, stocked_menu

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def menu(venue: Venue) -> Venue:
    sync_snapshot(venue, stocked_menu())
    return venue


def test_snoozing_two_products_and_waking_one(visit: Visit, ben: User, menu: Venue) -> None:
    apply_item_update(menu, restricted("MEAL", 4, datetime.now(UTC)))
    visit.log_in(ben)
    visit.open("/admin/menus/product/")
    visit.page.locator("input[name=_selected_action]").nth(0).check()
    visit.page.locator("input[name=_selected_action]").nth(2).check()
    visit.page.locator("select[name=action]").select_option("snooze_chosen")
    visit.page.locator("button[name=index], #changelist-actions button[type=submit]").first.click()
    visit.page.get_by_label("Until tomorrow, 8 am").check()
    visit.assert_in_order("#main")
    visit.screenshot("snooze")

    visit.page.get_by_label("Reason").fill("Oven broken")
    visit.page.get_by_role("button", name="Snooze", exact=True).click()
    expect(visit.page.get_by_text("2 items snoozed.")).to_be_visible()
    visit.screenshot("products")

    salad = Product.objects.get(sku="SALAD")
    visit.open(f"/admin/menus/product/{salad.pk}/change/")
    visit.screenshot("product-asleep")
    visit.open(f"/admin/menus/product/{salad.pk}/wake/")
    visit.assert_in_order("#main")
    visit.screenshot("wake")
    visit.page.get_by_role("button", name="End snooze").click()
    expect(visit.page.get_by_text("Snooze ended.")).to_be_visible()


def test_the_report_shows_totals_and_charts(visit: Visit, anna: User, menu: Venue) -> None:
    now = datetime.now(UTC)
    for number in range(14):
        began = now - timedelta(days=number, hours=number % 5)
        names = ("Burger", "Salad", "Truffle mac & cheese with a long name")
        columns = {"sku": f"SKU{number % 3}", "name": names[number % 3], "reason": "Oven broken"}
        factories.SnoozeFactory(
            venue=menu, starts_at=began, ended_at=began + timedelta(hours=2), ended_by="Ben", **columns
        )
    snooze(venue=menu, skus=["BURGER"], how_long=HowLong.FURTHER_NOTICE, by="Ben", reason="No buns")
    snooze_until_tomorrow(venue=menu, skus=["SALAD"], order="1007", reason="Could not add item Salad (restricted)")
    apply_item_update(menu, restricted("MAYO", None, now))

    visit.log_in(anna)
    visit.open("/admin/menus/snooze/")
    visit.assert_in_order(".sk")
    visit.screenshot("snoozes")

    visit.page.get_by_label("Source").select_option("lightspeed")
    visit.page.get_by_role("button", name="Show").click()
    expect(visit.page.locator(".sk-counts dd").first).to_have_text("2")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.startswith("snoozes-")


def test_stock_on_the_products_page_and_the_comparison(visit: Visit, anna: User, menu: Venue) -> None:
    connection = factories.ConnectionFactory(venue=menu)
    Connection.objects.update(
        pos_ready=False,
        not_ready_reason="The till is closed.",
        readiness_at=datetime.now(UTC),
        webhook_checked_at=datetime.now(UTC),
        webhook_found="It does not include this location.",
    )
    lines = ["BURGER: not restricted (before: 0 left)", "SALAD: 3 left (before: not restricted)"]
    StockWatch.objects.create(
        venue=menu, compared_at=datetime.now(UTC), items=6, differences=lines, differed_at=datetime.now(UTC)
    )
    visit.log_in(anna)
    visit.open("/admin/")
    visit.assert_in_order("#tonight")
    visit.screenshot("tonight-not-ready")

    visit.open(f"/admin/integrations/connection/{connection.pk}/change/")
    visit.screenshot("connection")
    visit.open(f"/admin/menus/menu/{Menu.objects.get().pk}/change/")
    visit.screenshot("menu-compared")
    visit.open(f"/admin/menus/menu/{Menu.objects.get().pk}/stock/")
    visit.assert_in_order("#main")
    visit.screenshot("menu-compare")
