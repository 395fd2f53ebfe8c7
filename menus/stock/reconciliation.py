"""Comparing a venue's items with the till: what a lost notification would have said is found out by asking.

One row for each venue says when. It is due once the venue is connected, after every sync of its menu, when the webhook
was registered again, when the POS has not said anything for a while, when an order of ours has not reached its counts
for too long, and when somebody presses the button; a sweep every minute finds whatever is due, so nothing has to
remember to ask. A comparison that failed is tried again, later each time.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from integrations.connect.readiness import ask_readiness
from integrations.connect.service import active_connections, connection_of, pos_for
from integrations.models import Connection, Notification, SyncRun
from integrations.pos import ItemUpdate, PointOfSale, PosError, Restriction, Throttled, Unreachable
from integrations.webhooks.health import check_webhook
from menus.models import Modifier, Product, StockLevel, StockWatch
from menus.stock.levels import (
    forget_what_never_arrived,
    forget_when,
    never_arrived,
    propagate_to_menu,
    record_updates,
    to_update,
    unrestricted_update,
)
from menus.stock.reservations import apply_item_update, lock_menu
from menus.versions import raise_version
from storekit.db.due_rows import claim, enqueue
from storekit.models import Venue

logger = logging.getLogger(__name__)

_BATCH = 50
_QUIET_FOR = timedelta(minutes=15)
# Of the task, in seconds: more than the comparison's own budget, less than its lease.
_TIME_OUT = 150
_BUDGET_SECONDS = 110.0
_LEASE = timedelta(minutes=4)
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(minutes=30)
# Enough for the longest delay; a power of two has to be a sensible number.
_MOST_ATTEMPTS = 10
_MOST_LINES = 200
_LONGEST_PAUSE = timedelta(seconds=15)


@dataclass(frozen=True)
class Comparison:
    """How many items the till was asked for, and a line for each that was not as we had it."""

    items: int
    differences: tuple[str, ...]
    asked_at: datetime


class AlreadyComparing(Exception):
    """Another comparison of this venue's items is under way."""


def request(*, venue: Venue) -> None:
    """Has the venue's items compared with the till as soon as a worker is free."""
    StockWatch.objects.update_or_create(venue=venue, defaults={"due_at": timezone.now(), "attempts": 0})
    transaction.on_commit(lambda: _queue(venue.pk), robust=True)


def record_item_notification(venue: Venue, update: ItemUpdate) -> str:
    """Works on a notification about an item; returns what became of it in a few words.

    Without its time nobody can tell whether it is the newest, so the till is asked instead.
    """
    if update.at is None:
        request(venue=venue)
        return "has no time: the till is asked"
    return apply_item_update(venue, update)


def enqueue_due() -> int:
    """Queues the comparisons that are due, as many as may be under way at once; returns how many.

    Half of the workers at most: a comparison may take minutes, and what the till says meanwhile, and orders on their
    way to it, must not wait behind them all. Each that ends has the next ones queued.
    """
    under_way = StockWatch.objects.filter(lease_until__gt=timezone.now()).count()
    free = max(1, settings.Q_CLUSTER["workers"] // 2) - under_way
    venues = list(_due_venues().values_list("venue", flat=True)[: max(free, 0)])
    for venue_id in venues:
        _queue(venue_id)
    return len(venues)


def reconcile_if_due(*, venue: Venue) -> Comparison | None:
    """Compares the venue's items unless that was done since it was queued, or is being done; then None.

    Raises:
        PosError: as `reconcile`.
    """
    if not _due_venues().filter(venue=venue).exists():
        return None
    try:
        return reconcile(venue=venue)
    except AlreadyComparing:
        return None
    finally:
        enqueue_due()


def reconcile(*, venue: Venue) -> Comparison:
    """Checks the webhook, asks whether the till is ready, and brings the venue's items in step with the till, now.

    What differs is written in one transaction with one new version of the menu, and logged. The time-outs of the calls
    and a budget of less than two minutes bound how long it takes. A failure is written down too and tried again later.
    A webhook that cannot be put right keeps nothing else from being asked.

    Raises:
        AlreadyComparing: somebody else is at it; nothing is asked then.
        PosError: the POS could not be asked, or did not answer in time; nothing is written then.
    """
    watch, _ = StockWatch.objects.get_or_create(venue=venue)
    lease = _claim(watch)
    if lease is None:
        raise AlreadyComparing("The items are being compared with the till at this moment.")
    mine = StockWatch.objects.filter(pk=watch.pk, lease=lease)
    begun = timezone.now()
    try:
        found = _compare(venue)
    except PosError as error:
        again = begun + min(_FIRST_DELAY * 2**watch.attempts, _LONGEST_DELAY)
        attempts = min(watch.attempts + 1, _MOST_ATTEMPTS)
        mine.update(error=str(error)[:500], attempts=attempts, due_at=again, lease=None, lease_until=None)
        raise
    now = timezone.now()
    seen = {"differences": list(found.differences)[:_MOST_LINES], "differed_at": now} if found.differences else {}
    mine.filter(Q(due_at=None) | Q(due_at__lte=begun)).update(due_at=None)
    calm = {"error": "", "attempts": 0, "lease": None, "lease_until": None}
    mine.update(compared_at=found.asked_at, items=found.items, **calm, **seen)
    return found


def skus_of(*, venue: Venue) -> list[str]:
    """Every item on the venue's menu, products and choices, by SKU."""
    products = Product.objects.filter(venue=venue, archived_at=None).values_list("sku", flat=True)
    choices = Modifier.objects.filter(group__venue=venue, archived_at=None).exclude(sku="")
    return sorted({*products, *choices.values_list("sku", flat=True)})


# --- When ------------------------------------------------------------------------------------------------------------


def _due_venues() -> QuerySet[Connection]:
    now = timezone.now()
    synced = SyncRun.objects.filter(
        connection=OuterRef("pk"),
        kind=SyncRun.Kind.MENU,
        state=SyncRun.State.SUCCEEDED,
        finished_at__gt=OuterRef("venue__stock_watch__compared_at"),
    )
    spoke = Notification.objects.filter(connection=OuterRef("pk"), received_at__gt=now - _QUIET_FOR)
    watch = "venue__stock_watch__"
    # Also of a till that takes no orders: that it does again may be what got lost.
    quiet = ~Exists(spoke) & Q(**{f"{watch}compared_at__lt": now - _QUIET_FOR})
    lingering = Exists(never_arrived(now=now).filter(venue=OuterRef("venue")))
    due = Q(**{f"{watch}due_at__lte": now})
    # One that failed waits for its next attempt, whatever else happens.
    calm = Q(**{f"{watch}due_at": None})
    never = Q(**{f"{watch}compared_at": None}) | Q(connected_at__gt=F(f"{watch}compared_at"))
    repaired = Q(webhook_registered_at__gt=F(f"{watch}compared_at"))
    free = Q(**{f"{watch}lease_until": None}) | Q(**{f"{watch}lease_until__lte": now})
    rows = active_connections().filter(free, due | (calm & (never | repaired | quiet | lingering | Exists(synced))))
    return rows.order_by(f"{watch}compared_at")


def _claim(watch: StockWatch) -> uuid.UUID | None:
    free = Q(lease_until=None) | Q(lease_until__lte=timezone.now())
    return claim(StockWatch.objects.filter(free, pk=watch.pk), lease=_LEASE)


def _queue(venue_id: int) -> None:
    enqueue("menus.tasks.reconcile", venue_id, timeout=_TIME_OUT)


# --- What ------------------------------------------------------------------------------------------------------------


def _compare(venue: Venue) -> Comparison:
    deadline = time.monotonic() + _BUDGET_SECONDS
    connection = connection_of(venue)
    pos = pos_for(venue)
    # A webhook that is broken for good is a reason to ask for the items, not against it.
    _try(venue, partial(check_webhook, connection=connection))
    _try(venue, partial(ask_readiness, venue=venue))
    asked_at = timezone.now()
    skus = skus_of(venue=venue)
    words = list(_ask(pos, skus, deadline))
    if connection.connected_at is not None:
        # What an earlier location said, at whatever time by its clock, does not stand above what this one says.
        forget_when(venue=venue, heard_before=connection.connected_at)
    lines = _apply(venue, words, asked_at)
    for line in lines[:_MOST_LINES]:
        logger.info("Venue %s differed from its till: %s", venue.slug, line)
    return Comparison(items=len(skus), differences=tuple(lines), asked_at=asked_at)


def _try(venue: Venue, ask: Callable[[], object]) -> None:
    try:
        ask()
    except PosError as error:
        logger.warning("While venue %s was compared with its till: %s (%s)", venue.slug, error, error.code)


def _ask(pos: PointOfSale, skus: list[str], deadline: float) -> Iterable[ItemUpdate]:
    for first in range(0, len(skus), _BATCH):
        if time.monotonic() > deadline:
            raise Unreachable("The till answers too slowly to compare all items with it.")
        batch = skus[first : first + _BATCH]
        found = {one.sku: one for one in _patiently(partial(pos.availability_of, batch))}
        yield from (to_update(found[sku]) if sku in found else unrestricted_update(sku) for sku in batch)


def _patiently(ask: Callable[[], tuple[Restriction, ...]]) -> tuple[Restriction, ...]:
    """Asks once more after a short pause that the POS wishes: thousands of items take many calls in a row."""
    try:
        return ask()
    except Throttled as error:
        if error.retry_after is None or error.retry_after > _LONGEST_PAUSE:
            raise
        time.sleep(error.retry_after.total_seconds())
        return ask()


def _apply(venue: Venue, words: list[ItemUpdate], asked_at: datetime) -> list[str]:
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        held = {one.sku: one for one in StockLevel.objects.filter(venue=venue, restricted=True)}
        before = {sku: str(level) for sku, level in held.items()}
        # Whoever is not restricted at the till and is not here either has nothing to say.
        news = [word for word in words if word.restricted or word.sku in held]
        record_updates(venue=venue, words=news, asked_at=asked_at)
        forget_what_never_arrived(venue=venue)
        after = {one.sku: str(one) for one in StockLevel.objects.filter(venue=venue, restricted=True)}
        if propagate_to_menu(venue=venue):
            raise_version(menu=menu)
    nothing = "not restricted"
    return [
        f"{after.get(sku, f'{sku}: {nothing}')} (before: {before.get(sku, nothing).removeprefix(f'{sku}: ')})"
        for sku in sorted({*before, *after})
        if before.get(sku) != after.get(sku)
    ]
