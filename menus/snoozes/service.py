"""Snooze items, by hand or after a refused order, and wake them: early, or once their time is up."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from menus.models import Snooze
from menus.stock.levels import active_snoozes, propagate_to_menu
from menus.stock.sold_out_log import find_items, insert_snoozes
from menus.versions import lock_menu, raise_version
from storekit.db import clock
from storekit.db.due_rows import enqueue
from storekit.local_time.service_days import next_morning, opening_hours_of
from storekit.models import Venue

ENDED_BY_EXPIRY = "Expired"
_MAX_VENUES = 100


class HowLong(StrEnum):
    """The lengths of a snooze that staff can choose from."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    FURTHER_NOTICE = "further_notice"


def snooze_end(*, venue: Venue, how_long: HowLong, now: datetime) -> datetime | None:
    """Return when a snooze that starts now ends; None: until further notice."""
    if how_long is HowLong.HOUR:
        return now + timedelta(hours=1)
    if how_long is HowLong.FURTHER_NOTICE:
        return None
    return tomorrow_morning(venue=venue, now=now)


def tomorrow_morning(*, venue: Venue, now: datetime) -> datetime:
    """Return the next 8:00 that belongs to another of the venue's service days, in its time zone, across clock changes.

    While the evening's service is still on after midnight, that is 8:00 of the same calendar day.
    """
    return next_morning(moment=now, zone=venue.zone, hours=opening_hours_of(venue=venue))


def snooze(
    *,
    venue: Venue,
    skus: Collection[str],
    how_long: HowLong,
    source: Snooze.Source = Snooze.Source.STAFF,
    by: str = "",
    reason: str = "",
) -> list[Snooze]:
    """Snooze items; return a snooze for each SKU that the venue has. If an item has several, the longest counts.

    Every product and choice with the SKU is snoozed, including those that a later sync adds.
    """
    until = snooze_end(venue=venue, how_long=how_long, now=clock.now())
    return _snooze(venue, skus, until=until, source=source, by=by[:200], reason=reason[:300])


def snooze_by_api(
    *, venue: Venue, skus: Collection[str], until: datetime | None, by: str, reason: str = ""
) -> list[Snooze]:
    """Snooze items for an API client, until any time or until further notice; return the snoozes.

    Args:
        venue: the venue that sells the items.
        skus: the items; SKUs that the venue does not have are left out.
        until: None: until further notice.
        by: the name of the API key.
        reason: for the report.
    """
    return _snooze(venue, skus, until=until, source=Snooze.Source.API, by=by[:200], reason=reason[:300])


def snooze_until_tomorrow(
    *, venue: Venue, skus: Collection[str], order: str = "", reason: str = "", refused_at: datetime | None = None
) -> list[Snooze]:
    """Snooze the items that the POS refused an order for until 8:00 of the next service day; return the snoozes.

    May be repeated for the same order: the result then includes snoozes that it has already caused, even those made
    since `refused_at` that staff have ended. SKUs that the venue does not have (of a delivery fee, say) are left out.
    Does nothing if that morning has already come.

    Args:
        venue: the venue that sells the items.
        skus: the items.
        order: the order's number, for the report.
        reason: the POS's message.
        refused_at: when the POS refused it, which decides what the next service day is; None: now.
    """
    now = clock.now()
    until = tomorrow_morning(venue=venue, now=refused_at or now)
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
    """End all snoozes of these items early; return how many. Items sold out on the till stay sold out."""
    return _wake(venue, Q(sku__in=skus), by)


def wake_one(*, venue: Venue, snooze_id: UUID, by: str) -> bool:
    """End one of the venue's snoozes early; return whether it was active. The item may have other active snoozes."""
    return bool(_wake(venue, Q(pk=snooze_id), by))


def wake_due(*, venue: Venue | None = None) -> int:
    """End the snoozes whose time is up and raise the versions of their menus; return how many.

    One query if there are none. If several processes do this at once, each snooze is ended by one of them.
    """
    due = Snooze.objects.filter(ended_at=None, until__lte=clock.now()).order_by()
    if venue is not None:
        due = due.filter(venue=venue)
    venues = list(due.values_list("venue", flat=True).distinct()[:_MAX_VENUES])
    return sum(_wake_due_of(Venue(pk=pk)) for pk in venues)


def enqueue_newly_due(*, since: datetime, until: datetime) -> int:
    """Queue the waking task if snoozes became due after `since` and up to `until`; return how many did."""
    due = Snooze.objects.filter(ended_at=None, until__gt=since, until__lte=until).count()
    if due:
        enqueue("menus.tasks.wake_due")
    return due


def _wake_due_of(venue: Venue) -> int:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        # Read them behind the lock: another process may have ended some.
        rows = list(Snooze.objects.filter(venue=venue, ended_at=None, until__lte=clock.now()))
        for row in rows:
            row.ended_at, row.ended_by = row.until, ENDED_BY_EXPIRY
        Snooze.objects.bulk_update(rows, ["ended_at", "ended_by"])
        if rows and propagate_to_menu(venue=venue, skus={row.sku for row in rows}):
            raise_version(menu=menu)
    return len(rows)


def _wake(venue: Venue, condition: Q, by: str) -> int:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        now = clock.now()
        active = active_snoozes(venue=venue, now=now).filter(condition)
        skus = set(active.values_list("sku", flat=True))
        ended = active.update(ended_at=now, ended_by=by[:200])
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
        existing: dict[str, Snooze] = {}
        if columns.get("cause") == Snooze.Cause.ORDER_FAILURE:
            existing = _snoozes_of_order(venue, skus, columns["order"], refused_at)
            _extend(existing.values(), until)
        items = [item for item in find_items(venue=venue, skus=skus) if item.sku not in existing]
        rows = insert_snoozes(like=Snooze(venue=venue, until=until, **columns), items=items)
        if propagate_to_menu(venue=venue, skus=skus):
            raise_version(menu=menu)
    return sorted([*rows, *existing.values()], key=lambda row: row.sku)


def _snoozes_of_order(
    venue: Venue, skus: Collection[str], order: str, refused_at: datetime | None
) -> dict[str, Snooze]:
    """Return the snoozes, by SKU, that the order has caused: the open ones, and those started since `refused_at`."""
    relevant = Q(ended_at=None)
    if refused_at is not None:
        relevant |= Q(starts_at__gte=refused_at)
    rows = Snooze.objects.filter(relevant, venue=venue, sku__in=skus, cause=Snooze.Cause.ORDER_FAILURE, order=order)
    # An open one comes last and so replaces those that have ended.
    return {row.sku: row for row in rows.order_by(F("ended_at").asc(nulls_last=True))}


def _extend(rows: Iterable[Snooze], until: datetime | None) -> None:
    """Extend open snoozes to `until`: an order that is sent and refused again on the next service day adds a day."""
    for row in rows:
        if row.ended_at is None and row.until is not None and until is not None and row.until < until:
            row.until = until
            row.save(update_fields=["until"])
