"""What is left of items: the POS's word by SKU, and from it the columns of products and choices that everybody reads.

The POS is right, and we are ahead of it: an order takes its items off our count at once, while the POS counts it when
it reaches the till, seconds later, and tells us so after that. So a level keeps both numbers, the POS's count and what
we have taken that the count cannot show yet, and what is left is one less the other. Each time the POS counts fewer
than before, that many of ours have arrived. Two orders for the last five, and the POS's four after the first of them:
three are left, not four. Somebody at the till who sells one meanwhile is mistaken for one of ours until ours arrives.

What never arrives (an order that failed or is never paid) stops counting ten minutes after the last order, at the POS's
next word or at the comparison with the till that is due by then; where an order is held back, ten minutes after it is
to be sent, but a day at most. Nothing is given back before that.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from integrations.pos import ItemUpdate, Restriction
from menus.models import Modifier, Product, Snooze, StockLevel
from menus.stock.sold_out_log import keep_records
from storekit.db.bulk import insert_rows, update_rows
from storekit.models import Venue

FOR_GOOD = datetime(9000, 1, 1, tzinfo=UTC)
"""`snoozed_until` of what sleeps until further notice."""

_ARRIVES_WITHIN = timedelta(minutes=10)
# Further ahead, the count at the till is another day's.
_HELD_AT_MOST = timedelta(days=1)
# What a POS whose clock is wrong says must not stand above everything that it says later.
_CLOCKS_DIFFER_BY = timedelta(minutes=10)
_LEAST = timedelta(microseconds=1)
_LONGEST_SKU = 25
_COLUMNS = ("stock", "sold_out", "snoozed_until")
_SAID = ("restricted", "count", "counted_at", "heard_at", "taken")


def record_updates(*, venue: Venue, words: Iterable[ItemUpdate], asked_at: datetime | None = None) -> list[StockLevel]:
    """Record what the POS says of items and return the levels that changed; `propagate_to_menu` comes next.

    What is older than what is held is left out. To be called in the transaction that raises the menu's version, behind
    the lock on the menu's row.

    Args:
        venue: whose items.
        words: at most one for each SKU.
        asked_at: of an answer to our own question, when it was asked. An item that it does not name has no time; it
            counts unless the POS has said something else since.
    """
    now = timezone.now()
    by_sku = {word.sku: word for word in words if len(word.sku) <= _LONGEST_SKU}
    levels = {one.sku: one for one in StockLevel.objects.filter(venue=venue, sku__in=list(by_sku))}
    changed, new, venue_id = [], [], {"venue_id": venue.pk}
    for sku, word in by_sku.items():
        level = levels.get(sku)
        if level is None:
            level = StockLevel(venue=venue, sku=sku, heard_at=now)
            new.append(level)
        elif not _is_news(level, word, asked_at):
            continue
        else:
            changed.append(level)
        _take_over(level, word, now)
    insert_rows(
        StockLevel, columns=["id", "sku", *_SAID], rows=[(one.pk, one.sku, *_said(one)) for one in new], same=venue_id
    )
    update_rows(StockLevel, columns=_SAID, rows=[(one.pk, *_said(one)) for one in changed])
    heard = [*new, *changed]
    keep_records(venue=venue, levels=heard, now=now)
    return heard


def write_stock(*, venue: Venue, restrictions: Collection[Restriction], asked_at: datetime) -> int:
    """Brings the venue's items in step with all of the POS's restrictions; returns how many entries that changes.

    To be called in the transaction that raises the menu's version. The number of queries does not depend on the menu.
    """
    named = {one.sku for one in restrictions}
    lifted = StockLevel.objects.filter(venue=venue, restricted=True).exclude(sku__in=named)
    words = [*map(to_update, restrictions), *map(unrestricted_update, lifted.values_list("sku", flat=True))]
    record_updates(venue=venue, words=words, asked_at=asked_at)
    return propagate_to_menu(venue=venue)


def to_update(restriction: Restriction) -> ItemUpdate:
    """A row of the POS's answer about availability, as what it says of the item."""
    return ItemUpdate(sku=restriction.sku, restricted=True, left=restriction.left, at=restriction.updated_at)


def unrestricted_update(sku: str) -> ItemUpdate:
    """What the POS says by leaving an item out of such an answer."""
    return ItemUpdate(sku=sku, restricted=False, left=None, at=None)


def forget_what_never_arrived(*, venue: Venue) -> int:
    """Stops counting orders of ours that the POS would have counted by now; returns for how many items."""
    return never_arrived(now=timezone.now()).filter(venue=venue).update(taken=0)


def never_arrived(*, now: datetime) -> QuerySet[StockLevel]:
    """The levels, of any venue, that count orders of ours which the POS would have counted by now."""
    return StockLevel.objects.filter(taken__gt=0, taken_at__lte=now - _ARRIVES_WITHIN)


def forget_when(*, venue: Venue, heard_before: datetime) -> None:
    """Lets whatever the POS says next be newer than what was heard of it before that time."""
    StockLevel.objects.filter(venue=venue, heard_at__lt=heard_before).exclude(counted_at=None).update(counted_at=None)


# --- The POS's word --------------------------------------------------------------------------------------------------


def _is_news(level: StockLevel, word: ItemUpdate, asked_at: datetime | None) -> bool:
    if word.at is None:
        differs = (level.restricted, level.count) != (word.restricted, word.left)
        return differs and asked_at is not None and level.heard_at <= asked_at
    if level.counted_at is None or word.at > level.counted_at:
        return True
    # The POS counts in milliseconds, and may sell twice within one: fewer are later.
    return word.at == level.counted_at and _strictness(word.restricted, word.left) > _strictness(
        level.restricted, level.count
    )


def _strictness(restricted: bool, count: int | None) -> tuple[int, int]:
    if not restricted:
        return 0, 0
    return (2, 0) if count is None else (1, -count)


def _take_over(level: StockLevel, word: ItemUpdate, now: datetime) -> None:
    level.taken = _still_under_way(level, word, now)
    level.restricted, level.count = word.restricted, word.left if word.restricted else None
    level.heard_at = now
    if word.at is not None:
        level.counted_at = min(word.at, now + _CLOCKS_DIFFER_BY)
    elif level.counted_at is not None:
        # It became so at some time after what we held, which is older now when it is delivered once more.
        level.counted_at += _LEAST


def _said(level: StockLevel) -> list[Any]:
    return [getattr(level, name) for name in _SAID]


def _still_under_way(level: StockLevel, word: ItemUpdate, now: datetime) -> int:
    """How many of ours the POS's new count does not show."""
    if not word.restricted or word.left is None or level.taken_at is None or level.taken_at <= now - _ARRIVES_WITHIN:
        return 0
    arrived = max(level.count - word.left, 0) if level.restricted and level.count is not None else 0
    return max(level.taken - arrived, 0)


# --- The entries of the menu -----------------------------------------------------------------------------------------


def propagate_to_menu(*, venue: Venue, skus: Collection[str] | None = None) -> int:
    """Brings products and choices in step with levels and snoozes; returns how many on the menu that changes.

    Archived ones too, for when they come back, but no guest sees those.

    To be called in the transaction that changes either, which raises the menu's version when there are any.
    `skus`: whose; None for all, which takes as many queries.
    """
    now = timezone.now()
    levels = StockLevel.objects.filter(venue=venue, restricted=True)
    asleep = snoozes_in_force(venue=venue, now=now)
    if skus is not None:
        levels, asleep = levels.filter(sku__in=skus), asleep.filter(sku__in=skus)
    facts: dict[str, list[Any]] = {}
    for level in levels:
        facts[level.sku] = [None if level.count is None else level.left, not level.left, None]
    # The longest one counts; `until` is empty for the longest of all.
    ends = asleep.order_by().values_list("sku").annotate(last=Max("until"), endless=Count("pk", filter=Q(until=None)))
    for sku, last, endless in ends:
        facts.setdefault(sku, [None, False, None])[2] = FOR_GOOD if endless else last
    live = Q(archived_at=None)
    products = Product.objects.filter(venue=venue).annotate(live=live)
    modifiers = Modifier.objects.filter(group__venue=venue).exclude(sku="")
    modifiers = modifiers.annotate(live=live & Q(group__archived_at=None))
    return sum(_write(model, rows, facts, skus) for model, rows in ((Product, products), (Modifier, modifiers)))


def snoozes_in_force(*, venue: Venue, now: datetime) -> QuerySet[Snooze]:
    """Those that keep items from being ordered; the till's own records do not, its levels do."""
    return Snooze.objects.filter(Q(until=None) | Q(until__gt=now), venue=venue, ended_at=None).exclude(
        cause=Snooze.Cause.TILL
    )


def _write(
    model: type[Product | Modifier],
    rows: QuerySet[Any, Any],
    facts: Mapping[str, list[Any]],
    skus: Collection[str] | None,
) -> int:
    if skus is None:
        concerned = Q(stock__isnull=False) | Q(sold_out=True) | Q(snoozed_until__isnull=False) | Q(sku__in=list(facts))
    else:
        concerned = Q(sku__in=list(skus))
    changes, seen = [], 0
    for id, sku, live, *before in rows.filter(concerned).order_by().values_list("id", "sku", "live", *_COLUMNS):
        after = facts.get(sku, [None, False, None])
        if after != before:
            changes.append((id, *after))
            seen += bool(live)
    update_rows(model, columns=_COLUMNS, rows=changes)
    return seen


def take_off(*, level: StockLevel, quantity: int, now: datetime, sent_at: datetime | None = None) -> bool:
    """Counts an order of ours; False when so many are not left, at this very moment, whoever else is ordering.

    `sent_at` is when an order that is held back goes to the POS; None: now.
    """
    under_way = (level.taken_at if level.taken else None) or now
    taken_at = max(now, under_way, min(sent_at or now, now + _HELD_AT_MOST))
    rows = StockLevel.objects.filter(pk=level.pk, restricted=True, taken__lte=F("count") - quantity)
    return bool(rows.update(taken=F("taken") + quantity, taken_at=taken_at))
