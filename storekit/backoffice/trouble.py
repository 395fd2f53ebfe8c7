"""Which orders need a person."""

from django.db.models import QuerySet

from orders.models import CLOSED_STATUSES, Injection
from storekit.staff import AnyUser, within_venues


def injections_in_trouble(*, user: AnyUser) -> QuerySet[Injection]:
    """Orders of the person's venues that the POS refused, however long ago, until somebody settles them."""
    failed = Injection.objects.filter(state=Injection.State.FAILED).exclude(order__status__in=CLOSED_STATUSES)
    return within_venues(failed, user=user, path="order__venue")
