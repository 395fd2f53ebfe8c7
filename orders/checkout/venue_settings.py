"""All that a venue has settled before anybody orders: its till's location, its settings and its rules, in one query."""

from dataclasses import dataclass
from datetime import timedelta

from integrations.pos import VenuePosSettings
from orders.checkout.rules import Rules, Span
from orders.models import Order
from storekit.db.compiled_queries import WordedQuery
from storekit.models import Venue

_COLUMNS = (
    "connection__business_location_id",
    "connection__settings__buffer_orders",
    "connection__settings__buffer_minutes",
    "ordering_rules__pickup",
    "ordering_rules__delivery",
    "ordering_rules__dine_in",
    "ordering_rules__notice_minutes",
    "ordering_rules__furthest_ahead_days",
    "ordering_rules__hours__weekday",
    "ordering_rules__hours__opens",
    "ordering_rules__hours__closes",
)

_ORDERING_SETTINGS = WordedQuery(lambda venue: Venue.objects.filter(pk=venue[0]).order_by().values_list(*_COLUMNS))


@dataclass(frozen=True)
class OrderingSettings:
    """`location` is the id of the business location that the venue is linked to, empty for none; of `settings`, what
    decides when orders are sent is filled in, and nothing else."""

    location: str
    settings: VenuePosSettings
    rules: Rules


def ordering_settings_of(*, venue: Venue) -> OrderingSettings:
    """What the venue has settled; a venue that has settled nothing allows everything."""
    # A row for each span of its hours.
    rows = _ORDERING_SETTINGS.rows(venue=[venue.pk])
    location, buffer_orders, buffer_minutes, pickup, delivery, dine_in, notice, ahead, *_ = rows[0]
    settings = VenuePosSettings()
    if buffer_orders is not None:
        settings = VenuePosSettings(buffer_orders=buffer_orders, buffer_minutes=buffer_minutes)
    if ahead is None:
        return OrderingSettings(location=location or "", settings=settings, rules=Rules())
    taken = {Order.Type.PICKUP: pickup, Order.Type.DELIVERY: delivery, Order.Type.DINE_IN: dine_in}
    rules = Rules(
        types=frozenset(type for type, is_taken in taken.items() if is_taken),
        notice=timedelta(minutes=notice),
        furthest_ahead_days=ahead,
        hours=tuple(Span(*row[-3:]) for row in rows if row[-3] is not None),
    )
    return OrderingSettings(location=location or "", settings=settings, rules=rules)
