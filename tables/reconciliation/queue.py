"""Ask for reconciliations: on a button, and for every venue once its service day has ended."""

from datetime import date, datetime, timedelta

from django.db import transaction

from storekit.db import clock
from storekit.db.due_rows import due_now, enqueue_each, enqueue_on_commit
from storekit.local_time.service_days import opening_hours_of, service_day, service_day_bounds
from storekit.models import Venue
from tables.models import PayAtTable, Payment, Reconciliation

RECONCILE = "tables.tasks.reconcile"

AFTER_THE_DAY = timedelta(minutes=30)
"""How long after its service day has ended a venue's payments are compared: by then the last ones have settled."""
_ONE_DAY = timedelta(days=1)
_FIRST_DAY = date(2000, 1, 1)
_MOST_AT_ONCE = 100


def request_reconciliation(*, venue: Venue, day: date, by: str) -> Reconciliation:
    """Ask for the payments of a service day to be compared, and return the row. The worker is told on commit."""
    row = Reconciliation.objects.create(venue=venue, day=day, requested_by=by[:150])
    enqueue_on_commit(RECONCILE, row.pk)
    return row


def check_day(day: date) -> None:
    """Check that payments can have been made on a day. Raises `ValueError` with a sentence for staff."""
    if not _FIRST_DAY <= day <= clock.now().date() + _ONE_DAY:
        raise ValueError("Choose a day that is not in the future, nor before the year 2000.")


def latest_day(*, venue: Venue) -> date:
    """Return the service day of now, which is the one that staff most likely mean."""
    return service_day(moment=clock.now(), zone=venue.zone, hours=opening_hours_of(venue=venue))


def enqueue_due() -> int:
    """Ask for the nights that have not been compared yet, queue every row that is due, and return how many."""
    now = clock.now()
    nights = Reconciliation.objects.filter(nightly=True, day__gte=now.date() - 3 * _ONE_DAY)
    there = set(nights.values_list("venue", "day"))
    for settings in PayAtTable.objects.select_related("venue"):
        yesterday = service_day(moment=now - AFTER_THE_DAY, zone=settings.venue.zone) - _ONE_DAY
        if (settings.venue_id, yesterday) not in there:
            _ask_for_night(settings, yesterday, now)
    due = Reconciliation.objects.filter(next_attempt_at__lte=due_now()).order_by("next_attempt_at")
    return enqueue_each(RECONCILE, due.values_list("pk", flat=True)[:_MOST_AT_ONCE])


def _ask_for_night(settings: PayAtTable, day: date, now: datetime) -> None:
    """Create the row of a service day once it has ended, if guests paid on it or could have: one for each venue."""
    venue = settings.venue
    begins, ends = service_day_bounds(day=day, zone=venue.zone, hours=opening_hours_of(venue=venue))
    if now < ends + AFTER_THE_DAY:
        return
    paid = Payment.objects.filter(venue=venue, created_at__gte=begins, created_at__lt=ends)
    if settings.payments_enabled or paid.exists():
        night = Reconciliation(venue=venue, day=day, nightly=True)
        with transaction.atomic():
            # Of several processes one creates it.
            Reconciliation.objects.bulk_create([night], ignore_conflicts=True)
