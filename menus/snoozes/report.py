"""The report of what could not be ordered: totals, by item and by hour of the day, and all of it as CSV."""

import csv
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, ExtractHour
from django.utils import timezone

from menus.models import Snooze

_MOST_ITEMS = 10
_COLUMNS = (
    "venue", "item", "sku", "source", "cause", "who", "reason", "order", "from", "until", "ended at", "ended by",
    "minutes",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class ItemTotal:
    """How often one item could not be ordered, and for how long in all."""

    name: str
    sku: str
    events: int
    asleep: timedelta


@dataclass(frozen=True)
class Totals:
    """What a report says at a glance. `by_hour` counts by the hour in which an event began, 0 to 23, in venue time."""

    events: int
    asleep: timedelta
    now: int
    by_item: tuple[ItemTotal, ...]
    by_hour: tuple[int, ...]


def between(rows: QuerySet[Snooze], *, first: date | None, last: date | None) -> QuerySet[Snooze]:
    """The events that began on these days, both included, by the calendar of each event's venue."""
    if first is None and last is None:
        return rows
    days = Q(pk=None)
    for name in _zones(rows):
        zone, began = zoneinfo.ZoneInfo(name), Q(venue__timezone=name)
        # The first and the last day that there are need no limit, and have none in every zone.
        if first is not None and first > date.min:
            began &= Q(starts_at__gte=datetime.combine(first, time.min, tzinfo=zone))
        if last is not None and last < date.max:
            began &= Q(starts_at__lt=datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone))
        days |= began
    return rows.filter(days)


def totals(rows: QuerySet[Snooze]) -> Totals:
    """Sums the events up; the number of queries does not depend on how many there are."""
    rows = rows.order_by()
    now = timezone.now()
    length = ExpressionWrapper(Coalesce("ended_at", Value(now)) - F("starts_at"), output_field=DurationField())
    whole = rows.aggregate(events=Count("pk"), asleep=Sum(length), now=Count("pk", filter=Q(ended_at=None)))
    by_item = rows.values("venue", "sku").annotate(called=Max("name"), events=Count("pk"), asleep=Sum(length))
    return Totals(
        events=whole["events"],
        asleep=whole["asleep"] or timedelta(),
        now=whole["now"],
        by_item=tuple(
            ItemTotal(one["called"], one["sku"], one["events"], one["asleep"])
            for one in by_item.order_by("-events", "-asleep", "sku")[:_MOST_ITEMS]
        ),
        by_hour=_by_hour(rows),
    )


def as_csv(rows: QuerySet[Snooze]) -> Iterator[str]:
    """The events as CSV, a line at a time, with times in their venue's zone."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # without it, spreadsheets read UTF-8 as something else
    yield writer.writerow(_COLUMNS)
    for row in rows.select_related("venue").iterator(chunk_size=1000):
        yield writer.writerow([_safe(value) for value in _values(row)])


def _zones(rows: QuerySet[Snooze]) -> list[str]:
    return list(rows.order_by().values_list("venue__timezone", flat=True).distinct())


def _by_hour(rows: QuerySet[Snooze]) -> tuple[int, ...]:
    found: Counter[int] = Counter()
    for name in _zones(rows):
        hours = rows.filter(venue__timezone=name).annotate(
            hour=ExtractHour("starts_at", tzinfo=zoneinfo.ZoneInfo(name))
        )
        found.update(dict(hours.values_list("hour").annotate(Count("pk"))))
    return tuple(found[hour] for hour in range(24))


def _values(row: Snooze) -> list[Any]:
    zone = row.venue.zone
    length = (row.ended_at or timezone.now()) - row.starts_at
    return [
        row.venue.name, row.name, row.sku, row.get_source_display(), row.get_cause_display(), row.by, row.reason,
        row.order, _moment(row.starts_at, zone), _moment(row.until, zone), _moment(row.ended_at, zone), row.ended_by,
        round(length.total_seconds() / 60),
    ]  # fmt: skip


def _moment(moment: datetime | None, zone: zoneinfo.ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") if moment else ""


def _safe(value: Any) -> Any:
    """The value as text that no spreadsheet carries out."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class _Echo:
    """What csv writes into, to be yielded instead."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line
