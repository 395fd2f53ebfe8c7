"""Reconcile a venue's stock with the POS: ask for every item, and so make up for notifications that got lost.

Each venue has one row that says when. A reconciliation is due when the venue was connected, after every menu sync, when
the webhook was registered again, when the POS has been silent for a while, when an order of ours has not shown in its
counts for too long, and when staff request it. A sweep every minute finds what is due, so no other code has to trigger
it. A failed one is tried again after growing delays.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from integrations.connect.readiness import ask_readiness
from integrations.connect.service import active_connections, connection_of, pos_for
from integrations.models import Connection, Notification, SyncRun
from integrations.pos import ItemUpdate, PosError
from integrations.webhooks.health import check_webhook
from menus.models import StockLevel, StockWatch
from menus.stock.levels import (
    apply_item_update,
    expired_reservations,
    forget_count_times,
    propagate_to_menu,
    record_asked,
    release_expired_reservations,
)
from menus.stock.pos_levels import ask_levels, skus_on_menu
from menus.versions import lock_menu, raise_version
from storekit.db import clock
from storekit.db.due_rows import claim, enqueue, enqueue_on_commit
from storekit.models import Venue

logger = logging.getLogger(__name__)

_TASK = "menus.tasks.reconcile"
# Seconds for the task: more than asking for the levels may take, less than the lease.
_TASK_TIMEOUT = 150
LEASE = timedelta(minutes=4)
_SILENT_FOR = timedelta(minutes=15)
_FIRST_DELAY = timedelta(minutes=1)
MAX_DELAY = timedelta(minutes=30)
# Enough to reach the longest delay, and keeps the power of two in bounds.
_MAX_ATTEMPTS = 10
_MAX_DIFFERENCES = 200


@dataclass(frozen=True)
class Comparison:
    """The result of a reconciliation: how many items were compared, and a line for each that differed."""

    items: int
    differences: tuple[str, ...]
    asked_at: datetime


class AlreadyComparing(Exception):
    """Another reconciliation of this venue is running."""


def request(*, venue: Venue) -> None:
    """Request a reconciliation of the venue as soon as a worker is free."""
    StockWatch.objects.update_or_create(venue=venue, defaults={"due_at": clock.now(), "attempts": 0})
    enqueue_on_commit(_TASK, venue.pk, timeout=_TASK_TIMEOUT)


def record_item_notification(venue: Venue, update: ItemUpdate) -> str:
    """Apply a notification about an item; return its result in a few words.

    A notification without a time may be older than what is stored, so the POS is asked instead.
    """
    if update.at is None:
        request(venue=venue)
        return "no timestamp: reconciliation requested"
    return apply_item_update(venue, update)


def enqueue_due() -> int:
    """Queue the reconciliations that are due, up to the number that may run at once; return how many.

    They take up half of the workers at most: one may take minutes, and notifications and orders must not wait behind
    them. Each one that finishes queues the next.
    """
    running = StockWatch.objects.filter(lease_until__gt=clock.now()).count()
    free = max(1, settings.Q_CLUSTER["workers"] // 2) - running
    venues = list(_due_connections().values_list("venue", flat=True)[: max(free, 0)])
    for venue_id in venues:
        enqueue(_TASK, venue_id, timeout=_TASK_TIMEOUT)
    return len(venues)


def reconcile_if_due(*, venue: Venue) -> Comparison | None:
    """Reconcile the venue; return None if that has been done since it was queued, or is being done now.

    Raises:
        PosError: as `reconcile`.
    """
    if not _due_connections().filter(venue=venue).exists():
        return None
    try:
        return reconcile(venue=venue)
    except AlreadyComparing:
        return None
    finally:
        enqueue_due()


def reconcile(*, venue: Venue) -> Comparison:
    """Check the webhook and whether the POS is ready, and correct the venue's stock to match the POS, now.

    All corrections are written in one transaction with one new version of the menu, and logged. Time-outs of the calls
    and a budget of less than two minutes bound the duration. A failure is recorded and tried again later. A webhook
    that cannot be repaired does not stop the rest.

    Raises:
        AlreadyComparing: another reconciliation is running; the POS is not asked.
        PosError: the POS could not be asked, or did not answer in time; no stock is changed.
    """
    watch, _ = StockWatch.objects.get_or_create(venue=venue)
    lease = _claim(watch)
    if lease is None:
        raise AlreadyComparing("Stock is already being compared with the POS.")
    claimed = StockWatch.objects.filter(pk=watch.pk, lease=lease)
    begun = clock.now()
    try:
        found = _compare(venue)
    except PosError as error:
        retry_at = begun + min(_FIRST_DELAY * 2**watch.attempts, MAX_DELAY)
        attempts = min(watch.attempts + 1, _MAX_ATTEMPTS)
        claimed.update(error=str(error)[:500], attempts=attempts, due_at=retry_at, lease=None, lease_until=None)
        raise
    now = clock.now()
    # A request that came in after this one began stays due.
    claimed.filter(Q(due_at=None) | Q(due_at__lte=begun)).update(due_at=None)
    released = {"error": "", "attempts": 0, "lease": None, "lease_until": None}
    differed = {"differences": list(found.differences)[:_MAX_DIFFERENCES], "differed_at": now}
    claimed.update(compared_at=found.asked_at, items=found.items, **released, **(differed if found.differences else {}))
    return found


# --- When ------------------------------------------------------------------------------------------------------------


def _due_connections() -> QuerySet[Connection]:
    now = clock.now()
    synced = SyncRun.objects.filter(
        connection=OuterRef("pk"),
        kind=SyncRun.Kind.MENU,
        state=SyncRun.State.SUCCEEDED,
        finished_at__gt=OuterRef("venue__stock_watch__compared_at"),
        # One that ended while the clock was ahead would be due after every comparison.
        finished_at__lte=now,
    )
    notified = Notification.objects.filter(connection=OuterRef("pk"), received_at__gt=now - _SILENT_FOR)
    watch = "venue__stock_watch__"
    # This includes a POS that is not ready for orders: the notification that it is ready again may be the one lost.
    silent = ~Exists(notified) & Q(**{f"{watch}compared_at__lt": now - _SILENT_FOR})
    expired = Exists(expired_reservations(now=now).filter(venue=OuterRef("venue")))
    due = Q(**{f"{watch}due_at__lte": now})
    # After a failure `due_at` is set, and nothing but that brings the next attempt forward.
    unscheduled = Q(**{f"{watch}due_at": None})
    connected = Q(**{f"{watch}compared_at": None}) | Q(connected_at__gt=F(f"{watch}compared_at"))
    repaired = Q(webhook_registered_at__gt=F(f"{watch}compared_at"))
    free = Q(**{f"{watch}lease_until": None}) | Q(**{f"{watch}lease_until__lte": now})
    changed = connected | repaired | silent | expired | Exists(synced)
    return active_connections().filter(free, due | (unscheduled & changed)).order_by(f"{watch}compared_at")


def _claim(watch: StockWatch) -> uuid.UUID | None:
    free = Q(lease_until=None) | Q(lease_until__lte=clock.now())
    return claim(StockWatch.objects.filter(free, pk=watch.pk), lease=LEASE)


# --- What ------------------------------------------------------------------------------------------------------------


def _compare(venue: Venue) -> Comparison:
    connection = connection_of(venue)
    pos = pos_for(venue)
    # If the webhook is broken, asking for the items matters all the more.
    _log_failure(venue, partial(check_webhook, connection=connection))
    _log_failure(venue, partial(ask_readiness, venue=venue))
    requested_at = clock.now()
    skus = skus_on_menu(venue=venue)
    updates = ask_levels(venue=venue, pos=pos, skus=skus)
    if connection.connected_at is not None:
        # Times by the clock of a location connected earlier do not outrank those of this one.
        forget_count_times(venue=venue, heard_before=connection.connected_at)
    differences = _apply(venue, updates, requested_at)
    for line in differences[:_MAX_DIFFERENCES]:
        logger.info("Stock of venue %s differed from the POS: %s", venue.slug, line)
    return Comparison(items=len(skus), differences=tuple(differences), asked_at=requested_at)


def _log_failure(venue: Venue, call: Callable[[], object]) -> None:
    try:
        call()
    except PosError as error:
        logger.warning("While reconciling the stock of venue %s: %s (%s)", venue.slug, error, error.code)


def _apply(venue: Venue, updates: Sequence[ItemUpdate], requested_at: datetime) -> list[str]:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        restricted = {one.sku: one for one in StockLevel.objects.filter(venue=venue, restricted=True)}
        before = {sku: str(level) for sku, level in restricted.items()}
        record_asked(venue=venue, updates=updates, requested_at=requested_at)
        release_expired_reservations(venue=venue)
        after = {one.sku: str(one) for one in StockLevel.objects.filter(venue=venue, restricted=True)}
        if propagate_to_menu(venue=venue):
            raise_version(menu=menu)
    unrestricted = "not restricted"
    return [
        f"{after.get(sku, f'{sku}: {unrestricted}')} (before: {before.get(sku, unrestricted).removeprefix(f'{sku}: ')})"
        for sku in sorted({*before, *after})
        if before.get(sku) != after.get(sku)
    ]
