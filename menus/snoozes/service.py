"""Snoozes: an item that cannot be ordered for a while, by hand or because an order failed, and its waking."""

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from menus.models import Snooze
from menus.stock.levels import propagate_to_menu, snoozes_in_force
from menus.stock.reservations import lock_menu
from menus.stock.sold_out_log import named_items, write_snoozes
from menus.versions import raise_version
from storekit.db.due_rows import enqueue
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
    """When the snooze ends; None: until further notice."""
    if how_long is HowLong.HOUR:
        return now + timedelta(hours=1)
    if how_long is HowLong.FURTHER_NOTICE:
        return None
    return tomorrow_of(venue=venue, now=now)


def tomorrow_of(*, venue: Venue, now: datetime) -> datetime:
    """Eight in the morning of the venue's next calendar day, whatever its clocks do in between."""
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


def snooze_by_api(
    *, venue: Venue, skus: Collection[str], until: datetime | None, by: str, reason: str = ""
) -> list[Snooze]:
    """The same for a program: until a moment of its own choosing, or until further notice.

    Args:
        venue: whose items.
        skus: which; those that the venue does not have are left out.
        until: None: until further notice.
        by: the name of the API key.
        reason: for the report.
    """
    return _snooze(venue, skus, until=until, source=Snooze.Source.API, by=by[:200], reason=reason[:300])


def snooze_until_tomorrow(
    *, venue: Venue, skus: Collection[str], order: str = "", reason: str = "", refused_at: datetime | None = None
) -> list[Snooze]:
    """Puts the items to sleep for which the POS refused an order, until eight in the morning of the venue's next day.

    May be repeated for the same order: what sleeps because of it already is returned, and so is what has been put to
    sleep since `refused_at` and woken meanwhile. SKUs that the venue does not have (of a delivery fee, say) are left
    out. Nothing is done when that morning has come already.

    Args:
        venue: whose items.
        skus: which.
        order: the order's number, for the report.
        reason: the POS's words.
        refused_at: when it refused, from which the next day counts; None: now.
    """
    now = timezone.now()
    until = tomorrow_of(venue=venue, now=refused_at or now)
    if until <= now:
        return []
    return _snooze(
        venue,
        skus,
        refused_at=refused_at,
        until=until,
        source=Snooze.Source.LIGHTSPEED,
        cause=Snooze.Cause.ORDER_FAILURE,
        order=order[:40],
        reason=reason[:300],
    )


def wake(*, venue: Venue, skus: Collection[str], by: str) -> int:
    """Ends the snoozes of these items early; returns how many. What is sold out on the till stays so."""
    return _wake(venue, Q(sku__in=skus), by)


def wake_one(*, venue: Venue, snooze_id: UUID, by: str) -> bool:
    """Ends one snooze of the venue early; returns whether it was in force. Its item may sleep for another one."""
    return bool(_wake(venue, Q(pk=snooze_id), by))


def wake_due(*, venue: Venue | None = None) -> int:
    """Ends the snoozes whose time is over and raises the versions of their menus; returns how many.

    One query when there are none. Of several processes that look at once, one ends each.
    """
    due = Snooze.objects.filter(ended_at=None, until__lte=timezone.now()).order_by()
    if venue is not None:
        due = due.filter(venue=venue)
    venues = list(due.values_list("venue", flat=True).distinct()[:_MOST_VENUES])
    return sum(_wake_due_of(Venue(pk=pk)) for pk in venues)


def enqueue_newly_due(*, since: datetime, until: datetime) -> int:
    """Queues the task that wakes what became due after `since` and until `until`; returns how many there are."""
    due = Snooze.objects.filter(ended_at=None, until__gt=since, until__lte=until).count()
    if due:
        enqueue("menus.tasks.wake_due")
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
        if rows and propagate_to_menu(venue=venue, skus=skus):
            raise_version(menu=menu)
    return len(rows)


def _wake(venue: Venue, which: Q, by: str) -> int:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        now = timezone.now()
        asleep = snoozes_in_force(venue=venue, now=now).filter(which)
        skus = set(asleep.values_list("sku", flat=True))
        ended = asleep.update(ended_at=now, ended_by=by[:200])
        if propagate_to_menu(venue=venue, skus=skus):
            raise_version(menu=menu)
    return ended


def _snooze(
    venue: Venue,
    skus: Collection[str],
    *,
    until: datetime | None,
    refused_at: datetime | None = None,
    **columns: Any,
) -> list[Snooze]:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        known = _of_this_order(venue, skus, columns, refused_at)
        _prolong(known.values(), until)
        items = [item for item in named_items(venue=venue, skus=skus) if item.sku not in known]
        rows = write_snoozes(like=Snooze(venue=venue, until=until, **columns), items=items)
        if propagate_to_menu(venue=venue, skus=skus):
            raise_version(menu=menu)
    return sorted([*rows, *known.values()], key=lambda row: row.sku)


def _of_this_order(
    venue: Venue, skus: Collection[str], columns: dict[str, Any], refused_at: datetime | None
) -> dict[str, Snooze]:
    if columns.get("cause") != Snooze.Cause.ORDER_FAILURE:
        return {}
    of_it = Q(ended_at=None)
    if refused_at is not None:
        of_it |= Q(starts_at__gte=refused_at)
    rows = Snooze.objects.filter(
        of_it, venue=venue, sku__in=skus, cause=Snooze.Cause.ORDER_FAILURE, order=columns["order"]
    )
    # Of several, the one that is in force comes last and wins.
    return {row.sku: row for row in rows.order_by(F("ended_at").asc(nulls_last=True))}


def _prolong(rows: Iterable[Snooze], until: datetime | None) -> None:
    """An order that was sent again after midnight and refused again sleeps for a day more."""
    for row in rows:
        if row.ended_at is None and row.until is not None and until is not None and row.until < until:
            row.until = until
            row.save(update_fields=["until"])
