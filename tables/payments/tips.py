"""What guests have left as tips: by service day and by method of payment."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from storekit.db import clock
from storekit.local_time.service_days import opening_hours_of, service_day
from storekit.models import Venue
from storekit.money import ZERO, money_string
from tables.models import Payment

MOST_DAYS = 366
COLUMNS = ("day", "method", "payments", "with a tip", "tips", "currency")


@dataclass(frozen=True)
class TipsOfADay:
    """The tips of one service day by one method. `payments` is how many were paid, `tipped` how many had a tip."""

    day: date
    method: str
    payments: int
    tipped: int
    tips: Decimal


def tips_by_day(*, venue: Venue, first: date, last: date) -> list[TipsOfADay]:
    """Return the tips of the service days from `first` to `last`, both included, newest first, a row for each method.

    A payment counts on the day on which it was captured. Of one that was refunded in part, the bill is given back
    before the tip.
    """
    hours = opening_hours_of(venue=venue)
    found: dict[tuple[date, str], list[Decimal]] = defaultdict(list)
    for at, method, tip, kept in _paid(venue, first, last):
        day = service_day(moment=at, zone=venue.zone, hours=hours)
        if first <= day <= last:
            found[day, method].append(max(min(tip, kept), ZERO))
    rows = [
        TipsOfADay(day, Payment.Method(method).label, len(tips), sum(tip > 0 for tip in tips), sum(tips, ZERO))
        for (day, method), tips in found.items()
    ]
    return sorted(sorted(rows, key=lambda row: row.method), key=lambda row: row.day, reverse=True)


def _paid(venue: Venue, first: date, last: date) -> Iterator[tuple[datetime, str, Decimal, Decimal]]:
    """Yield the payments captured on the calendar days, and in the night after: moment, method, tip, what was kept."""
    begin = datetime.combine(first, time.min, tzinfo=venue.zone)
    # A service that began on the last day may end on the next one.
    end = datetime.combine(last + timedelta(days=2), time.min, tzinfo=venue.zone)
    rows = Payment.objects.filter(venue=venue, captured_at__gte=begin, captured_at__lt=end, applied_at__isnull=False)
    columns = rows.values_list("captured_at", "method", "tip", "captured", "refunded")
    for at, method, tip, captured, refunded in columns.iterator():
        if at is not None:
            yield at, method, tip, captured - refunded


def this_week(*, venue: Venue) -> tuple[date, date]:
    """Return the Monday of the venue's present service day's week, and that day."""
    today = service_day(moment=clock.now(), zone=venue.zone, hours=opening_hours_of(venue=venue))
    return today - timedelta(days=today.weekday()), today


def csv_rows(rows: list[TipsOfADay], *, currency: str) -> Iterator[tuple[str | int, ...]]:
    """Yield the rows for a file with these `COLUMNS`."""
    for row in rows:
        yield row.day.isoformat(), row.method, row.payments, row.tipped, money_string(row.tips, currency), currency
