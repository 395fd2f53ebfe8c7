"""Findings on the home page about one venue: each says how something is, and links to where it can be put right."""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from integrations.models import Connection, Notification, SyncRun
from menus.models import Menu
from orders.models import Injection, Order
from orders.status_summary import local_time
from orders.till_ready import can_be_sent_now, connection_of
from storekit.models import Venue
from storekit.queue.heartbeat import WorkerHealth
from tables.models import PayAtTable, Payment, Reconciliation, Table

_SHOWN = 5
LATE_AFTER = timedelta(minutes=2)
"""An order that is not on its way so long after it was due is late."""

_PAY_AT_TABLE = "Pay at table"
_RECONNECT = "Orders wait until then. Press Reconnect, then Continue to Lightspeed, and agree there."
_TILL_IS_READY = " The till takes online orders again: orders that failed because it did not can be sent again here."


class Tone(StrEnum):
    """How serious a finding is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Link:
    """A button: its label, and where it leads."""

    label: str
    url: str


@dataclass(frozen=True)
class FailedOrder:
    """One order that needs a person: which it is, why it failed, and a link to it.

    `send_again` is the address to post to, where the till has become ready since the order failed because it was not.
    """

    name: str
    why: str
    action: Link
    send_again: Link | None = None


@dataclass(frozen=True)
class Finding:
    """One statement about a venue: its subject, a sentence, an explanation, and what to do."""

    subject: str
    tone: Tone
    text: str
    detail: str = ""
    orders: tuple[FailedOrder, ...] = ()
    action: Link | None = None
    count: int = 1

    @property
    def needs_attention(self) -> int:
        """How many things a person has to deal with."""
        return self.count if self.tone is Tone.BAD else 0


@dataclass(frozen=True)
class WaitingOrders:
    """How many orders are waiting, however long ago they were placed.

    `unsent` have not reached the POS, and `late` are those of them that should have by now. `accepted` have reached it
    and wait for a till's confirmation; `unconfirmed` are those of them that have waited longer than a till may take.
    """

    unsent: int = 0
    late: int = 0
    accepted: int = 0
    unconfirmed: int = 0
    due_since: datetime | None = None
    """When the late one that has waited longest for its next attempt was due; None if none is late."""


@dataclass(frozen=True)
class OrdersTonight:
    """A venue's orders: those of the service day by the state of their injection, those waiting, and those that failed.

    `duplicates`: how many of the day's orders, not completed yet, may be on the till twice.
    """

    failed: tuple[Injection, ...]
    states: dict[str, int]
    waits: WaitingOrders
    zone: zoneinfo.ZoneInfo
    duplicates: int = 0

    @property
    def waiting(self) -> int:
        return self.waits.unsent + self.waits.accepted

    @property
    def scheduled(self) -> int:
        return self.states.get(Injection.State.SCHEDULED, 0)

    @property
    def confirmed(self) -> int:
        return self.states.get(Injection.State.CONFIRMED, 0)


def order_findings(orders: OrdersTonight, *, venue: Venue, connected: bool, worker_runs: bool) -> tuple[Finding, ...]:
    """Return the orders that need a person first, then those waiting for the POS, a till, or the next attempt."""
    found, waits = [], orders.waits
    if orders.failed:
        found.append(_failed(orders.failed, venue=venue))
    if waits.unsent and not connected:
        found.append(_parked(waits.unsent, venue=venue))
    elif waits.late:
        found.append(_late(waits, venue=venue, worker_runs=worker_runs))
    if waits.unconfirmed:
        found.append(_unconfirmed(waits.unconfirmed, venue=venue))
    if orders.duplicates:
        found.append(_duplicates(orders.duplicates, venue=venue))
    if found:
        return tuple(found)
    any_orders = orders.waiting or any(orders.states.values())
    on_their_way = "All orders are on the till or being sent" if worker_runs else "No order has failed"
    text = on_their_way if any_orders else "No orders yet today"
    return (Finding("Orders", Tone.GOOD, text),)


def _failed(failed: tuple[Injection, ...], *, venue: Venue) -> Finding:
    text = "1 order is not on the till" if len(failed) == 1 else f"{len(failed)} orders are not on the till"
    every = Link("Show all", page_of(Order, state="trouble", venue=venue.slug))
    shown = tuple(_failed_order(injection) for injection in failed[:_SHOWN])
    return Finding(
        "Orders",
        Tone.BAD,
        text,
        "Tell the kitchen, then open the order." + (_TILL_IS_READY if any(one.send_again for one in shown) else ""),
        orders=shown,
        action=every if len(failed) > 1 else None,
        count=len(failed),
    )


def _parked(count: int, *, venue: Venue) -> Finding:
    text = "1 order is waiting for the POS" if count == 1 else f"{count} orders are waiting for the POS"
    detail = f"Tell the kitchen. {'It is' if count == 1 else 'They are'} sent to the till once the POS is connected."
    return Finding(
        "Parked", Tone.BAD, text, detail, action=_view(count, page_of(Order, state="waiting", venue=venue.slug))
    )


def _late(waits: WaitingOrders, *, venue: Venue, worker_runs: bool) -> Finding:
    count = waits.late
    text = "1 order is waiting for the till" if count == 1 else f"{count} orders are waiting for the till"
    # Without a worker nobody tries.
    trying = "storekit keeps trying automatically." if worker_runs else "Tell the kitchen."
    whose = "Its next attempt" if count == 1 else "The oldest one’s next attempt"
    since = f" {whose} has been due since {clock(waits.due_since, venue.zone)}." if waits.due_since else ""
    detail = f"The POS has not accepted {'it' if count == 1 else 'them'} yet. {trying}{since}"
    action = _view(count, page_of(Order, state="waiting", venue=venue.slug))
    return Finding("Waiting", Tone.WARNING, text, detail, action=action)


def _unconfirmed(count: int, *, venue: Venue) -> Finding:
    text = "1 order is not confirmed" if count == 1 else f"{count} orders are not confirmed"
    detail = (
        f"Check the till. The POS accepted {'it' if count == 1 else 'them'}, but no till has "
        f"confirmed {'it' if count == 1 else 'them'}."
    )
    action = _view(count, page_of(Order, state="unconfirmed", venue=venue.slug))
    return Finding("Unconfirmed", Tone.WARNING, text, detail, action=action)


def _duplicates(count: int, *, venue: Venue) -> Finding:
    text = "1 order may be on the till twice" if count == 1 else f"{count} orders may be on the till twice"
    detail = f"Check the till: prepare {'it' if count == 1 else 'each'} once, and void the second check."
    action = _view(count, page_of(Order, state="twice", venue=venue.slug))
    return Finding("Possible duplicates", Tone.WARNING, text, detail, action=action)


def _view(count: int, url: str) -> Link:
    return Link("View order" if count == 1 else "View orders", url)


def worker_finding(health: WorkerHealth) -> Finding:
    """Return whether a worker sends orders, when it last looked for due ones, and whether its clock is right."""
    if not health.alive:
        since = f"It was last seen {_ago(health.last_beat)}. " if health.last_beat is not None else ""
        detail = f"{since}Tell the kitchen, and ask the people who run storekit to start it: manage.py qcluster"
        return Finding("Worker", Tone.BAD, "Orders are not being sent: the worker is not running", detail)
    if not health.sweeps:
        since = f" since {_ago(health.last_sweep)}" if health.last_sweep is not None else ""
        detail = f"Ask the people who run storekit to restart the worker. It has not looked for due orders{since}."
        return Finding("Worker", Tone.BAD, "Due orders are not being looked for", detail)
    if not health.clock_is_right:
        side = "ahead" if health.clock_ahead > 0 else "behind"
        detail = "Ask the people who run storekit to set it right: orders for later depend on it."
        return Finding("Worker", Tone.WARNING, f"Its clock is {abs(health.clock_ahead):.0f} seconds {side}", detail)
    looked = _ago(health.last_sweep) if health.last_sweep is not None else "never"
    return Finding("Worker", Tone.GOOD, "Sending orders", f"Last looked for due orders {looked}. Its clock is right.")


def _ago(passed: timedelta) -> str:
    seconds = max(0, int(passed.total_seconds()))
    if seconds < 2 * 60:
        return f"{seconds} seconds ago"
    return f"{seconds // 60} minutes ago" if seconds < 2 * 60 * 60 else f"{seconds // 3600} hours ago"


def takes_orders(connection: Connection | None) -> bool:
    """Return whether orders can be sent through the connection as it is."""
    return connection is not None and connection.status == Connection.Status.CONNECTED and connection.enabled


def connection_finding(connection: Connection | None, *, venue: Venue, manages: bool) -> Finding:
    """Return whether orders can reach the POS."""
    consent = f"{reverse('integrations:connect')}?venue={venue.slug}"
    ask = "" if manages else "Ask a manager of the venue to connect it."
    status = connection.status if connection else Connection.Status.DISCONNECTED
    if connection is None or status == Connection.Status.DISCONNECTED:
        action = Link("Connect Lightspeed", consent) if manages else None
        return Finding(
            "POS", Tone.BAD, "Not connected", ask or "Orders wait until the POS is connected.", action=action
        )
    if status == Connection.Status.CHOOSING_LOCATION:
        location = reverse("integrations:location", args=[venue.slug])
        action = Link("Choose location", location) if manages else None
        return Finding("POS", Tone.BAD, "No location chosen yet", ask, action=action)
    if status == Connection.Status.RECONNECT_NEEDED:
        action = Link("Reconnect", consent) if manages else None
        why = connection.status_reason or "Lightspeed no longer accepts storekit’s access."
        detail = ask or f"{why} {_RECONNECT}"
        return Finding("POS", Tone.BAD, "Needs reconnecting", detail, action=action)
    place = f"Connected to {connection.business_name} – {connection.location_name}"
    if not connection.enabled:
        action = Link("Switch on", row_page(connection))
        return Finding("POS", Tone.WARNING, "Switched off: orders wait", place, action=action)
    return Finding("POS", Tone.GOOD, place)


def till_findings(connection: Connection | None) -> tuple[Finding, ...]:
    """Return a warning if the till takes no online orders; nothing if it does, or if that is unknown."""
    if connection is None or connection.status != Connection.Status.CONNECTED or connection.pos_ready is not False:
        return ()
    detail = f"{connection.not_ready_reason} Guests see this on the menu and in their basket."
    action = Link("View connection", row_page(connection))
    return (Finding("Till", Tone.WARNING, "Not taking online orders", detail, action=action),)


def menu_finding(
    menu: Menu | None, *, products: int, latest: SyncRun | None, latest_good: SyncRun | None, zone: zoneinfo.ZoneInfo
) -> Finding:
    """Return whether guests see a menu, and when it was last synced."""
    if latest is not None and latest.state == SyncRun.State.FAILED:
        action = Link("View sync", row_page(latest))
        text = f"The sync at {clock(latest.started_at, zone)} failed"
        return Finding("Menu", Tone.BAD, text, latest.error or "Guests still see the previous menu.", action=action)
    if latest is not None and latest.state == SyncRun.State.HELD:
        action = Link("Review changes", row_page(latest))
        more = latest.error or "Guests still see the previous menu."
        return Finding("Menu", Tone.WARNING, "A sync is waiting for your review", more, action=action)
    if menu is None or not products:
        return Finding("Menu", Tone.WARNING, "No menu yet", "Connect the POS, then sync the menu.")
    text = f"{products} products" if products != 1 else "1 product"
    synced = f", synced {clock(latest_good.finished_at, zone)}" if latest_good and latest_good.finished_at else ""
    return Finding("Menu", Tone.GOOD, text, f"Version {menu.version}{synced}")


def table_findings(duplicates: tuple[int, ...], *, venue: Venue) -> tuple[Finding, ...]:
    """Return a warning if several tables share a number; nothing otherwise."""
    if not duplicates:
        return ()
    numbers = ", ".join(str(number) for number in duplicates[:_SHOWN]) + (", …" if len(duplicates) > _SHOWN else "")
    text = f"Number {numbers} is used twice" if len(duplicates) == 1 else f"Numbers {numbers} are used twice"
    detail = "Give each table its own number in the POS: orders and bills find a table by its number."
    action = Link("View tables", page_of(Table, use="twice", venue=venue.slug))
    return (Finding("Tables", Tone.WARNING, text, detail, action=action),)


def payment_findings(settings: PayAtTable | None, *, needing: int, venue: Venue) -> tuple[Finding, ...]:
    """Return how many guests' payments need a person; nothing where pay at table is not in use."""
    if needing:
        text = "1 payment needs you" if needing == 1 else f"{needing} payments need you"
        detail = "The payment’s page says what went wrong and what you can do."
        action = Link(
            "View payment" if needing == 1 else "View payments", page_of(Payment, state="staff", venue=venue.slug)
        )
        return (Finding(_PAY_AT_TABLE, Tone.BAD, text, detail, action=action, count=needing),)
    if settings is None or not settings.enabled:
        return ()
    text = "No payment needs you" if settings.payments_enabled else "Guests see their bill, and pay the staff"
    action = Link("Live floor", reverse("admin:tables_payattable_floor", args=[settings.pk]))
    return (Finding(_PAY_AT_TABLE, Tone.GOOD, text, action=action),)


def reconciliation_findings(latest: Reconciliation | None) -> tuple[Finding, ...]:
    """Return whether last night's payments differ from the till; nothing if they do not."""
    if latest is None or not latest.difference_count:
        return ()
    count = latest.difference_count
    text = f"{count} {'payment differs' if count == 1 else 'payments differ'} from the till on {latest.day:%-d %b}"
    action = Link("View differences", row_page(latest))
    return (Finding("Reconciliation", Tone.WARNING, text, action=action),)


def notification_finding(failed: int, *, venue: Venue) -> Finding:
    """Return whether every notification from the POS was processed."""
    if not failed:
        return Finding("Notifications", Tone.GOOD, "All processed")
    text = "1 failed" if failed == 1 else f"{failed} failed"
    action = Link("View notifications", page_of(Notification, progress="failed", venue=venue.slug))
    return Finding("Notifications", Tone.BAD, text, "Orders may be missing updates from the till.", action=action)


def page_of(model: type[Model], **filters: str) -> str:
    """Return the address of a model's filtered list in the back office, or an empty text if it has none."""
    if not admin.site.is_registered(model):
        return ""
    return f"{reverse(f'admin:{model._meta.app_label}_{model._meta.model_name}_changelist')}?{urlencode(filters)}"


def row_page(row: Model) -> str:
    """Return the address of a row's page in the back office, or an empty text if its model has none."""
    if not admin.site.is_registered(type(row)):
        return ""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def clock(moment: datetime, zone: zoneinfo.ZoneInfo) -> str:
    """Return a moment in the venue's time zone, such as `23 Nov, 19:42`."""
    return moment.astimezone(zone).strftime("%-d %b, %H:%M")


def _failed_order(injection: Injection) -> FailedOrder:
    order = injection.order
    customer = f"{order.first_name} {order.last_name}".strip()
    due = local_time(order, order.scheduled_for) if order.scheduled_for else "now"
    return FailedOrder(
        name=f"{order.get_type_display()} for {due} · {customer} · placed {local_time(order, order.placed_at)}",
        why=injection.error.partition("\n")[0] or "The POS gave no reason.",
        action=Link(f"Open order {order.number}", row_page(order)),
        send_again=_send_again(injection),
    )


def _send_again(injection: Injection) -> Link | None:
    order = injection.order
    if not can_be_sent_now(injection=injection, connection=connection_of(order.venue)):
        return None
    return Link(f"Send order {order.number} again", reverse("admin:orders_order_send_again", args=[order.pk]))
