"""Ordering rules of a venue: order types, notice, booking window, and opening hours in its own time zone."""

import itertools
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from orders.checkout.rules import Rules, rule_problems
from orders.checkout.venue_settings import ordering_settings_of
from orders.models import Order, OrderingHours, OrderingRules
from storekit.local_time.opening_hours import OpeningHours
from storekit.models import Venue
from tests import factories

LONDON = ZoneInfo("Europe/London")
FRIDAY_NOON = datetime(2026, 7, 3, 12, 0, tzinfo=LONDON)
LUNCH, DINNER = OpeningHours(4, time(12), time(15)), OpeningHours(4, time(18), time(2))
HOURS = Rules(hours=(LUNCH, DINNER))


def problem_codes(
    rules: Rules, scheduled_for: datetime | None, *, now: datetime = FRIDAY_NOON, zone: ZoneInfo = LONDON
) -> list[str]:
    found = rule_problems(rules=rules, type=Order.Type.PICKUP, scheduled_for=scheduled_for, now=now, zone=zone)
    return [problem.code for problem in found]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 7, day, hour, minute, tzinfo=LONDON)


def test_a_venue_without_rules_allows_everything() -> None:
    assert problem_codes(Rules(), None) == []
    assert problem_codes(Rules(), FRIDAY_NOON + timedelta(minutes=1)) == []
    assert problem_codes(Rules(), FRIDAY_NOON + timedelta(days=365)) == []


def test_a_type_that_is_switched_off_is_not_accepted() -> None:
    rules = Rules(types=frozenset({Order.Type.PICKUP}))
    (problem,) = rule_problems(rules=rules, type=Order.Type.DELIVERY, scheduled_for=None, now=FRIDAY_NOON, zone=LONDON)
    assert (problem.code, problem.attr) == ("not_accepted", "type")
    assert problem_codes(rules, None) == []


@pytest.mark.parametrize(
    "scheduled_for", [FRIDAY_NOON, FRIDAY_NOON - timedelta(days=700), datetime(1, 1, 1, tzinfo=UTC)]
)
def test_a_time_that_has_passed_is_refused(scheduled_for: datetime) -> None:
    assert problem_codes(HOURS, scheduled_for) == ["in_the_past"]


@pytest.mark.parametrize(
    ("days", "scheduled_for", "codes"),
    [
        (0, at(3, 23, 59), []),
        (0, at(4, 0), ["too_far_ahead"]),
        (1, at(4, 23, 59), []),
        (1, at(5, 0), ["too_far_ahead"]),
        (365, datetime(2027, 7, 3, 23, 59, tzinfo=LONDON), []),
        (365, datetime(2027, 7, 4, 0, 0, tzinfo=LONDON), ["too_far_ahead"]),
        (365, datetime.max.replace(tzinfo=UTC), ["too_far_ahead"]),
    ],
)
def test_days_ahead_are_calendar_days(days: int, scheduled_for: datetime, codes: list[str]) -> None:
    assert problem_codes(Rules(furthest_ahead_days=days), scheduled_for) == codes


def test_hours_after_midnight_belong_to_the_day_they_began_on() -> None:
    assert problem_codes(Rules(furthest_ahead_days=0, hours=(DINNER,)), at(4, 1, 30)) == []


def test_an_order_for_later_needs_the_venues_notice_and_one_for_now_does_not() -> None:
    rules = Rules(notice=timedelta(minutes=45))
    assert problem_codes(rules, at(3, 12, 44)) == ["too_short_notice"]
    assert problem_codes(rules, at(3, 12, 45)) == []
    assert problem_codes(rules, None) == []


@pytest.mark.parametrize(
    ("scheduled_for", "is_open"),
    [
        (at(3, 12, 1), True),
        (at(3, 14, 59), True),
        (at(3, 15), False),
        (at(3, 17, 59), False),
        (at(3, 18), True),
        (at(3, 23, 59), True),
        (at(4, 0), True),
        (at(4, 1, 59), True),
        (at(4, 2), False),
        (at(4, 12, 30), False),
        (at(9, 18, 30), False),
        (at(10, 12), True),
    ],
)
def test_hours_begin_and_end_by_the_minute_and_may_last_past_midnight(scheduled_for: datetime, is_open: bool) -> None:
    assert problem_codes(HOURS, scheduled_for) == ([] if is_open else ["outside_hours"])


def test_hours_that_close_when_they_open_last_a_day() -> None:
    rules = Rules(hours=(OpeningHours(4, time(10), time(10)),))
    moments = (at(10, 9, 59), at(10, 10), at(11, 9, 59), at(11, 10))
    assert [problem_codes(rules, moment) for moment in moments] == [["outside_hours"], [], [], ["outside_hours"]]


def test_hours_are_in_the_venues_time_zone() -> None:
    half_past_twelve_in_utc = datetime(2026, 7, 10, 11, 30, tzinfo=UTC)
    assert problem_codes(HOURS, half_past_twelve_in_utc) == []
    assert problem_codes(HOURS, half_past_twelve_in_utc, zone=ZoneInfo("America/New_York")) == ["outside_hours"]


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        # The clocks go forward at 01:00 UTC on Sunday 29 March 2026, from 01:00 to 02:00.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), False),
        # They go back at 01:00 UTC on Sunday 25 October 2026: the hour from 01:00 to 02:00 comes twice.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), False),
    ],
)
def test_the_night_in_which_the_clocks_change_ends_at_its_hour(utc: datetime, is_open: bool) -> None:
    rules = Rules(hours=(OpeningHours(5, time(18), time(2)),))
    codes = problem_codes(rules, utc, now=utc - timedelta(hours=12))
    assert codes == ([] if is_open else ["outside_hours"])


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (time(18), time(2, 30)),
        (time(18), time(2)),
        (time(18), time(3)),
        (time(18), time(5)),
        (time(2, 15), time(2, 45)),
        (time(2, 30), time(11)),
    ],
)
@pytest.mark.parametrize("sunday", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_hours_are_one_stretch_of_time_when_the_clocks_change(opens: time, closes: time, sunday: datetime) -> None:
    """In Berlin the clock skips 02:00 to 03:00 in March, and shows that hour twice in October."""
    days = {6} if opens < closes else {5}
    rules = Rules(hours=tuple(OpeningHours(day, opens, closes) for day in days))
    moments = [sunday - timedelta(hours=10) + timedelta(minutes=5) * number for number in range(24 * 12)]
    is_open = [
        not problem_codes(rules, moment, now=sunday - timedelta(days=1), zone=ZoneInfo("Europe/Berlin"))
        for moment in moments
    ]
    changes = sum(before != after for before, after in itertools.pairwise(is_open))
    # Hours within the hour that is skipped do not take place.
    skipped = sunday.month == 3 and opens == time(2, 15)
    assert changes == (0 if skipped else 2)


def test_an_order_for_now_is_refused_while_the_venue_is_closed() -> None:
    assert problem_codes(HOURS, None) == []
    assert problem_codes(HOURS, None, now=at(3, 16)) == ["closed"]
    assert problem_codes(HOURS, None, now=at(4, 1)) == []


def test_every_problem_with_the_time_is_reported_at_once() -> None:
    rules = Rules(notice=timedelta(hours=6), hours=(LUNCH,))
    assert problem_codes(rules, at(3, 16)) == ["too_short_notice", "outside_hours"]


def test_the_refusal_gives_the_hours_of_the_day() -> None:
    def detail(scheduled_for: datetime) -> str:
        found = rule_problems(
            rules=HOURS, type=Order.Type.PICKUP, scheduled_for=scheduled_for, now=FRIDAY_NOON, zone=LONDON
        )
        return next(found).detail

    assert detail(at(3, 16)) == "On Fridays this venue takes orders from 12:00 to 15:00 and from 18:00 to 02:00."
    assert detail(at(4, 9)) == "On Saturdays this venue takes orders until 02:00."
    assert detail(at(6, 12)) == "This venue takes no orders on Mondays."


def test_the_rules_are_read_from_the_venues_rows_in_one_query(venue: Venue, django_assert_num_queries: object) -> None:
    factories.ConnectionFactory(venue=venue, business_location_id="17")
    rules = OrderingRules.objects.create(venue=venue, delivery=False, notice_minutes=30, furthest_ahead_days=7)
    for weekday, opens, closes in ((4, time(12), time(15)), (5, time(18), time(2))):
        OrderingHours.objects.create(rules=rules, weekday=weekday, opens=opens, closes=closes)

    with django_assert_num_queries(1):  # type: ignore[operator]
        settings = ordering_settings_of(venue=venue)

    assert settings.location == "17"
    assert settings.rules.types == {Order.Type.PICKUP, Order.Type.DINE_IN}
    assert (settings.rules.notice, settings.rules.furthest_ahead_days) == (timedelta(minutes=30), 7)
    assert set(settings.rules.hours) == {LUNCH, OpeningHours(5, time(18), time(2))}


def test_a_venue_without_rows_has_the_default_settings(venue: Venue) -> None:
    settings = ordering_settings_of(venue=venue)
    assert (settings.location, settings.rules, settings.pos_settings.buffer_orders) == ("", Rules(), False)


def test_the_rules_of_one_venue_do_not_apply_to_another(venue: Venue, other_venue: Venue) -> None:
    OrderingRules.objects.create(venue=other_venue, pickup=False)
    assert ordering_settings_of(venue=venue).rules == Rules()
