"""Snoozes: an item that cannot be ordered for a while, by hand or because an order failed, and its waking."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from menus.availability import lock_menu
from menus.models import Snooze
from menus.stock import snoozes_in_force, spread
from menus.till_records import named_items, write_snoozes
from menus.versions import raise_version
from storekit.models import Venue

ENDED_BY_TIME = "Its time was over"
_WAKES_AT = time(8)
_MOST_VENUES = 100


class HowLong(StrEnum):
    """How long an item sleeps, as staff choose it."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    FURTHER_NOTICE = "further_notice"


def until_of(*, venue: Venue, how_long: HowLong, now: datetime) -> datetime | None:
    """When the snooze ends; None: until further notice.

    "Tomorrow" is eight in the morning of the venue's next calendar day, whatever its clocks do in between.
    """
    if how_long is HowLong.HOUR:
        return now + timedelta(hours=1)
    if how_long is HowLong.FURTHER_NOTICE:
        return None
    tomorrow = now.astimezone(venue.zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, _WAKES_AT, tzinfo=venue.zone)


def snooze(
    *,
    venue: Venue,
    skus: Collection[str],
    how_long: HowLong,
    source: Snooze.Source = Snooze.Source.STAFF,
    by: str = "",
    reason: str = "",
) -> list[Snooze]:
    """Puts items to sleep; returns a snooze for each SKU that the venue has. The longest snooze of an item counts.

    Every product and every choice with the SKU sleeps, also those that a sync brings later.
    """
    until = until_of(venue=venue, how_long=how_long, now=timezone.now())
    return _snooze(venue, skus, until=until, source=source, by=by[:200], reason=reason[:300])


def snooze_until_tomorrow(*, venue: Venue, skus: Collection[str], order: str = "", reason: str = "") -> list[Snooze]:
    """Puts the items to sleep for which the POS refused an order, until eight in the morning of the venue's next day.

    May be repeated for the same order: what sleeps because of it already is returned as it is. SKUs that the venue does
    not have (of a delivery fee, say) are left out.

    Args:
        venue: whose items.
        skus: which.
        order: the order's number, for the report.
        reason: the POS's words.
    """
    until = until_of(venue=venue, how_long=HowLong.TOMORROW, now=timezone.now())
    return _snooze(
        venue,
        skus,
        until=until,
        source=Snooze.Source.LIGHTSPEED,
        cause=Snooze.Cause.ORDER_FAILURE,
        order=order[:40],
        reason=reason[:300],
    )


def wake(*, venue: Venue, skus: Collection[str], by: str) -> int:
    """Ends the snoozes of these items early; returns how many. What is sold out on the till stays so."""
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        now = timezone.now()
        asleep = snoozes_in_force(venue=venue, now=now).filter(sku__in=skus)
        ended = asleep.update(ended_at=now, ended_by=by[:200])
        if spread(venue=venue, skus=skus):
            raise_version(menu=menu)
    return ended


def wake_due(*, venue: Venue | None = None) -> int:
    """Ends the snoozes whose time is over and raises the versions of their menus; returns how many.

    One query when there are none. Of several processes that look at once, one ends each.
    """
    due = Snooze.objects.filter(ended_at=None, until__lte=timezone.now()).order_by()
    if venue is not None:
        due = due.filter(venue=venue)
    venues = list(due.values_list("venue", flat=True).distinct()[:_MOST_VENUES])
    return sum(_wake_due_of(Venue(pk=pk)) for pk in venues)


def nudge_due(*, since: datetime, until: datetime) -> int:
    """Queues the task that wakes what became due after `since` and until `until`; returns how many there are."""
    due = Snooze.objects.filter(ended_at=None, until__gt=since, until__lte=until).count()
    if due:
        async_task("menus.tasks.wake_due")
    return due


def _wake_due_of(venue: Venue) -> int:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        due = Snooze.objects.filter(venue=venue, ended_at=None, until__lte=timezone.now())
        # Behind the lock: whoever was here before has left none of theirs.
        rows = list(due)
        for row in rows:
            row.ended_at, row.ended_by = row.until, ENDED_BY_TIME
        Snooze.objects.bulk_update(rows, ["ended_at", "ended_by"])
        skus = {row.sku for row in rows}
        if rows and spread(venue=venue, skus=skus):
            raise_version(menu=menu)
    return len(rows)


def _snooze(venue: Venue, skus: Collection[str], *, until: datetime | None, **columns: Any) -> list[Snooze]:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        known = _asleep_for_this_order(venue, skus, columns)
        items = [item for item in named_items(venue=venue, skus=skus) if item.sku not in known]
        rows = write_snoozes(like=Snooze(venue=venue, until=until, **columns), items=items)
        if spread(venue=venue, skus=skus):
            raise_version(menu=menu)
    return sorted([*rows, *known.values()], key=lambda row: row.sku)


def _asleep_for_this_order(venue: Venue, skus: Collection[str], columns: dict[str, Any]) -> dict[str, Snooze]:
    if columns.get("cause") != Snooze.Cause.ORDER_FAILURE:
        return {}
    rows = Snooze.objects.filter(
        venue=venue, sku__in=skus, cause=Snooze.Cause.ORDER_FAILURE, order=columns["order"], ended_at=None
    )
    return {row.sku: row for row in rows}
