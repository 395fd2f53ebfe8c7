"""Discount codes in the back office: managers add and change them, and used codes cannot be deleted."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import DiscountCode, Order
from storekit.models import Venue
from tests import factories

LIST = "/admin/orders/discountcode/"
ADD = f"{LIST}add/"


def page_of(code: DiscountCode) -> str:
    return f"{LIST}{code.pk}/change/"


def form_for(venue: Venue, **changes: Any) -> dict[str, Any]:
    return {"venue": venue.pk, "code": "WELCOME", "active": "on", "percent": "10", **changes}


def errors(browser: Client, form: dict[str, Any], page: str = ADD) -> dict[str, list[str]]:
    answer = browser.post(page, form)
    assert answer.status_code == 200
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def label(code: DiscountCode, name: str) -> str:
    page: Any = admin.site._registry[DiscountCode]
    text: str = getattr(page, name)(code)
    return text


def test_a_manager_adds_a_code(venue: Venue, annas_browser: Client) -> None:
    form = form_for(
        venue,
        code="  Summer24 ",
        percent="12.5",
        pos_id="D1",
        valid_from="2026-06-01",
        valid_until="2026-08-31",
        minimum_spend="20",
        usage_limit="100",
    )

    assert annas_browser.post(ADD, form).status_code == 302

    code = DiscountCode.objects.get()
    assert (code.venue, code.code, code.percent, code.amount, code.pos_id, code.active) == (
        venue,
        "Summer24",
        Decimal("12.50"),
        None,
        "D1",
        True,
    )
    assert (code.valid_from, code.valid_until) == (date(2026, 6, 1), date(2026, 8, 31))
    assert (code.minimum_spend, code.usage_limit, code.times_used) == (Decimal(20), 100, 0)


def test_a_manager_changes_a_code_and_switches_it_off(venue: Venue, annas_browser: Client) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="WELCOME", times_used=3)
    form = form_for(venue, percent="", amount="2.50")
    del form["active"]

    assert annas_browser.post(page_of(code), form).status_code == 302

    code.refresh_from_db()
    assert (code.percent, code.amount, code.active, code.times_used) == (None, Decimal("2.50"), False, 3)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"percent": ""}, "percent", "Enter a percentage or an amount."),
        ({"amount": "5"}, "amount", "Enter either a percentage or an amount, not both."),
        ({"percent": "0"}, "percent", "greater than or equal to 0.01"),
        ({"percent": "100.01"}, "percent", "less than or equal to 100"),
        ({"percent": "", "amount": "0"}, "amount", "Enter at least £0.01."),
        ({"percent": "ten"}, "percent", "Enter a number."),
        ({"code": "   "}, "code", "This field is required."),
        (
            {"valid_from": "2026-08-31", "valid_until": "2026-06-01"},
            "valid_until",
            "The last day must not be before the first day.",
        ),
        ({"minimum_spend": "-1"}, "minimum_spend", "Enter zero or more, or leave this empty."),
        ({"usage_limit": "0"}, "usage_limit", "Enter 1 or more, or leave this empty."),
        ({"usage_limit": "-1"}, "usage_limit", "greater than or equal to 0"),
    ],
)
def test_an_invalid_code_gets_a_clear_error(
    venue: Venue, annas_browser: Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    found = errors(annas_browser, form_for(venue, **changes))

    assert list(found) == [field]
    assert sentence in found[field][0]
    assert DiscountCode.objects.count() == 0


@pytest.mark.parametrize("typed", ["WELCOME", "welcome", " Welcome "])
def test_a_code_cannot_be_added_twice_in_capital_or_small_letters(
    venue: Venue, annas_browser: Client, typed: str
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="Welcome")

    found = errors(annas_browser, form_for(venue, code=typed))

    assert found == {"code": [f"The code {typed.strip()} already exists. Upper and lower case count as the same."]}


def test_a_code_cannot_be_changed_into_an_existing_one(venue: Venue, annas_browser: Client) -> None:
    factories.DiscountCodeFactory(venue=venue, code="Welcome")
    other = factories.DiscountCodeFactory(venue=venue, code="Summer")

    assert "code" in errors(annas_browser, form_for(venue, code="welcome"), page_of(other))
    assert annas_browser.post(page_of(other), form_for(venue, code="SUMMER")).status_code == 302


def test_two_venues_may_have_the_same_code(venue: Venue, other_venue: Venue, annas_browser: Client) -> None:
    factories.DiscountCodeFactory(venue=other_venue, code="WELCOME")

    assert annas_browser.post(ADD, form_for(venue)).status_code == 302


def test_a_code_cannot_be_added_to_another_venue(venue: Venue, other_venue: Venue, annas_browser: Client) -> None:
    assert "venue" in errors(annas_browser, form_for(other_venue))
    assert DiscountCode.objects.count() == 0


def test_staff_see_codes_but_cannot_change_them(venue: Venue, bens_browser: Client) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="WELCOME")

    assert bens_browser.get(ADD).status_code == 403
    assert bens_browser.post(page_of(code), form_for(venue, percent="99")).status_code == 403
    assert "WELCOME" in bens_browser.get(page_of(code)).content.decode()


def test_an_unused_code_may_be_deleted(venue: Venue, annas_browser: Client) -> None:
    code = factories.DiscountCodeFactory(venue=venue)
    assert annas_browser.get(page_of(code)).context["has_delete_permission"]

    assert annas_browser.post(f"{LIST}{code.pk}/delete/", {"post": "yes"}).status_code == 302
    assert DiscountCode.objects.count() == 0


@pytest.mark.parametrize("how", ["counted", "named by an order"])
def test_a_used_code_cannot_be_deleted_alone_or_with_others(venue: Venue, annas_browser: Client, how: str) -> None:
    code = factories.DiscountCodeFactory(venue=venue, times_used=how == "counted")
    if how != "counted":
        factories.OrderFactory(venue=venue, discount_used=code)

    assert annas_browser.post(f"{LIST}{code.pk}/delete/", {"post": "yes"}).status_code == 403
    annas_browser.post(LIST, {"action": "delete_selected", "_selected_action": [code.pk], "post": "yes"})
    assert DiscountCode.objects.count() == 1
    assert not annas_browser.get(page_of(code)).context["has_delete_permission"]


def test_an_order_keeps_its_code_when_the_code_is_renamed(venue: Venue, annas_browser: Client) -> None:
    code = factories.DiscountCodeFactory(venue=venue, code="WELCOME")
    order = factories.OrderFactory(venue=venue, discount_used=code, discount_code="welcome", discount=1)
    code.code = "OTHER"
    code.save()

    assert Order.objects.get(pk=order.pk).discount_code == "welcome"


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({}, "Active"),
        ({"active": False}, "Switched off"),
        ({"valid_until": date(2026, 7, 16)}, "Expired"),
        ({"valid_until": date(2026, 7, 17)}, "Active"),
        ({"valid_from": date(2026, 7, 18)}, "Upcoming"),
        ({"usage_limit": 5, "times_used": 5}, "Used up"),
        ({"usage_limit": 5, "times_used": 4}, "Active"),
    ],
)
def test_the_list_shows_the_state_of_a_code_by_the_venues_service_day(
    venue: Venue, annas_browser: Client, columns: dict[str, Any], state: str
) -> None:
    code = factories.DiscountCodeFactory(venue=venue, **columns)

    with time_machine.travel(datetime(2026, 7, 18, 3, 59, tzinfo=UTC), tick=False):  # 04:59 on the 18th in London
        assert label(code, "state") == state
        assert state in annas_browser.get(LIST).content.decode()
    with time_machine.travel(datetime(2026, 7, 17, 4, 0, tzinfo=UTC), tick=False):  # 05:00 on the 17th in London
        assert label(code, "state") == state


def test_the_list_shows_the_discount_and_the_uses_of_a_code(venue: Venue, annas_browser: Client) -> None:
    factories.DiscountCodeFactory(venue=venue, code="TENTH", percent=Decimal("10.00"), times_used=7)
    factories.DiscountCodeFactory(venue=venue, code="FIVER", amount=Decimal("5.00"), times_used=3, usage_limit=9)

    text = annas_browser.get(LIST).content.decode()

    for words in ("10 %", "£5.00", "7", "3 of 9"):
        assert words in text


@pytest.mark.parametrize(("running", "codes"), [("yes", ["ON"]), ("no", ["OFF"]), ("", ["OFF", "ON"])])
def test_codes_are_filtered_by_whether_they_are_switched_on(
    venue: Venue, annas_browser: Client, running: str, codes: list[str]
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="ON")
    factories.DiscountCodeFactory(venue=venue, code="OFF", active=False)

    found = annas_browser.get(LIST, {"running": running} if running else {}).context["cl"].result_list

    assert [code.code for code in found] == codes


def test_the_lists_number_of_queries_does_not_grow_with_the_codes(venue: Venue, annas_browser: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            annas_browser.get(LIST)
        return len(captured)

    factories.DiscountCodeFactory(venue=venue)
    queries()
    few = queries()
    factories.DiscountCodeFactory.create_batch(10, venue=venue)
    assert queries() == few
