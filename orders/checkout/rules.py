"""A venue's ordering rules: which types of orders it takes, how far ahead, and at what times of day. Pure functions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from orders.checkout.problems import Problem
from orders.models import Order
from orders.models.rules import DEFAULT_MINUTES_TO_PAY
from storekit.local_time.opening_hours import OpeningHours, opening_day
from storekit.local_time.service_days import service_day

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_LONGEST_SERVICE = timedelta(days=2)
_PAYABLE_AFTER_ITS_TIME = timedelta(hours=1)


@dataclass(frozen=True)
class Rules:
    """The ordering rules of a venue. The defaults allow everything; without `hours` orders are taken at all times."""

    types: frozenset[str] = frozenset(Order.Type.values)
    notice: timedelta = timedelta(0)
    furthest_ahead_days: int = 365
    hours: tuple[OpeningHours, ...] = ()
    time_to_pay: timedelta = timedelta(minutes=DEFAULT_MINUTES_TO_PAY)
    """How long an order that is placed unpaid can be paid."""


def rule_problems(
    *, rules: Rules, type: Order.Type, scheduled_for: datetime | None, now: datetime, zone: ZoneInfo
) -> Iterator[Problem]:
    """Yield each rule that an order of this type for this time breaks. Times are aware; None means now."""
    if type not in rules.types:
        yield Problem("not_accepted", f"This venue is not taking {type.label.lower()} orders at the moment.", "type")
    if scheduled_for is None:
        if not _is_open(rules.hours, now.astimezone(zone)):
            detail = "This venue is closed at the moment. Choose a time when it is open."
            yield Problem("closed", detail, "scheduled_for")
    elif scheduled_for <= now:
        yield Problem("in_the_past", "Choose a time in the future.", "scheduled_for")
    elif scheduled_for > now + timedelta(days=rules.furthest_ahead_days + 2):
        # Decided before converting zones: the conversion fails for times at the end of the calendar.
        yield _too_far_ahead(rules.furthest_ahead_days)
    else:
        yield from _time_problems(rules, scheduled_for, now, zone)


def pay_by(*, rules: Rules, scheduled_for: datetime | None, now: datetime) -> datetime:
    """Return until when an order that is placed unpaid now can be paid. Times are aware.

    The venue decides how long; an order for later is worth cooking until an hour after its time, at the latest.
    """
    ends = now + rules.time_to_pay
    return ends if scheduled_for is None else min(ends, scheduled_for + _PAYABLE_AFTER_ITS_TIME)


def _time_problems(rules: Rules, scheduled_for: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    local = scheduled_for.astimezone(zone)
    # A time after midnight, within hours that began the evening before, counts as that evening's day.
    began_on = opening_day(rules.hours, local)
    day = began_on or local.date()
    if (day - now.astimezone(zone).date()).days > rules.furthest_ahead_days:
        yield _too_far_ahead(rules.furthest_ahead_days)
    if scheduled_for < now + rules.notice:
        minutes = rules.notice // timedelta(minutes=1)
        detail = f"An order for later needs {minutes} minutes' notice. Choose a later time."
        yield Problem("too_short_notice", detail, "scheduled_for")
    if rules.hours and began_on is None:
        yield Problem("outside_hours", _hours_in_words(rules.hours, local.weekday()), "scheduled_for")


def closed_problem(*, rules: Rules, type: Order.Type, wanted_at: datetime, zone: ZoneInfo) -> Problem | None:
    """Return why an order that was taken before can no longer be made for this time, now or later; None if it can."""
    if type not in rules.types:
        return Problem("closed", f"This venue is not taking {type.label.lower()} orders any more.", "type")
    if not _is_open(rules.hours, wanted_at.astimezone(zone)):
        return Problem("closed", "This venue is closed at the order's time.", "scheduled_for")
    return None


def is_same_service(*, rules: Rules, first: datetime, second: datetime, zone: ZoneInfo) -> bool:
    """Return whether two moments belong to the same day's service, which may run past midnight. Times are aware."""
    if abs(first - second) > _LONGEST_SERVICE:
        # Decided before converting zones: the conversion fails for times at the end of the calendar.
        return False
    days = {service_day(moment=moment, zone=zone, hours=rules.hours) for moment in (first, second)}
    return len(days) == 1


def _is_open(hours: Sequence[OpeningHours], local: datetime) -> bool:
    return not hours or opening_day(hours, local) is not None


def _too_far_ahead(days: int) -> Problem:
    within = {0: "Choose a time today.", 1: "Choose a time today or tomorrow.", 365: "Choose a time within a year."}
    return Problem("too_far_ahead", within.get(days, f"Choose a time within {days} days."), "scheduled_for")


def _hours_in_words(hours: Sequence[OpeningHours], weekday: int) -> str:
    spans = sorted((each.opens, each.closes) for each in hours if each.weekday == weekday)
    # The end of the night before.
    late = max((each.closes for each in hours if _ends_after_midnight(each, weekday)), default=time(0))
    times = [f"until {late:%H:%M}"] if late > time(0) else []
    times += [f"from {opens:%H:%M} to {closes:%H:%M}" for opens, closes in spans]
    if not times:
        return f"This venue takes no orders on {_DAYS[weekday]}."
    return f"On {_DAYS[weekday]} this venue takes orders {' and '.join(times)}."


def _ends_after_midnight(hours: OpeningHours, weekday: int) -> bool:
    return hours.past_midnight and (hours.weekday + 1) % 7 == weekday
