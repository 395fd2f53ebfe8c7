"""How each venue is doing tonight, from a fixed number of queries however many venues there are."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.formats import date_format

from integrations.models import Notification, SyncRun
from menus.models import Product
from orders.checkout.venue_settings import opening_hours_by_venue
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from storekit.backoffice import findings
from storekit.backoffice.failures import failed_injections, payments_needing_staff
from storekit.backoffice.findings import Finding, OrdersTonight, Tone, WaitingOrders
from storekit.local_time.service_days import service_day_start
from storekit.models import User, Venue
from storekit.queue.heartbeat import worker_health
from storekit.staff import managed_venues_of, venues_of
from tables.models import Reconciliation, Table, has_duplicate_number

_MAX_VENUES = 50
_NOT_TO_BE_SENT = (Order.Status.AWAITING_PAYMENT, Order.Status.CANCELLED)
_MAX_FAILED = 200
_TWO_DAYS = timedelta(days=2)


@dataclass(frozen=True)
class VenueTonight:
    """One venue on the home page."""

    venue: Venue
    now: datetime
    orders: OrdersTonight
    findings: tuple[Finding, ...]

    @property
    def local_time(self) -> str:
        """The time at the venue, such as `Friday, 22:30`. As text: templates would show a time in the user's zone."""
        return date_format(self.now.astimezone(self.venue.zone), "l, H:i")

    @property
    def needs_attention(self) -> int:
        """How many things a person has to deal with."""
        return sum(finding.needs_attention for finding in self.findings)

    @property
    def is_fine(self) -> bool:
        """Whether every finding is good."""
        return all(finding.tone is Tone.GOOD for finding in self.findings)


def venues_tonight(*, user: User) -> list[VenueTonight]:
    """Return the user's venues with their findings, those that need most attention first."""
    now = timezone.now()
    venues: list[Any] = list(_venues(user)[:_MAX_VENUES])
    managed = set(managed_venues_of(user).values_list("pk", flat=True))
    products = _by_venue(Product.objects.filter(archived_at=None), "venue", venues)
    unprocessed = Notification.objects.filter(processed_at=None).exclude(error="")
    notifications = _by_venue(unprocessed, "connection__venue", venues)
    syncs = _syncs(venues)
    duplicates = _duplicate_table_numbers(venues)
    orders = _orders(user=user, venues=venues, now=now)
    needing = _by_venue(payments_needing_staff(user=user), "venue", venues)
    nights = _last_nights(venues, now)
    workers = worker_health()
    worker = findings.worker_finding(workers)
    tonight = []
    for venue in venues:
        connection = getattr(venue, "connection", None)
        parts = (
            *(() if worker.tone is Tone.GOOD else (worker,)),
            *findings.order_findings(
                orders[venue.pk],
                venue=venue,
                connected=findings.takes_orders(connection),
                worker_runs=workers.alive,
            ),
            *findings.payment_findings(getattr(venue, "pay_at_table", None), needing=needing[venue.pk], venue=venue),
            *findings.reconciliation_findings(nights.get(venue.pk)),
            findings.connection_finding(connection, venue=venue, manages=venue.pk in managed),
            *findings.till_findings(connection),
            findings.menu_finding(
                getattr(venue, "menu", None),
                products=products[venue.pk],
                latest=syncs.get(venue.latest_sync),
                latest_good=syncs.get(venue.latest_good_sync),
                zone=venue.zone,
            ),
            *findings.table_findings(duplicates.get(venue.pk, ()), venue=venue),
            findings.notification_finding(notifications[venue.pk], venue=venue),
            *((worker,) if worker.tone is Tone.GOOD else ()),
        )
        tonight.append(VenueTonight(venue=venue, now=now, orders=orders[venue.pk], findings=parts))
    return sorted(tonight, key=lambda venue: -venue.needs_attention)


def _venues(user: User) -> QuerySet[Venue]:
    return (
        venues_of(user)
        .select_related("connection", "menu", "pay_at_table")
        .annotate(latest_sync=_latest_sync(SyncRun.State.SUCCEEDED, SyncRun.State.FAILED, SyncRun.State.HELD))
        .annotate(latest_good_sync=_latest_sync(SyncRun.State.SUCCEEDED))
    )


def _latest_sync(*states: SyncRun.State) -> Subquery:
    runs = SyncRun.objects.filter(connection__venue=OuterRef("pk"), kind=SyncRun.Kind.MENU, state__in=states)
    return Subquery(runs.order_by("-started_at").values("pk")[:1])


def _syncs(venues: list[Any]) -> dict[int, SyncRun]:
    return SyncRun.objects.in_bulk({pk for venue in venues for pk in (venue.latest_sync, venue.latest_good_sync) if pk})


def _by_venue(rows: QuerySet, path: str, venues: list[Venue]) -> Counter[int]:
    counted = rows.filter(**{f"{path}__in": venues}).order_by().values_list(path).annotate(Count("pk"))
    return Counter(dict(counted))


def _last_nights(venues: list[Venue], now: datetime) -> dict[int, Reconciliation]:
    """Return the comparison of each venue's last night, if it is not older than two days."""
    rows = Reconciliation.objects.filter(venue__in=venues, nightly=True, day__gte=now.date() - _TWO_DAYS)
    finished = rows.filter(state=Reconciliation.State.DONE).order_by("day")
    return {row.venue_id: row for row in finished}


def _duplicate_table_numbers(venues: list[Venue]) -> dict[int, tuple[int, ...]]:
    duplicates = Table.objects.filter(has_duplicate_number(), venue__in=venues).order_by("number")
    numbers: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for venue, number in duplicates.values_list("venue", "number").distinct():
        numbers[venue] += (number,)
    return numbers


def _orders(*, user: User, venues: list[Venue], now: datetime) -> dict[int, OrdersTonight]:
    today = _today(venues, now)
    failed: dict[int, list[Injection]] = defaultdict(list)
    injections = (
        failed_injections(user=user)
        .select_related("order__venue__connection")
        .order_by("-order__placed_at", "-order__number")
    )
    for injection in injections.filter(order__venue__in=venues)[:_MAX_FAILED]:
        failed[injection.order.venue_id].append(injection)
    states: dict[int, Counter[str]] = defaultdict(Counter)
    counted = (
        Injection.objects.filter(today, order__venue__in=venues)
        .exclude(order__status__in=_NOT_TO_BE_SENT)
        .values_list("order__venue", "state")
        .annotate(Count("pk"))
    )
    for venue, state, count in counted:
        states[venue][state] = count
    waits, duplicates = _waiting_orders(venues, now), _possible_duplicates(venues, today)
    return {
        venue.pk: OrdersTonight(
            failed=tuple(failed[venue.pk]),
            states=dict(states[venue.pk]),
            waits=waits.get(venue.pk, WaitingOrders()),
            zone=venue.zone,
            duplicates=duplicates[venue.pk],
        )
        for venue in venues
    }


def _possible_duplicates(venues: list[Venue], today: Q) -> Counter[int]:
    alerts = Alert.objects.filter(about=Alert.About.DOUBLE)
    tonight = Injection.objects.filter(today, order__in=alerts.values("order"))
    return _by_venue(tonight.exclude(order__status__in=CLOSED_STATUSES), "order__venue", venues)


def _waiting_orders(venues: list[Venue], now: datetime) -> dict[int, WaitingOrders]:
    """Return the waiting orders by venue, from one query."""
    state = Injection.State
    waiting = Q(state__in=(state.WAITING, state.SENDING))
    overdue = Q(state=state.WAITING) & (Q(attempts__gt=0) | Q(next_attempt_at__lt=now - findings.LATE_AFTER))
    counted = (
        Injection.objects.filter(state__in=(state.WAITING, state.SENDING, state.ACCEPTED), order__venue__in=venues)
        .exclude(order__status__in=_NOT_TO_BE_SENT)
        .values_list("order__venue")
        .annotate(
            unsent=Count("pk", filter=waiting),
            late=Count("pk", filter=overdue),
            accepted=Count("pk", filter=Q(state=state.ACCEPTED)),
            unconfirmed=Count("pk", filter=Q(state=state.ACCEPTED, deliver_by__lte=now)),
            # Only of those that are late: a sweep finds the others within the minute.
            due_since=Min("next_attempt_at", filter=Q(next_attempt_at__lt=now - findings.LATE_AFTER)),
        )
    )
    return {venue: WaitingOrders(*counts) for venue, *counts in counted}


def _today(venues: list[Venue], now: datetime) -> Q:
    """Match the orders of each venue's current service day: placed during it, or scheduled for it."""
    hours = opening_hours_by_venue(venues)
    starts: dict[datetime, list[int]] = defaultdict(list)
    for venue in venues:
        starts[service_day_start(moment=now, zone=venue.zone, hours=hours.get(venue.pk, ()))].append(venue.pk)
    today = Q(pk=None)
    for start, ids in starts.items():
        since = Q(order__placed_at__gte=start) | Q(order__scheduled_for__gte=start)
        today |= Q(order__venue__in=ids) & since
    return today
