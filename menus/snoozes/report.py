"""The snooze report: totals, totals by item and by hour of the day, and every row as CSV."""

import zoneinfo
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, ExtractHour
from django.utils import timezone

from menus.models import Snooze
from storekit.admin_base.csv_export import csv_lines
from storekit.local_time.days import within_days

_MAX_ITEMS = 10
_COLUMNS = (
    "venue", "item", "sku", "source", "cause", "who", "reason", "order", "from", "until", "ended at", "ended by",
    "minutes",
)  # fmt: skip


@dataclass(frozen=True)
class ItemTotal:
    """How often one item was unavailable, and for how long in total."""

    name: str
    sku: str
    events: int
    asleep: timedelta


@dataclass(frozen=True)
class Totals:
    """The report's totals. `by_hour` counts snoozes by the hour in which they started, 0 to 23, in venue time."""

    events: int
    asleep: timedelta
    now: int
    by_item: tuple[ItemTotal, ...]
    by_hour: tuple[int, ...]


def started_between(rows: QuerySet[Snooze], *, first: date | None, last: date | None) -> QuerySet[Snooze]:
    """Return the snoozes that started on these days, both included, by each venue's own calendar."""
    return within_days(rows, column="starts_at", first=first, last=last)


def totals(rows: QuerySet[Snooze]) -> Totals:
    """Return the totals of the snoozes. The number of queries does not depend on how many there are."""
    rows = rows.order_by()
    now = timezone.now()
    duration = ExpressionWrapper(Coalesce("ended_at", Value(now)) - F("starts_at"), output_field=DurationField())
    whole = rows.aggregate(events=Count("pk"), asleep=Sum(duration), now=Count("pk", filter=Q(ended_at=None)))
    by_item = rows.values("venue", "sku").annotate(shown_name=Max("name"), events=Count("pk"), asleep=Sum(duration))
    return Totals(
        events=whole["events"],
        asleep=whole["asleep"] or timedelta(),
        now=whole["now"],
        by_item=tuple(
            ItemTotal(one["shown_name"], one["sku"], one["events"], one["asleep"])
            for one in by_item.order_by("-events", "-asleep", "sku")[:_MAX_ITEMS]
        ),
        by_hour=_by_hour(rows),
    )


def as_csv(rows: QuerySet[Snooze]) -> Iterator[str]:
    """Return the snoozes as CSV, line by line, with times in each venue's time zone."""
    return csv_lines(_COLUMNS, map(_values, rows.select_related("venue").iterator(chunk_size=1000)))


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
    duration = (row.ended_at or timezone.now()) - row.starts_at
    return [
        row.venue.name, row.name, row.sku, row.get_source_display(), row.get_cause_display(), row.by, row.reason,
        row.order, _moment(row.starts_at, zone), _moment(row.until, zone), _moment(row.ended_at, zone), row.ended_by,
        round(duration.total_seconds() / 60),
    ]  # fmt: skip


def _moment(moment: datetime | None, zone: zoneinfo.ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") if moment else ""
