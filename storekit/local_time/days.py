"""Filters by the days of each venue's own calendar."""

import zoneinfo
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

AnyModel = TypeVar("AnyModel", bound=Model)


def within_days(
    rows: QuerySet[AnyModel], *, column: str, first: date | None, last: date | None, begins_at: time = time.min
) -> QuerySet[AnyModel]:
    """Return the rows whose moment lies on these days, both included, by the calendar of each row's `venue`.

    Args:
        column: the moment.
        first: the first day; None for no limit.
        last: the last day; None for no limit.
        begins_at: when a day begins, in the venue's zone.
    """
    if first is None and last is None:
        return rows
    days = Q(pk=None)
    for name in rows.order_by().values_list("venue__timezone", flat=True).distinct():
        zone, within = zoneinfo.ZoneInfo(name), Q(venue__timezone=name)
        # The first and last representable days need no limit, and converting them to UTC would overflow in some zones.
        if first is not None and first > date.min:
            within &= Q(**{f"{column}__gte": datetime.combine(first, begins_at, tzinfo=zone)})
        if last is not None and last < date.max:
            within &= Q(**{f"{column}__lt": datetime.combine(last + timedelta(days=1), begins_at, tzinfo=zone)})
        days |= within
    return rows.filter(days)
