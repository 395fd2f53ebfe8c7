"""Ordering rules in the back office: order types, notice, booking window and opening hours."""

from datetime import time
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import OrderingHours, OrderingRules
from storekit.models import User, Venue
from tests import factories

LIST = "/admin/orders/orderingrules/"
ADD = f"{LIST}add/"


def page_of(rules: OrderingRules) -> str:
    return f"{LIST}{rules.pk}/change/"


def form_for(venue: Venue, *hours: tuple[int, str, str], rules: OrderingRules | None = None, **changes: Any) -> Any:
    form: dict[str, Any] = {
        "venue": venue.pk,
        "pickup": "on",
        "delivery": "on",
        "notice_minutes": "30",
        "furthest_ahead_days": "7",
        "hours-TOTAL_FORMS": len(hours),
        "hours-INITIAL_FORMS": 0,
    }
    for number, (weekday, opens, closes) in enumerate(hours):
        form |= {
            f"hours-{number}-weekday": weekday,
            f"hours-{number}-opens": opens,
            f"hours-{number}-closes": closes,
            f"hours-{number}-rules": rules.pk if rules else "",
        }
    return form | changes


def hours_of(venue: Venue) -> list[tuple[int, time, time]]:
    return list(OrderingHours.objects.filter(rules__venue=venue).values_list("weekday", "opens", "closes"))


@pytest.fixture
def rules(venue: Venue) -> OrderingRules:
    return OrderingRules.objects.create(venue=venue)


def test_a_manager_adds_rules(venue: Venue, annas_browser: Client) -> None:
    form = form_for(venue, (4, "18:00", "02:00"), (5, "12:00", "15:00"), (5, "18:00", "23:30"))

    assert annas_browser.post(ADD, form).status_code == 302

    made = OrderingRules.objects.get()
    assert (made.venue, made.pickup, made.delivery, made.dine_in) == (venue, True, True, False)
    assert (made.notice_minutes, made.furthest_ahead_days) == (30, 7)
    assert hours_of(venue) == [(4, time(18), time(2)), (5, time(12), time(15)), (5, time(18), time(23, 30))]


def test_a_manager_changes_rules_and_removes_hours(venue: Venue, rules: OrderingRules, annas_browser: Client) -> None:
    gone = OrderingHours.objects.create(rules=rules, weekday=0, opens=time(9), closes=time(17))
    form = form_for(venue, (0, "09:00", "17:00"), (1, "10:00", "18:00"), rules=rules)
    form |= {"hours-INITIAL_FORMS": 1, "hours-0-id": gone.pk, "hours-0-DELETE": "on"}

    assert annas_browser.post(page_of(rules), form).status_code == 302

    rules.refresh_from_db()
    assert (rules.dine_in, rules.notice_minutes) == (False, 30)
    assert hours_of(venue) == [(1, time(10), time(18))]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"furthest_ahead_days": "366"}, "furthest_ahead_days", "less than or equal to 365"),
        ({"notice_minutes": "-5"}, "notice_minutes", "greater than or equal to 0"),
        ({"notice_minutes": "soon"}, "notice_minutes", "Enter a whole number."),
        (
            {"notice_minutes": "2880", "furthest_ahead_days": "1"},
            "notice_minutes",
            "Must be shorter than the booking window.",
        ),
        (
            {"notice_minutes": "1440", "furthest_ahead_days": "0"},
            "notice_minutes",
            "Must be shorter than the booking window.",
        ),
    ],
)
def test_invalid_rules_get_a_clear_error(
    venue: Venue, annas_browser: Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = annas_browser.post(ADD, form_for(venue, **changes))

    found = answer.context["adminform"].form.errors
    assert list(found) == [field]
    assert sentence in found[field][0]
    assert OrderingRules.objects.count() == 0


def test_a_days_notice_leaves_time_tomorrow(venue: Venue, annas_browser: Client) -> None:
    answer = annas_browser.post(ADD, form_for(venue, notice_minutes="1440", furthest_ahead_days="1"))
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ([(4, "6pm", "23:00")], "Enter a valid time."),
        ([(7, "18:00", "23:00")], "Select a valid choice."),
        ([(4, "18:00", "")], "This field is required."),
        ([(4, "18:00", "23:00"), (4, "18:00", "22:00")], "Two entries start at the same time on the same day."),
    ],
)
def test_invalid_hours_get_a_clear_error(
    venue: Venue, annas_browser: Client, hours: list[tuple[int, str, str]], sentence: str
) -> None:
    answer = annas_browser.post(ADD, form_for(venue, *hours))

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert OrderingRules.objects.count() == 0


def test_a_venue_cannot_have_two_sets_of_rules(venue: Venue, rules: OrderingRules, annas_browser: Client) -> None:
    answer = annas_browser.post(ADD, form_for(venue))

    assert answer.context["adminform"].form.errors["venue"] == ["This venue already has rules. Change those instead."]
    assert OrderingRules.objects.count() == 1


def test_rules_cannot_be_added_to_another_venue(venue: Venue, other_venue: Venue, annas_browser: Client) -> None:
    assert "venue" in annas_browser.post(ADD, form_for(other_venue)).context["adminform"].form.errors
    assert OrderingRules.objects.count() == 0


def test_hours_cannot_be_added_to_another_venues_rules(
    venue: Venue, rules: OrderingRules, other_venue: Venue, annas_browser: Client
) -> None:
    theirs = OrderingRules.objects.create(venue=other_venue)
    hours = OrderingHours.objects.create(rules=theirs, weekday=0, opens=time(9), closes=time(17))
    form = form_for(venue, (1, "10:00", "18:00"), rules=theirs)

    annas_browser.post(page_of(rules), form)
    annas_browser.post(page_of(rules), form | {"hours-INITIAL_FORMS": 1, "hours-0-id": hours.pk})

    assert hours_of(other_venue) == [(0, time(9), time(17))]


def test_staff_see_rules_but_cannot_change_them(venue: Venue, rules: OrderingRules, bens_browser: Client) -> None:
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(2))

    assert bens_browser.get(ADD).status_code == 403
    assert bens_browser.post(page_of(rules), form_for(venue)).status_code == 403
    assert "Friday" in bens_browser.get(page_of(rules)).content.decode()


def test_deleting_the_rules_deletes_their_hours(venue: Venue, rules: OrderingRules, annas_browser: Client) -> None:
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(2))

    assert annas_browser.post(f"{LIST}{rules.pk}/delete/", {"post": "yes"}).status_code == 302
    assert OrderingRules.objects.count() == OrderingHours.objects.count() == 0


def test_the_list_shows_the_rules_of_each_venue(venue: Venue, rules: OrderingRules, annas_browser: Client) -> None:
    text = annas_browser.get(LIST).content.decode()
    for words in ("pickup, delivery, dine-in", "365 days", "all times"):
        assert words in text

    OrderingRules.objects.update(delivery=False, dine_in=False, notice_minutes=45, furthest_ahead_days=1)
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(2))
    text = annas_browser.get(LIST).content.decode()
    for words in ("pickup", "45 minutes", "1 day", "Fri 18:00–02:00<"):
        assert words in text

    for weekday in range(4):
        OrderingHours.objects.create(rules=rules, weekday=weekday, opens=time(12), closes=time(15))
    assert "Wed 12:00–15:00, and 2 more" in annas_browser.get(LIST).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(
    venue: Venue, rules: OrderingRules, anna: User, annas_browser: Client
) -> None:
    def queries(page: str) -> int:
        with CaptureQueriesContext(database) as captured:
            assert annas_browser.get(page).status_code == 200
        return len(captured)

    for page in (LIST, page_of(rules)):
        queries(page)
    few = [queries(page) for page in (LIST, page_of(rules))]
    for number in range(6):
        OrderingHours.objects.create(rules=rules, weekday=number, opens=time(9), closes=time(17))
        another = factories.VenueFactory()
        factories.MembershipFactory(venue=another, user=anna)
        OrderingRules.objects.create(venue=another)
    assert queries(page_of(rules)) == few[1]
    assert queries(LIST) - few[0] <= 1  # with several venues there is a filter for them
