"""Find by queries which entries cannot be ordered, for callers that have not loaded the whole menu."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from menus.models import Modifier, ModifierGroup
from menus.pricing import OPEN
from menus.stock.deal_availability import Counted, GroupChoices, unorderable

_INSTRUCTION = ModifierGroup.Kind.INSTRUCTION.value


@dataclass(frozen=True)
class RequiredGroup:
    """A group of which a guest must take at least `minimum`; `kind` is a `ModifierGroup.Kind`."""

    minimum: int
    kind: str


@dataclass
class _Choices:
    """The choices of the groups read so far."""

    by_group: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    unavailable: set[UUID] = field(default_factory=set)
    opens: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    counted: dict[UUID, Counted] = field(default_factory=dict)


def entries_short_of_choices(
    *,
    opens: Mapping[UUID, Collection[UUID]],
    required: Mapping[UUID, RequiredGroup],
    counted: Mapping[UUID, Counted],
    now: datetime,
    counts_stock: bool = True,
) -> set[UUID]:
    """Return those of the products and choices that cannot be ordered for want of what their required groups need.

    One query for each level to which required groups are nested. The queries may see a later state than what the
    caller read before; that is fine, since an order is placed now.

    Args:
        opens: the groups that each of the entries opens.
        required: those of these groups that are required.
        counted: those of the entries whose portions are counted.
        now: the time at which snoozes are judged.
        counts_stock: whether what is left, and sold out, now counts.
    """
    groups = dict(required)
    choices = _Choices(counted=dict(counted))
    waiting = set(groups)
    while waiting:
        nested = _read_level(waiting, choices, now, counts_stock)
        waiting = nested.keys() - groups.keys()
        groups |= nested
    found = unorderable(
        unavailable=choices.unavailable,
        opens={**choices.opens, **opens},
        groups={
            id: GroupChoices(group.minimum, choices.by_group[id], once=group.kind == _INSTRUCTION)
            for id, group in groups.items()
        },
        counted=choices.counted,
    )
    return found & opens.keys()


def _read_level(
    ids: Collection[UUID], choices: _Choices, now: datetime, counts_stock: bool
) -> dict[UUID, RequiredGroup]:
    """Add the choices of these groups; return the required groups that they open."""
    found: dict[UUID, RequiredGroup] = {}
    opened = ("group_links__group_id", "group_links__group__minimum", "group_links__group__kind")
    rows = (
        Modifier.objects.filter(~OPEN, group__in=list(ids), archived_at=None)
        .order_by()
        .values_list(
            "group_id", "id", "sku", "stock", "sold_out", "snoozed_until", *opened, "group_links__group__archived_at"
        )
    )
    seen: set[UUID] = set()
    for group_id, id, sku, stock, sold_out, snoozed_until, nested, minimum, kind, archived_at in rows:
        if id not in seen:
            seen.add(id)
            choices.by_group[group_id].append(id)
            if stock is not None and counts_stock:
                choices.counted[id] = Counted(sku, stock)
            if (sold_out and counts_stock) or (snoozed_until is not None and snoozed_until > now):
                choices.unavailable.add(id)
        if nested and minimum and archived_at is None:
            choices.opens[id].append(nested)
            found[nested] = RequiredGroup(minimum, kind)
    return found
