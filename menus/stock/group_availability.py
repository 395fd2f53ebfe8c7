"""Which groups of a menu have too few choices left, where a whole menu is not at hand."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from menus.models import Modifier
from menus.stock.deal_availability import needed


def lacking_groups(*, required: Mapping[UUID, int], now: datetime) -> set[UUID]:
    """Of these groups, by how many choices they take at least, those that nobody can answer any more.

    By the choices themselves, whatever these ask for. One query, and none where nothing is required. It may be of a
    moment later than what else was read, which is as good: what can be ordered is what can be ordered now.
    """
    if not required:
        return set()
    awake = Q(sold_out=False) & (Q(snoozed_until=None) | Q(snoozed_until__lte=now))
    choices = Modifier.objects.filter(group__in=list(required), archived_at=None).order_by()
    counted = choices.values_list("group").annotate(all=Count("pk"), left=Count("pk", filter=awake))
    found = {id: (number, left) for id, number, left in counted}
    return {
        id
        for id, minimum in required.items()
        if found.get(id, (0, 0))[1] < needed(minimum=minimum, choices=found.get(id, (0, 0))[0])
    }
