"""What the first page says about a venue: each finding is a sentence, and where something is wrong, a way out."""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from integrations.models import Connection, Notification, SyncRun
from menus.models import Menu
from orders.models import Injection, Order
from orders.status_summary import local_time
from storekit.models import Venue
from tables.models import Table

_SHOWN = 5


class Tone(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Link:
    """Where to go, and what happens there."""

    label: str
    url: str


@dataclass(frozen=True)
class OrderInTrouble:
    """One order that a person has to see to: which it is, why, and the way to it."""

    name: str
    why: str
    way: Link


@dataclass(frozen=True)
class Finding:
    """One answer about a venue: subject, a sentence, an explanation, and what to do."""

    subject: str
    tone: Tone
    text: str
    detail: str = ""
    orders: tuple[OrderInTrouble, ...] = ()
    action: Link | None = None
    count: int = 1

    @property
    def needs_you(self) -> int:
        """How many things of it a person has to see to."""
        return self.count if self.tone is Tone.BAD else 0


@dataclass(frozen=True)
class Waits:
    """How many orders wait, however long ago they were placed.

    `here` have not reached the POS, and `late` are those of them that should have. `at_the_pos` have; `unconfirmed` are
    there for longer than it may take to bring them to a till.
    """

    here: int = 0
    late: int = 0
    at_the_pos: int = 0
    unconfirmed: int = 0


@dataclass(frozen=True)
class OrdersTonight:
    """The orders of the service day by the state of their injection, those that wait, and those still in trouble.

    `twice`: how many of the day's, not completed yet, may be on the till twice.
    """

    trouble: tuple[Injection, ...]
    states: dict[str, int]
    waits: Waits
    zone: zoneinfo.ZoneInfo
    twice: int = 0

    @property
    def waiting(self) -> int:
        return self.waits.here + self.waits.at_the_pos

    @property
    def scheduled(self) -> int:
        return self.states.get(Injection.State.SCHEDULED, 0)

    @property
    def confirmed(self) -> int:
        return self.states.get(Injection.State.CONFIRMED, 0)


def of_orders(orders: OrdersTonight, *, venue: Venue, connected: bool) -> tuple[Finding, ...]:
    """Orders that need a person first, then those that wait: for the POS, for a till, or for the next attempt."""
    found, waits = [], orders.waits
    if orders.trouble:
        found.append(_of_trouble(orders.trouble, venue=venue))
    if waits.here and not connected:
        found.append(_of_parked(waits.here, venue=venue))
    elif waits.late:
        found.append(_of_late(waits.late, venue=venue))
    if waits.unconfirmed:
        found.append(_of_unconfirmed(waits.unconfirmed, venue=venue))
    if orders.twice:
        found.append(_of_twice(orders.twice, venue=venue))
    if found:
        return tuple(found)
    any_orders = orders.waiting or any(orders.states.values())
    text = "Every order is on its way or on the till" if any_orders else "No orders yet today"
    return (Finding("Orders", Tone.GOOD, text),)


def _of_trouble(trouble: tuple[Injection, ...], *, venue: Venue) -> Finding:
    text = "1 order is not on the till" if len(trouble) == 1 else f"{len(trouble)} orders are not on the till"
    every = Link("Show them all", page_of(Order, state="trouble", venue=venue.slug))
    return Finding(
        "Orders",
        Tone.BAD,
        text,
        "Tell the kitchen, then open the order.",
        orders=tuple(_in_trouble(injection) for injection in trouble[:_SHOWN]),
        action=every if len(trouble) > 1 else None,
        count=len(trouble),
    )


def _of_parked(count: int, *, venue: Venue) -> Finding:
    text = "1 order waits for the POS" if count == 1 else f"{count} orders wait for the POS"
    detail = f"{_they(count, 'goes', 'go')} to the till once the POS is connected. Until then, tell the kitchen."
    return Finding(
        "Parked", Tone.BAD, text, detail, action=_look(count, page_of(Order, state="waiting", venue=venue.slug))
    )


def _of_late(count: int, *, venue: Venue) -> Finding:
    text = "1 order waits for the till" if count == 1 else f"{count} orders wait for the till"
    detail = f"The POS did not take {'it' if count == 1 else 'them'} yet. storekit tries again by itself."
    action = _look(count, page_of(Order, state="waiting", venue=venue.slug))
    return Finding("Waiting", Tone.WARNING, text, detail, action=action)


def _of_unconfirmed(count: int, *, venue: Venue) -> Finding:
    text = "1 order is not confirmed" if count == 1 else f"{count} orders are not confirmed"
    detail = f"The POS took {'it' if count == 1 else 'them'}, but no till has said so. Look at the till."
    action = _look(count, page_of(Order, state="unconfirmed", venue=venue.slug))
    return Finding("Unconfirmed", Tone.WARNING, text, detail, action=action)


def _of_twice(count: int, *, venue: Venue) -> Finding:
    text = "1 order may be on the till twice" if count == 1 else f"{count} orders may be on the till twice"
    detail = f"Look at the till: make {'it' if count == 1 else 'each'} once, and void the second check."
    action = _look(count, page_of(Order, state="twice", venue=venue.slug))
    return Finding("Perhaps twice", Tone.WARNING, text, detail, action=action)


def _they(count: int, one: str, many: str) -> str:
    return f"It {one}" if count == 1 else f"They {many}"


def _look(count: int, url: str) -> Link:
    return Link("Look at it" if count == 1 else "Look at them", url)


def takes_orders(connection: Connection | None) -> bool:
    """Whether orders can be sent through the connection as it is."""
    return connection is not None and connection.status == Connection.Status.CONNECTED and connection.enabled


def of_connection(connection: Connection | None, *, venue: Venue, manages: bool) -> Finding:
    """Whether orders can reach the POS."""
    consent = f"{reverse('integrations:connect')}?venue={venue.slug}"
    ask = "" if manages else "Ask a manager of the venue to connect it."
    status = connection.status if connection else Connection.Status.DISCONNECTED
    if connection is None or status == Connection.Status.DISCONNECTED:
        action = Link("Connect Lightspeed", consent) if manages else None
        return Finding("POS", Tone.BAD, "Not connected", ask or "Orders wait until it is.", action=action)
    if status == Connection.Status.CHOOSING_LOCATION:
        location = reverse("integrations:location", args=[venue.slug])
        action = Link("Choose the location", location) if manages else None
        return Finding("POS", Tone.BAD, "The location is not chosen yet", ask, action=action)
    if status == Connection.Status.RECONNECT_NEEDED:
        action = Link("Connect again", consent) if manages else None
        detail = ask or connection.status_reason or "Lightspeed no longer accepts our access. Orders wait."
        return Finding("POS", Tone.BAD, "Has to be connected again", detail, action=action)
    place = f"Connected to {connection.business_name} – {connection.location_name}"
    if not connection.enabled:
        action = Link("Switch it on", row_page(connection))
        return Finding("POS", Tone.WARNING, "Switched off: orders wait", place, action=action)
    return Finding("POS", Tone.GOOD, place)


def of_till(connection: Connection | None) -> tuple[Finding, ...]:
    """Whether the till takes online orders; nothing while it does, or while nobody knows."""
    if connection is None or connection.status != Connection.Status.CONNECTED or connection.pos_ready is not False:
        return ()
    detail = f"{connection.not_ready_reason} Guests see it in the menu and in their basket."
    action = Link("See the connection", row_page(connection))
    return (Finding("Till", Tone.WARNING, "Takes no online orders", detail, action=action),)


def of_menu(
    menu: Menu | None, *, products: int, latest: SyncRun | None, latest_good: SyncRun | None, zone: zoneinfo.ZoneInfo
) -> Finding:
    """Whether guests see a menu, and since when it is unchanged."""
    if latest is not None and latest.state == SyncRun.State.FAILED:
        action = Link("See why", row_page(latest))
        text = f"The sync at {clock(latest.started_at, zone)} failed"
        return Finding("Menu", Tone.BAD, text, latest.error or "Guests still see the menu from before.", action=action)
    if latest is not None and latest.state == SyncRun.State.HELD:
        action = Link("Look at it", row_page(latest))
        more = latest.error or "Guests still see the menu from before."
        return Finding("Menu", Tone.WARNING, "A sync waits for you", more, action=action)
    if menu is None or not products:
        return Finding("Menu", Tone.WARNING, "No menu yet", "It comes with the first sync after connecting.")
    text = f"{products} products" if products != 1 else "1 product"
    synced = f", synced {clock(latest_good.finished_at, zone)}" if latest_good and latest_good.finished_at else ""
    return Finding("Menu", Tone.GOOD, text, f"Version {menu.version}{synced}")


def of_tables(twice: tuple[int, ...], *, venue: Venue) -> tuple[Finding, ...]:
    """Table numbers that are there more than once; nothing when all is well."""
    if not twice:
        return ()
    numbers = ", ".join(str(number) for number in twice[:_SHOWN]) + (", …" if len(twice) > _SHOWN else "")
    text = f"Table {numbers} is there twice" if len(twice) == 1 else f"Tables {numbers} are there twice"
    detail = "Orders and bills name a table by its number alone: give each its own at the POS."
    action = Link("Look at them", page_of(Table, use="twice", venue=venue.slug))
    return (Finding("Tables", Tone.WARNING, text, detail, action=action),)


def of_notifications(failed: int, *, venue: Venue) -> Finding:
    """Whether everything that the POS told us was understood."""
    if not failed:
        return Finding("Notifications", Tone.GOOD, "All understood")
    text = "1 could not be worked on" if failed == 1 else f"{failed} could not be worked on"
    action = Link("Look at them", page_of(Notification, progress="failed", venue=venue.slug))
    return Finding(
        "Notifications", Tone.BAD, text, "What the till said about an order may not show here.", action=action
    )


def page_of(model: type[Model], **filters: str) -> str:
    """The filtered list of a model in the back office, or nothing where it has none."""
    if not admin.site.is_registered(model):
        return ""
    return f"{reverse(f'admin:{model._meta.app_label}_{model._meta.model_name}_changelist')}?{urlencode(filters)}"


def row_page(row: Model) -> str:
    """A row's page in the back office, or nothing where its model has none."""
    if not admin.site.is_registered(type(row)):
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def clock(moment: datetime, zone: zoneinfo.ZoneInfo) -> str:
    """A moment as people of the venue say it: `23 Nov, 19:42`."""
    return moment.astimezone(zone).strftime("%-d %b, %H:%M")


def _in_trouble(injection: Injection) -> OrderInTrouble:
    order = injection.order
    customer = f"{order.first_name} {order.last_name}".strip()
    wanted = local_time(order, order.scheduled_for) if order.scheduled_for else "now"
    return OrderInTrouble(
        name=f"{order.get_type_display()} for {wanted} · {customer} · placed {local_time(order, order.placed_at)}",
        why=injection.error.partition("\n")[0] or "The POS gave no reason.",
        way=Link(f"Open order {order.number}", row_page(order)),
    )
