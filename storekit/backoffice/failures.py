"""Orders that failed and payments that nobody can decide about but a person."""

from django.db.models import QuerySet

from orders.models import CLOSED_STATUSES, Injection
from storekit.staff import AnyUser, within_venues
from tables.models import Payment


def failed_injections(*, user: AnyUser) -> QuerySet[Injection]:
    """Return the failed injections of the user's venues, however old, until someone settles their orders."""
    failed = Injection.objects.filter(state=Injection.State.FAILED).exclude(order__status__in=CLOSED_STATUSES)
    return within_venues(failed, user=user, path="order__venue")


def payments_needing_staff(*, user: AnyUser) -> QuerySet[Payment]:
    """Return the guests' payments of the user's venues that need a person, however old."""
    return within_venues(Payment.objects.filter(needs_staff=True), user=user, path="venue")
