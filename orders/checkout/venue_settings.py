"""A venue's settings for taking orders: its business location, its hold settings and its rules, read in one query."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.connect.ordering import NotOrdering, why_not_ordering
from integrations.pos import VenuePosSettings
from orders.checkout.problems import Problem
from orders.checkout.rules import Rules
from orders.models import Order, OrderingHours
from storekit.db.compiled_queries import CompiledQuery
from storekit.local_time.opening_hours import OpeningHours
from storekit.models import Venue
from storekit.queue.heartbeat import AnyWorkerAlive

_COLUMNS = (
    "connection__business_location_id",
    "connection__settings__buffer_orders",
    "connection__settings__buffer_minutes",
    "ordering_rules__pickup",
    "ordering_rules__delivery",
    "ordering_rules__dine_in",
    "ordering_rules__notice_minutes",
    "ordering_rules__furthest_ahead_days",
    "ordering_rules__minutes_to_pay",
    "connection__status",
    "connection__enabled",
    "connection__not_ready_reason",
    AnyWorkerAlive(),
    "ordering_rules__hours__weekday",
    "ordering_rules__hours__opens",
    "ordering_rules__hours__closes",
)

_ORDERING_SETTINGS = CompiledQuery(lambda venue: Venue.objects.filter(pk=venue[0]).order_by().values_list(*_COLUMNS))


@dataclass(frozen=True)
class OrderingSettings:
    """How a venue takes orders.

    `location` is the id of the business location that the venue is linked to, empty for none. `pos_settings` has only
    the fields filled in that decide when orders are sent: `buffer_orders` and `buffer_minutes`. `not_ordering` is why
    no order for now can be sent, None if it can.
    """

    location: str
    pos_settings: VenuePosSettings
    rules: Rules
    not_ordering: NotOrdering | None


def ordering_settings_of(*, venue: Venue) -> OrderingSettings:
    """Return the venue's settings for taking orders. A venue without rules accepts every order."""
    # One row for each entry of the venue's hours.
    rows = _ORDERING_SETTINGS.rows(venue=[venue.pk])
    location, buffer_orders, buffer_minutes, pickup, delivery, dine_in, notice, ahead, to_pay, *more = rows[0]
    status, enabled, not_ready_reason, worker_alive, *_ = more
    pos_settings = VenuePosSettings()
    if buffer_orders is not None:
        pos_settings = VenuePosSettings(buffer_orders=buffer_orders, buffer_minutes=buffer_minutes)
    rules = Rules()
    if ahead is not None:
        accepted = {Order.Type.PICKUP: pickup, Order.Type.DELIVERY: delivery, Order.Type.DINE_IN: dine_in}
        rules = Rules(
            types=frozenset(type for type, is_accepted in accepted.items() if is_accepted),
            notice=timedelta(minutes=notice),
            furthest_ahead_days=ahead,
            time_to_pay=timedelta(minutes=to_pay),
            hours=tuple(OpeningHours(*row[-3:]) for row in rows if row[-3] is not None),
        )
    not_ordering = why_not_ordering(
        status=status, enabled=enabled, not_ready_reason=not_ready_reason, worker_alive=worker_alive
    )
    return OrderingSettings(location=location or "", pos_settings=pos_settings, rules=rules, not_ordering=not_ordering)


def not_ordering_problem(
    *, settings: OrderingSettings, scheduled_for: datetime | None, now: datetime, advice: str = ""
) -> Problem | None:
    """Return why an order cannot be taken at the moment; None if it can, or if it is for later. Times are aware.

    The kitchen need not start an order for later yet: until then the venue may be able to take it again. Sold to a
    guest who waits for it, it would be sent too late or never.

    Args:
        advice: a sentence with what the shop can do.
    """
    if settings.not_ordering is None or not is_wanted_soon(settings=settings, scheduled_for=scheduled_for, now=now):
        return None
    return Problem(settings.not_ordering.code, f"{settings.not_ordering.reason} {advice}".strip(), "scheduled_for")


def is_wanted_soon(*, settings: OrderingSettings, scheduled_for: datetime | None, now: datetime) -> bool:
    """Whether the kitchen has to start an order now. A till that is closed in the morning may be open for lunch."""
    return scheduled_for is None or scheduled_for <= now + timedelta(minutes=settings.pos_settings.buffer_minutes)


def loaded_opening_hours(venue: Venue) -> tuple[OpeningHours, ...]:
    """Return the hours of a venue that is loaded with its ordering rules and their hours; makes no query then."""
    rules = getattr(venue, "ordering_rules", None)
    return tuple(OpeningHours(row.weekday, row.opens, row.closes) for row in rules.hours.all()) if rules else ()


def stored_opening_hours(*, venue: Venue) -> tuple[OpeningHours, ...]:
    """Return the hours of a venue, in one query; none if it is open at all times. See `queue.registry`."""
    return tuple(opening_hours_by_venue([venue]).get(venue.pk, ()))


def opening_hours_by_venue(venues: Sequence[Venue]) -> dict[int, list[OpeningHours]]:
    """Return the hours of those venues that have some, by the venue's id, in one query."""
    found: dict[int, list[OpeningHours]] = defaultdict(list)
    rows = OrderingHours.objects.filter(rules__venue__in=venues).order_by()
    for venue, weekday, opens, closes in rows.values_list("rules__venue", "weekday", "opens", "closes"):
        found[venue].append(OpeningHours(weekday, opens, closes))
    return found
