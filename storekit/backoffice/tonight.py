"""How each venue is doing tonight, from a handful of queries however many venues there are."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from integrations.models import Notification, SyncRun
from menus.models import Product
from orders.models import CLOSED_STATUSES, Alert, Injection, Order
from storekit.backoffice import findings
from storekit.backoffice.findings import Finding, OrdersTonight, Tone, Waits
from storekit.backoffice.trouble import injections_in_trouble
from storekit.models import User, Venue
from storekit.staff import managed_venues_of, venues_of
from tables.models import Table, has_duplicate_number

# A night's service runs past midnight and is over by now.
_SERVICE_DAY_BEGINS_AT = 5
_LATE_AFTER = timedelta(minutes=2)
_MOST_VENUES = 50
_NOT_FOR_THE_TILL = (Order.Status.AWAITING_PAYMENT, Order.Status.CANCELLED)
_MOST_TROUBLE = 200


@dataclass(frozen=True)
class VenueTonight:
    """One venue on the first page. `now` is in its own time zone."""

    venue: Venue
    now: datetime
    orders: OrdersTonight
    findings: tuple[Finding, ...]

    @property
    def needs_you(self) -> int:
        """How many things a person has to look at."""
        return sum(finding.needs_you for finding in self.findings)

    @property
    def is_all_right(self) -> bool:
        """Whether there is nothing at all to say but good."""
        return all(finding.tone is Tone.GOOD for finding in self.findings)


def look_at_venues(*, user: User) -> list[VenueTonight]:
    """The person's venues, those in trouble first."""
    now = timezone.now()
    venues: list[Any] = list(_venues(user)[:_MOST_VENUES])
    managed = set(managed_venues_of(user).values_list("pk", flat=True))
    products = _by_venue(Product.objects.filter(archived_at=None), "venue", venues)
    unprocessed = Notification.objects.filter(processed_at=None).exclude(error="")
    notifications = _by_venue(unprocessed, "connection__venue", venues)
    syncs = _syncs(venues)
    twice = _tables_given_twice(venues)
    orders = _orders(user=user, venues=venues, now=now)
    seen = []
    for venue in venues:
        connection = getattr(venue, "connection", None)
        parts = (
            *findings.of_orders(orders[venue.pk], venue=venue, connected=findings.takes_orders(connection)),
            findings.of_connection(connection, venue=venue, manages=venue.pk in managed),
            *findings.of_till(connection),
            findings.of_menu(
                getattr(venue, "menu", None),
                products=products[venue.pk],
                latest=syncs.get(venue.latest_sync),
                latest_good=syncs.get(venue.latest_good_sync),
                zone=venue.zone,
            ),
            *findings.of_tables(twice.get(venue.pk, ()), venue=venue),
            findings.of_notifications(notifications[venue.pk], venue=venue),
        )
        seen.append(VenueTonight(venue=venue, now=now.astimezone(venue.zone), orders=orders[venue.pk], findings=parts))
    return sorted(seen, key=lambda one: -one.needs_you)


def _venues(user: User) -> QuerySet[Venue]:
    return (
        venues_of(user)
        .select_related("connection", "menu")
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


def _tables_given_twice(venues: list[Venue]) -> dict[int, tuple[int, ...]]:
    twins = Table.objects.filter(has_duplicate_number(), venue__in=venues).order_by("number")
    numbers: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for venue, number in twins.values_list("venue", "number").distinct():
        numbers[venue] += (number,)
    return numbers


def _orders(*, user: User, venues: list[Venue], now: datetime) -> dict[int, OrdersTonight]:
    trouble: dict[int, list[Injection]] = defaultdict(list)
    failed = (
        injections_in_trouble(user=user).select_related("order__venue").order_by("-order__placed_at", "-order__number")
    )
    for injection in failed.filter(order__venue__in=venues)[:_MOST_TROUBLE]:
        trouble[injection.order.venue_id].append(injection)
    states: dict[int, Counter[str]] = defaultdict(Counter)
    counted = (
        Injection.objects.filter(_today(venues, now), order__venue__in=venues)
        .exclude(order__status__in=_NOT_FOR_THE_TILL)
        .values_list("order__venue", "state")
        .annotate(Count("pk"))
    )
    for venue, state, count in counted:
        states[venue][state] = count
    waits, twice = _waits(venues, now), _perhaps_twice(venues, now)
    return {
        venue.pk: OrdersTonight(
            trouble=tuple(trouble[venue.pk]),
            states=dict(states[venue.pk]),
            waits=waits.get(venue.pk, Waits()),
            zone=venue.zone,
            twice=twice[venue.pk],
        )
        for venue in venues
    }


def _perhaps_twice(venues: list[Venue], now: datetime) -> Counter[int]:
    told = Alert.objects.filter(about=Alert.About.DOUBLE)
    tonight = Injection.objects.filter(_today(venues, now), order__in=told.values("order"))
    return _by_venue(tonight.exclude(order__status__in=CLOSED_STATUSES), "order__venue", venues)


def _waits(venues: list[Venue], now: datetime) -> dict[int, Waits]:
    """By venue, from one query."""
    state = Injection.State
    waiting = Q(state__in=(state.WAITING, state.SENDING))
    overdue = Q(state=state.WAITING) & (Q(attempts__gt=0) | Q(next_attempt_at__lt=now - _LATE_AFTER))
    counted = (
        Injection.objects.filter(state__in=(state.WAITING, state.SENDING, state.ACCEPTED), order__venue__in=venues)
        .exclude(order__status__in=_NOT_FOR_THE_TILL)
        .values_list("order__venue")
        .annotate(
            here=Count("pk", filter=waiting),
            late=Count("pk", filter=overdue),
            at_the_pos=Count("pk", filter=Q(state=state.ACCEPTED)),
            unconfirmed=Count("pk", filter=Q(state=state.ACCEPTED, deliver_by__lte=now)),
        )
    )
    return {venue: Waits(*counts) for venue, *counts in counted}


def _today(venues: list[Venue], now: datetime) -> Q:
    """Orders of each venue's present service day: placed in it, or ordered ahead for it."""
    today = Q(pk=None)
    for name, zone in {venue.timezone: venue.zone for venue in venues}.items():
        local = now.astimezone(zone)
        begin = local.replace(hour=_SERVICE_DAY_BEGINS_AT, minute=0, second=0, microsecond=0)
        begin -= timedelta(days=1) if begin > local else timedelta()
        since = Q(order__placed_at__gte=begin) | Q(order__scheduled_for__gte=begin)
        today |= Q(order__venue__timezone=name) & since
    return today
