"""Orders that failed and need a person."""

from django.db.models import QuerySet

from orders.models import CLOSED_STATUSES, Injection
from storekit.staff import AnyUser, within_venues


def failed_injections(*, user: AnyUser) -> QuerySet[Injection]:
    """Return the failed injections of the user's venues, however old, until someone settles their orders."""
    failed = Injection.objects.filter(state=Injection.State.FAILED).exclude(order__status__in=CLOSED_STATUSES)
    return within_venues(failed, user=user, path="order__venue")
