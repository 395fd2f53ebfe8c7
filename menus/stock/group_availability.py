"""Find the groups with too few available choices by a query, for callers that have not loaded the whole menu."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from menus.models import Modifier
from menus.pricing import OPEN
from menus.stock.deal_availability import choices_needed


def groups_without_enough_choices(*, required: Mapping[UUID, int], now: datetime) -> set[UUID]:
    """Return those of the groups that have too few available choices left to be satisfied.

    Only the choices themselves count, not the groups that they open. One query, or none if `required` is empty. The
    query may see a later state than what the caller read before; that is fine, since an order is placed now.

    Args:
        required: the minimum number of choices, by group.
        now: the time at which snoozes are judged.
    """
    if not required:
        return set()
    available = Q(sold_out=False) & (Q(snoozed_until=None) | Q(snoozed_until__lte=now))
    choices = Modifier.objects.filter(~OPEN, group__in=list(required), archived_at=None).order_by()
    counted = choices.values_list("group").annotate(all=Count("pk"), left=Count("pk", filter=available))
    counts = {id: (number, left) for id, number, left in counted}
    short = set()
    for id, minimum in required.items():
        number, left = counts.get(id, (0, 0))
        if left < choices_needed(minimum=minimum, choices=number):
            short.add(id)
    return short
