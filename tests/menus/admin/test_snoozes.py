"""Snoozing, waking and the snooze report in the admin."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from menus.models import Menu, Modifier, ModifierGroup, Product, Snooze, StockWatch
from menus.snoozes.service import HowLong, snooze, snooze_until_tomorrow
from menus.stock.levels import apply_item_update
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import group, modifier, product, snapshot, sync_snapshot
from tests.menus.stocked import orderable, restricted, stocked_menu

REPORT = "/admin/menus/snooze/"
PRODUCTS = "/admin/menus/product/"


@pytest.fixture
def menu(venue: Venue) -> Venue:
    cache.clear()
    sync_snapshot(venue, stocked_menu())
    return venue


def page(browser: Client, path: str, **query: Any) -> str:
    answer = browser.get(path, query)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def chosen(*rows: Any, action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [row.pk for row in rows], **more}


# --- Snoozing --------------------------------------------------------------------------------------------------------


def test_staff_snooze_several_products_with_a_length_and_a_reason(menu: Venue, bens_browser: Client) -> None:
    rows = list(Product.objects.filter(sku__in=["SALAD", "BURGER"]))

    asked = bens_browser.post(PRODUCTS, chosen(*rows, action="snooze_chosen")).content.decode()
    assert "Until tomorrow, 8 am" in asked
    assert "Salad (SALAD)" in asked
    assert not Snooze.objects.exists()

    sent = chosen(*rows, action="snooze_chosen", how_long="further_notice", reason="Oven broken")
    answer = bens_browser.post(PRODUCTS, sent, follow=True)

    assert "2 items snoozed." in answer.content.decode()
    assert set(Snooze.objects.values_list("sku", "by", "reason", "until")) == {
        ("SALAD", "Ben", "Oven broken", None),
        ("BURGER", "Ben", "Oven broken", None),
    }
    assert orderable(menu) == {"BURGER": False, "SALAD": False, "MEAL": False}


def test_one_product_is_snoozed_and_woken_from_its_page(menu: Venue, bens_browser: Client) -> None:
    salad = Product.objects.get(sku="SALAD")
    its_page = f"{PRODUCTS}{salad.pk}/"

    assert "Snooze: Salad" in page(bens_browser, f"{its_page}snooze/")
    bens_browser.post(f"{its_page}snooze/", {"how_long": "hour"})
    assert "Snoozed until" in page(bens_browser, f"{its_page}change/")
    assert "Snoozed until" in page(bens_browser, PRODUCTS)

    assert "End snooze: Salad" in page(bens_browser, f"{its_page}wake/")
    assert orderable(menu)["SALAD"] is False
    bens_browser.post(f"{its_page}wake/")
    assert orderable(menu)["SALAD"] is True
    assert Snooze.objects.get().ended_by == "Ben"
    assert "On sale" in page(bens_browser, f"{its_page}change/")


def test_the_products_page_shows_the_stock_that_the_pos_reports(menu: Venue, bens_browser: Client) -> None:
    salad = Product.objects.get(sku="SALAD")
    for second, left, words in ((0, 4, "4 left"), (1, None, "Sold out on the till")):
        apply_item_update(menu, restricted("SALAD", left, datetime(2026, 10, 1, 12, 0, second, tzinfo=UTC)))
        assert words in page(bens_browser, f"{PRODUCTS}{salad.pk}/change/")


def test_a_choice_can_be_snoozed_but_not_an_instruction_without_a_sku(menu: Venue, bens_browser: Client) -> None:
    mayo = Modifier.objects.get(sku="MAYO")
    rare = factories.ModifierFactory(group=ModifierGroup.objects.get(key="sauces"), key="rare", sku="")

    assert "Mayo" in page(bens_browser, "/admin/menus/modifier/")
    bens_browser.post(f"/admin/menus/modifier/{mayo.pk}/snooze/", {"how_long": "tomorrow"})
    assert Modifier.objects.get(sku="MAYO").snoozed_until is not None
    assert bens_browser.get(f"/admin/menus/modifier/{rare.pk}/snooze/").status_code == 403
    sent = chosen(rare, action="snooze_chosen", how_long="hour")
    answer = bens_browser.post("/admin/menus/modifier/", sent, follow=True).content.decode()
    assert "Only items with a SKU" in answer


def test_a_form_without_a_valid_length_is_shown_again(menu: Venue, bens_browser: Client) -> None:
    salad = Product.objects.get(sku="SALAD")
    for how_long in ("", "for ever"):
        answer = bens_browser.post(f"{PRODUCTS}{salad.pk}/snooze/", {"how_long": how_long})
        assert answer.status_code == 200
    assert not Snooze.objects.exists()


def test_waking_several_items_and_waking_them_again(menu: Venue, bens_browser: Client) -> None:
    snooze(venue=menu, skus=["SALAD", "BURGER"], how_long=HowLong.HOUR)
    rows = list(Product.objects.all())

    messages = [
        bens_browser.post(PRODUCTS, chosen(*rows, action="wake_chosen"), follow=True).content.decode() for _ in range(2)
    ]

    assert "Snooze ended." in messages[0]
    assert "None of these items was snoozed." in messages[1]
    assert all(orderable(menu).values())


def test_staff_cannot_snooze_another_venues_items(menu: Venue, zoes_browser: Client) -> None:
    salad, mayo = Product.objects.get(sku="SALAD"), Modifier.objects.get(sku="MAYO")
    sync_snapshot(Venue.objects.get(slug="blue-door"), stocked_menu())

    zoes_browser.post(PRODUCTS, chosen(salad, action="snooze_chosen", how_long="hour"))
    for path in (f"{PRODUCTS}{salad.pk}", f"/admin/menus/modifier/{mayo.pk}"):
        assert zoes_browser.post(f"{path}/snooze/", {"how_long": "hour"}).status_code in {403, 404}

    assert not Snooze.objects.exists()


@pytest.mark.parametrize("model", ["product", "modifier"])
def test_the_number_of_queries_does_not_grow_with_the_list(venue: Venue, bens_browser: Client, model: str) -> None:
    numbers = []
    for size in (2, 2, 20):
        skus = [f"P{n}" for n in range(size)]
        choices = group("g", *(modifier(f"M{n}") for n in range(size)))
        sync_snapshot(venue, snapshot(products=tuple(product(sku, groups=("g",)) for sku in skus), groups=(choices,)))
        snooze(venue=venue, skus=[*skus, *(f"M{n}" for n in range(size))], how_long=HowLong.HOUR)
        with CaptureQueriesContext(database) as queries:
            page(bens_browser, f"/admin/menus/{model}/")
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]


# --- The report ------------------------------------------------------------------------------------------------------


def make_snooze(venue: Venue, sku: str = "SALAD", **columns: Any) -> Snooze:
    made: Snooze = factories.SnoozeFactory(venue=venue, sku=sku, name=columns.pop("name", sku.title()), **columns)
    return made


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


def test_the_report_lists_every_snooze_with_who_why_and_until_when(menu: Venue, bens_browser: Client) -> None:
    snooze(venue=menu, skus=["BURGER"], how_long=HowLong.FURTHER_NOTICE, by="Anna", reason="Oven broken")
    snooze_until_tomorrow(venue=menu, skus=["SALAD"], order="1007", reason="Could not add item Salad (restricted)")
    apply_item_update(menu, restricted("MAYO", None, datetime.now(UTC)))

    text = page(bens_browser, REPORT)

    for words in (
        "Burger (BURGER)", "Staff: Anna", "Oven broken", "Further notice",
        "Lightspeed: An order failed", "Order 1007: Could not add item Salad (restricted)",
        "Mayo (MAYO)", "Lightspeed: Sold out on the till", "Back in stock",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"A", "B", "C", "D"}),
        ({"first": "2026-06-02"}, {"B", "C", "D"}),
        ({"last": "2026-06-02"}, {"A", "B"}),
        ({"first": "2026-06-02", "last": "2026-06-02"}, {"B"}),
        ({"first": "2026-06-03", "last": "2026-06-02"}, set()),
        ({"source": "lightspeed"}, {"B", "D"}),
        ({"source": "cause:till"}, {"D"}),
        ({"item": "C"}, {"C"}),
        ({"source": "lightspeed", "last": "2026-06-03"}, {"B"}),
        ({"first": "yesterday", "source": "nonsense", "item": "?"}, {"A", "B", "C", "D"}),
    ],
)
def test_list_and_export_are_filtered_by_date_source_and_item(
    venue: Venue, bens_browser: Client, query: dict[str, str], shown: set[str]
) -> None:
    # London is an hour ahead of UTC in June: a snooze that starts at 23:30 UTC belongs to the next day.
    make_snooze(venue, "A", starts_at=at(1, 22, 30))
    make_snooze(venue, "B", starts_at=at(1, 23, 30), source="lightspeed", cause="order_failure")
    make_snooze(venue, "C", starts_at=at(3, 12))
    make_snooze(venue, "D", starts_at=at(4, 12), source="lightspeed", cause="till")

    context = context_of(bens_browser.get(REPORT, query))
    exported = bens_browser.get(f"{REPORT}export/", query)

    assert {row.sku for row in context["cl"].result_list} == shown
    assert {row["sku"] for row in rows_of(exported)} == shown


def context_of(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.context_data
    return found


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_totals_cover_the_rows_shown(venue: Venue, bens_browser: Client) -> None:
    make_snooze(venue, "A", name="Pie", starts_at=at(1, 18), ended_at=at(1, 20))
    make_snooze(venue, "A", name="Pie", starts_at=at(2, 18, 30), ended_at=at(2, 19))
    make_snooze(venue, "B", name="Soup", starts_at=at(2, 11), ended_at=at(2, 11, 45))

    context = context_of(bens_browser.get(REPORT))
    totals = context["totals"]

    assert (totals.events, totals.now, context["asleep"]) == (3, 0, "3 h 15 min")
    assert [(one.name, one.events, one.asleep) for one in totals.by_item] == [
        ("Pie", 2, timedelta(hours=2, minutes=30)),
        ("Soup", 1, timedelta(minutes=45)),
    ]
    assert {hour: number for hour, number in enumerate(totals.by_hour) if number} == {12: 1, 19: 2}
    of_soup = context_of(bens_browser.get(REPORT, {"item": "B"}))["totals"]
    assert of_soup.events == 1


def test_the_export_has_every_row_in_venue_time_and_escapes_formulas(venue: Venue, bens_browser: Client) -> None:
    for number in range(120):
        make_snooze(venue, f"P{number:03}", starts_at=at(1, 12))
    name = '=HYPERLINK("http://evil.example")'
    make_snooze(
        venue, "EVIL", name=name, by="+1", reason="@SUM(A1)", starts_at=at(2, 12), ended_at=at(2, 13), ended_by="-2"
    )

    answer = bens_browser.get(f"{REPORT}export/")
    rows = rows_of(answer)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert len(rows) == 121
    evil = rows[0]
    assert evil["item"] == f"'{name}"
    assert (evil["who"], evil["reason"], evil["ended by"]) == ("'+1", "'@SUM(A1)", "'-2")
    assert (evil["from"], evil["until"], evil["minutes"]) == ("2026-06-02 13:00:00+01:00", "", "60")


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "  =1+1",
        "\u00a0\u3000=1+1",
        "\tPie",
        "\t =1+1",
        "\u200b=1+1",
        "\ufeff+1",
        "＝1+1",  # noqa: RUF001 - full width on purpose
        " ＋1",  # noqa: RUF001 - as above
        "－1",  # noqa: RUF001 - as above
        "＠SUM(A1)",  # noqa: RUF001 - as above
        "﹦1+1",
        "=\u03381+1",
        "\u2800\u3164=1+1",
    ],
)
def test_a_name_that_a_spreadsheet_may_read_as_a_formula_is_quoted(
    venue: Venue, bens_browser: Client, name: str
) -> None:
    make_snooze(venue, "EVIL", name=name, reason=f"{name} it is", starts_at=at(2, 12))

    (row,) = rows_of(bens_browser.get(f"{REPORT}export/"))

    assert (row["item"], row["reason"]) == (f"'{name}", f"'{name} it is")


@pytest.mark.parametrize("name", ["Pie = cake", "½ pie", "  Pie", "Käse-Pizza", "’s Pie", "（Pie）"])  # noqa: RUF001
def test_other_names_are_exported_as_they_are(venue: Venue, bens_browser: Client, name: str) -> None:
    make_snooze(venue, "PIE", name=name, starts_at=at(2, 12))

    assert rows_of(bens_browser.get(f"{REPORT}export/"))[0]["item"] == name


def test_report_and_export_show_only_the_users_venues(venue: Venue, other_venue: Venue, zoes_browser: Client) -> None:
    make_snooze(venue, "SECRET", name="Secret pie", by="Anna")
    make_snooze(other_venue, "OWN", name="Own soup")

    text = page(zoes_browser, REPORT)
    filtered = page(zoes_browser, REPORT, venue="copper-pot", item="SECRET")
    exported = rows_of(zoes_browser.get(f"{REPORT}export/", {"venue": "copper-pot"}))

    assert "Own soup" in text
    assert "Secret pie" not in text + filtered
    assert [row["item"] for row in exported] == ["Own soup"]
    assert context_of(zoes_browser.get(REPORT))["totals"].events == 1


def test_staff_of_two_venues_filter_by_venue(venue: Venue, other_venue: Venue, zoe: Any, zoes_browser: Client) -> None:
    factories.MembershipFactory(venue=venue, user=zoe, role="staff")
    make_snooze(venue, "A", name="Pie", starts_at=at(1, 12))
    make_snooze(other_venue, "B", name="Soup", starts_at=at(1, 12))

    found = context_of(zoes_browser.get(REPORT, {"venue": "copper-pot"}))["cl"].result_list
    assert [row.sku for row in found] == ["A"]


def test_an_active_snooze_can_be_woken_from_the_report_and_an_ended_one_not(menu: Venue, bens_browser: Client) -> None:
    (row,) = snooze(venue=menu, skus=["SALAD"], how_long=HowLong.FURTHER_NOTICE)
    its_page = f"{REPORT}{row.pk}/"

    assert f"{its_page}wake/" in page(bens_browser, f"{its_page}change/")
    assert "End snooze: Salad" in page(bens_browser, f"{its_page}wake/")
    bens_browser.post(f"{its_page}wake/")

    assert orderable(menu)["SALAD"] is True
    assert bens_browser.post(f"{its_page}wake/").status_code == 403
    assert f"{its_page}wake/" not in page(bens_browser, f"{its_page}change/")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    ("days", "events"),
    [
        ({"first": "0001-01-01"}, 1),
        ({"last": "0001-01-01"}, 0),
        ({"first": "9999-12-31"}, 0),
        ({"last": "9999-12-31"}, 1),
    ],
)
def test_the_first_and_last_representable_days_can_be_filtered_by(
    venue: Venue, bens_browser: Client, zone: str, days: dict[str, str], events: int
) -> None:
    Venue.objects.update(timezone=zone)
    make_snooze(venue, "A", starts_at=at(1, 12))

    assert context_of(bens_browser.get(REPORT, days))["totals"].events == events
    assert len(rows_of(bens_browser.get(f"{REPORT}export/", days))) == events


def test_an_export_with_an_unknown_parameter_redirects_to_the_report(venue: Venue, bens_browser: Client) -> None:
    assert bens_browser.get(f"{REPORT}export/?nonsense=1").status_code == 302


def test_the_number_of_queries_does_not_grow_with_the_report(venue: Venue, bens_browser: Client) -> None:
    numbers = []
    for size in (1, 2, 40):
        for number in range(size):
            make_snooze(venue, f"S{size}-{number}", starts_at=at(1, number % 24))
        with CaptureQueriesContext(database) as queries:
            page(bens_browser, REPORT)
        numbers.append(len(queries))
    assert numbers[1] == numbers[2]


# --- Comparing with the till -----------------------------------------------------------------------------------------


def test_the_button_asks_for_confirmation_and_then_requests_a_comparison(menu: Venue, bens_browser: Client) -> None:
    row = Menu.objects.get(venue=menu)
    its_page = f"/admin/menus/menu/{row.pk}/"

    assert "Compare stock" in page(bens_browser, f"{its_page}stock/")
    assert not StockWatch.objects.exists()
    bens_browser.post(f"{its_page}stock/")

    assert StockWatch.objects.get().due_at is not None
    assert "A comparison is in progress." in page(bens_browser, f"{its_page}change/")
    assert OrmQ.objects.count() == 0, "queued when the transaction commits"


def test_staff_cannot_compare_another_venues_stock(menu: Venue, zoes_browser: Client) -> None:
    row = Menu.objects.get(venue=menu)
    assert zoes_browser.post(f"/admin/menus/menu/{row.pk}/stock/").status_code in {403, 404}
    assert not StockWatch.objects.exists()
