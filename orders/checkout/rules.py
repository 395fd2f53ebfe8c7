"""What a venue allows: which kinds of orders, how far ahead, and at what times of the day. Pure.

Hours are wall-clock times in the venue's zone, so that noon is noon in summer and in winter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orders.checkout.problems import Problem
from orders.models import Order

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Hours of one weekday, 0 for Monday. One that `closes` at or before it `opens` ends on the day after."""

    weekday: int
    opens: time
    closes: time

    def begins_on(self, moment: datetime) -> date | None:
        """The day whose span the local moment lies in, if it lies in one; the closing time itself does not."""
        today, clock = moment.date(), moment.time()
        past_midnight = self.closes <= self.opens
        if today.weekday() == self.weekday and clock >= self.opens and (past_midnight or clock < self.closes):
            return today
        yesterday = today - _ONE_DAY
        if past_midnight and yesterday.weekday() == self.weekday and clock < self.closes:
            return yesterday
        return None


@dataclass(frozen=True)
class Rules:
    """What a venue allows; unless said otherwise, everything. Without `hours` it takes orders at all times."""

    types: frozenset[str] = frozenset(Order.Type.values)
    notice: timedelta = timedelta(0)
    furthest_ahead_days: int = 365
    hours: tuple[Span, ...] = ()


def rule_problems(
    *, rules: Rules, type: Order.Type, scheduled_for: datetime | None, now: datetime, zone: ZoneInfo
) -> Iterator[Problem]:
    """What the venue does not allow of an order of that type for that time; None is for now. Times are aware."""
    if type not in rules.types:
        yield Problem("not_accepted", f"This venue takes no {type.label.lower()} orders at the moment.", "type")
    if scheduled_for is None:
        if not _is_open(rules.hours, now.astimezone(zone)):
            detail = "This venue is closed at the moment. Choose a time at which it is open."
            yield Problem("closed", detail, "scheduled_for")
    elif scheduled_for <= now:
        yield Problem("in_the_past", "Choose a time in the future.", "scheduled_for")
    elif scheduled_for > now + timedelta(days=rules.furthest_ahead_days + 2):
        # Also so that no time is too far away to be told in the venue's zone.
        yield _too_far_ahead(rules.furthest_ahead_days)
    else:
        yield from _time_problems(rules, scheduled_for, now, zone)


def _time_problems(rules: Rules, wanted: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    local = wanted.astimezone(zone)
    # What is wanted after midnight, of hours that began before it, belongs to the evening.
    days = [day for span in rules.hours if (day := span.begins_on(local))]
    day = min(days, default=local.date())
    if (day - now.astimezone(zone).date()).days > rules.furthest_ahead_days:
        yield _too_far_ahead(rules.furthest_ahead_days)
    if wanted < now + rules.notice:
        minutes = rules.notice // timedelta(minutes=1)
        detail = f"An order for later needs {minutes} minutes' notice. Choose a later time."
        yield Problem("too_short_notice", detail, "scheduled_for")
    if rules.hours and not days:
        yield Problem("outside_hours", _hours_in_words(rules.hours, local.weekday()), "scheduled_for")


def _is_open(hours: Sequence[Span], local: datetime) -> bool:
    return not hours or any(span.begins_on(local) for span in hours)


def _too_far_ahead(days: int) -> Problem:
    within = {0: "Choose a time today.", 1: "Choose a time today or tomorrow.", 365: "Choose a time within a year."}
    return Problem("too_far_ahead", within.get(days, f"Choose a time within {days} days."), "scheduled_for")


def _hours_in_words(hours: Sequence[Span], weekday: int) -> str:
    spans = sorted((span.opens, span.closes) for span in hours if span.weekday == weekday)
    # The end of the night before.
    late = max((span.closes for span in hours if _ends_after_midnight(span, weekday)), default=time(0))
    times = [f"until {late:%H:%M}"] if late > time(0) else []
    times += [f"from {opens:%H:%M} to {closes:%H:%M}" for opens, closes in spans]
    if not times:
        return f"This venue takes no orders for {_DAYS[weekday]}."
    return f"On {_DAYS[weekday]} this venue takes orders for times {' and '.join(times)}."


def _ends_after_midnight(span: Span, weekday: int) -> bool:
    return span.closes <= span.opens and (span.weekday + 1) % 7 == weekday
