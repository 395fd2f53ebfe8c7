"""Stock levels: what the POS has left of each SKU, and the columns of products and choices that follow from it.

The POS is the authority, but we are ahead of it: an order reduces our count at once, while the POS counts it only when
it arrives, seconds later, and notifies us after that. So a level keeps two numbers: the POS's count, and `taken`, what
our orders have taken that the POS has not counted yet. What is left is the difference. Whenever the POS's count goes
down, that many of ours are assumed to have arrived. Example: two orders for the last five, and the POS reports four
after the first: three are left, not four. If staff sell one on the till in between, it is mistaken for one of ours
until ours arrives.

An order that never arrives, because it failed, stops counting ten minutes after the last order. This happens when the
POS next reports the item, or at the reconciliation that is due by then.

An order that is not sent yet, because it waits for its payment or is held back until shortly before its time, counts
in `held` instead: until it is sent, which moves its items to `taken`, or expires or is cancelled, which gives exactly
those back (see `menus.stock.reservations`).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from integrations.pos import POS_CLOCK_TOLERANCE, ItemUpdate, Restriction
from menus.models import Modifier, Product, Snooze, StockLevel
from menus.stock.sold_out_log import record_sold_out
from menus.versions import lock_menu, raise_version
from storekit.db import clock
from storekit.db.bulk import insert_rows, update_rows
from storekit.models import Venue

UNTIL_FURTHER_NOTICE = datetime(9000, 1, 1, tzinfo=UTC)
"""`snoozed_until` of an item that is snoozed until further notice."""

# How long an order of ours may take to show in the POS's count.
_ARRIVES_WITHIN = timedelta(minutes=10)
_SMALLEST_STEP = timedelta(microseconds=1)
_MAX_SKU_LENGTH = 25
_ENTRY_COLUMNS = ("stock", "sold_out", "snoozed_until")
_LEVEL_COLUMNS = ("restricted", "count", "counted_at", "heard_at", "taken")


# --- What the POS reports --------------------------------------------------------------------------------------------


def apply_item_update(venue: Venue, update: ItemUpdate) -> str:
    """Apply a notification about one item; return its result in a few words, for the webhook ledger.

    Products and choices with that SKU, and every deal that needs one of them, change together with the menu's version.
    An update for an item that is not on the menu is stored for when the item returns.
    """
    with transaction.atomic():
        menu = lock_menu(venue=venue)
        if not record_updates(venue=venue, updates=[update]):
            return "out of date"
        if not propagate_to_menu(venue=venue, skus=[update.sku]):
            return "no change for guests"
        raise_version(menu=menu)
    if not update.restricted:
        return "available again"
    return "sold out" if update.left is None or update.left <= 0 else f"{update.left} left"


def record_updates(
    *, venue: Venue, updates: Iterable[ItemUpdate], requested_at: datetime | None = None
) -> list[StockLevel]:
    """Store what the POS reports about items and return the levels that changed. Call `propagate_to_menu` next.

    Updates older than the stored level are ignored. Call this inside the transaction that raises the menu's version,
    while holding the menu's lock.

    Args:
        venue: the venue that sells the items.
        updates: at most one for each SKU.
        requested_at: if the updates answer a request of ours, when it was sent. An item that the answer leaves out
            comes without a time; it counts unless the POS has reported something about it since then.
    """
    now = clock.now()
    by_sku = {update.sku: update for update in updates if len(update.sku) <= _MAX_SKU_LENGTH}
    levels = {level.sku: level for level in StockLevel.objects.filter(venue=venue, sku__in=list(by_sku))}
    changed, new = [], []
    for sku, update in by_sku.items():
        level = levels.get(sku)
        if level is None:
            level = StockLevel(venue=venue, sku=sku, heard_at=now)
            new.append(level)
        elif not _is_newer(update, level, requested_at):
            continue
        else:
            changed.append(level)
        _update_level(level, update, now)
    insert_rows(
        StockLevel,
        columns=["id", "sku", *_LEVEL_COLUMNS],
        rows=[(level.pk, level.sku, *_values(level)) for level in new],
        same={"venue_id": venue.pk},
    )
    update_rows(StockLevel, columns=_LEVEL_COLUMNS, rows=[(level.pk, *_values(level)) for level in changed])
    recorded = [*new, *changed]
    record_sold_out(venue=venue, levels=recorded, now=now)
    return recorded


def record_asked(*, venue: Venue, updates: Iterable[ItemUpdate], requested_at: datetime) -> None:
    """Store the POS's answer about many items, as `record_updates` does, without rows for what needs none.

    The number of queries does not depend on the number of items.
    """
    restricted = set(StockLevel.objects.filter(venue=venue, restricted=True).values_list("sku", flat=True))
    # Items that are unrestricted both here and at the POS need no row.
    relevant = [update for update in updates if update.restricted or update.sku in restricted]
    record_updates(venue=venue, updates=relevant, requested_at=requested_at)


def to_update(restriction: Restriction) -> ItemUpdate:
    """Return a row of the POS's availability answer as an update of its item."""
    return ItemUpdate(sku=restriction.sku, restricted=True, left=restriction.left, at=restriction.updated_at)


def unrestricted_update(sku: str) -> ItemUpdate:
    """Return the update that the POS implies by leaving an item out of its availability answer."""
    return ItemUpdate(sku=sku, restricted=False, left=None, at=None)


def forget_count_times(*, venue: Venue, heard_before: datetime) -> None:
    """Clear the POS's times of levels received before `heard_before`, so that its next update counts as newer."""
    StockLevel.objects.filter(venue=venue, heard_at__lt=heard_before).exclude(counted_at=None).update(counted_at=None)


def _is_newer(update: ItemUpdate, level: StockLevel, requested_at: datetime | None) -> bool:
    if update.at is None:
        differs = (level.restricted, level.count) != (update.restricted, update.left)
        return differs and requested_at is not None and level.heard_at <= requested_at
    if level.counted_at is None or update.at > level.counted_at:
        return True
    # The POS's times are in milliseconds and it may sell twice within one: the lower count is the later one.
    return update.at == level.counted_at and _severity(update.restricted, update.left) > _severity(
        level.restricted, level.count
    )


def _severity(restricted: bool, count: int | None) -> tuple[int, int]:
    """Return a sort key: unrestricted first, then counted with fewer left, then sold out without a count."""
    if not restricted:
        return 0, 0
    return (2, 0) if count is None else (1, -count)


def _update_level(level: StockLevel, update: ItemUpdate, now: datetime) -> None:
    level.taken = _taken_after(update, level, now)
    level.restricted, level.count = update.restricted, update.left if update.restricted else None
    level.heard_at = now
    if update.at is not None:
        # If the POS's clock is wrong, an update from far in the future must not outrank all that follow.
        level.counted_at = min(update.at, now + POS_CLOCK_TOLERANCE)
    elif level.counted_at is not None:
        # The change came some time after the stored update, so a second delivery of that one must count as older.
        level.counted_at += _SMALLEST_STEP


def _taken_after(update: ItemUpdate, level: StockLevel, now: datetime) -> int:
    """Return how many of our orders' items the POS's new count does not include yet."""
    if not update.restricted or update.left is None:
        return 0
    if level.taken_at is None or level.taken_at <= now - _ARRIVES_WITHIN:
        return 0
    arrived = max(level.count - update.left, 0) if level.restricted and level.count is not None else 0
    return max(level.taken - arrived, 0)


def _values(level: StockLevel) -> list[Any]:
    return [getattr(level, name) for name in _LEVEL_COLUMNS]


# --- What our own orders take ----------------------------------------------------------------------------------------


def release_expired_reservations(*, venue: Venue) -> int:
    """Stop counting our orders that the POS should have counted by now; return for how many items."""
    return expired_reservations(now=clock.now()).filter(venue=venue).update(taken=0)


def expired_reservations(*, now: datetime) -> QuerySet[StockLevel]:
    """Return the levels, of all venues, that still count orders which the POS should have counted by now."""
    return StockLevel.objects.filter(taken__gt=0, taken_at__lte=now - _ARRIVES_WITHIN)


# --- The entries of the menu -----------------------------------------------------------------------------------------


def propagate_to_menu(*, venue: Venue, skus: Collection[str] | None = None) -> int:
    """Copy levels and snoozes into the columns of products and choices; return how many on the menu that changes.

    Archived entries are updated too, for when they return, but guests do not see those and they are not counted.

    Call this inside the transaction that changes a level or a snooze; raise the menu's version there if the result is
    not 0.

    Args:
        venue: the venue whose menu it is.
        skus: the items to update; None for all, which takes as many queries.
    """
    now = clock.now()
    levels = StockLevel.objects.filter(venue=venue, restricted=True)
    snoozes = active_snoozes(venue=venue, now=now)
    if skus is not None:
        levels, snoozes = levels.filter(sku__in=skus), snoozes.filter(sku__in=skus)
    values: dict[str, list[Any]] = {}
    for level in levels:
        values[level.sku] = [None if level.count is None else level.left, not level.left, None]
    # The longest snooze counts; one without `until` is the longest of all.
    ends = snoozes.order_by().values_list("sku").annotate(last=Max("until"), endless=Count("pk", filter=Q(until=None)))
    for sku, last, endless in ends:
        values.setdefault(sku, [None, False, None])[2] = UNTIL_FURTHER_NOTICE if endless else last
    live = Q(archived_at=None)
    products = Product.objects.filter(venue=venue).annotate(live=live)
    modifiers = Modifier.objects.filter(group__venue=venue).exclude(sku="")
    modifiers = modifiers.annotate(live=live & Q(group__archived_at=None))
    return _update_entries(Product, products, values, skus) + _update_entries(Modifier, modifiers, values, skus)


def active_snoozes(*, venue: Venue, now: datetime) -> QuerySet[Snooze]:
    """Return the snoozes that keep items from being ordered now.

    The records of items sold out on the till are not among them: for those the stock levels decide.
    """
    return Snooze.objects.filter(Q(until=None) | Q(until__gt=now), venue=venue, ended_at=None).exclude(
        cause=Snooze.Cause.TILL
    )


def _update_entries(
    model: type[Product | Modifier],
    rows: QuerySet[Any, Any],
    values: Mapping[str, list[Any]],
    skus: Collection[str] | None,
) -> int:
    if skus is None:
        affected = Q(stock__isnull=False) | Q(sold_out=True) | Q(snoozed_until__isnull=False) | Q(sku__in=list(values))
    else:
        affected = Q(sku__in=list(skus))
    changes, visible = [], 0
    for id, sku, live, *before in rows.filter(affected).order_by().values_list("id", "sku", "live", *_ENTRY_COLUMNS):
        after = values.get(sku, [None, False, None])
        if after != before:
            changes.append((id, *after))
            visible += bool(live)
    update_rows(model, columns=_ENTRY_COLUMNS, rows=changes)
    return visible
