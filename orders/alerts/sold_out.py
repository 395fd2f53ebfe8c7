"""Orders that the POS refused because something is sold out: snooze the items, and describe that to the venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.formats import date_format

from integrations.pos import PosError, RefusalCause
from menus.models import Snooze
from menus.snoozes.refused_orders import snooze_refused_items
from menus.snoozes.service import tomorrow_morning
from orders.models import Alert, Order
from storekit.db import clock

_NOT_FOUND = (
    "Nothing was snoozed, because storekit could not find out what is sold out: the POS's message names no item of the "
    "order, and when asked, the POS had stock of everything."
)
_SNOOZE_BY_HAND = "If you know what it is, snooze it in the back office."


@dataclass(frozen=True)
class MenuOutcome:
    """The effect of a refusal on the menu.

    `snoozed` is whether any item was snoozed. `message` tells staff which and until when, or why none was.
    """

    snoozed: bool
    message: str


def snooze_sold_out_items(*, refusal: Alert) -> list[Snooze]:
    """Snooze the items that the order was refused for until 8 am on the venue's next day; return the snoozes.

    May be repeated. Never call it inside a transaction: if the POS's message names no item, the POS is asked.

    Args:
        refusal: the order's alert for the channel `MENU`.

    Raises:
        PosError: the POS had to be asked what is sold out, and could not be.
    """
    order = refusal.order
    return snooze_refused_items(
        venue=order.venue,
        items={line.sku: line.name for line in order.lines.all() if line.sku},
        reason=refusal.pos_words,
        order=str(order.number),
        refused_at=refusal.created_at,
        certain=refusal.code == RefusalCause.RESTRICTED,
        item=refusal.item,
    )


def snooze_would_end_at(*, refusal: Alert) -> datetime:
    """Return when a snooze because of this refusal ends: from then on, setting one has no effect."""
    return tomorrow_morning(venue=refusal.order.venue, now=refusal.created_at)


def menu_message(*, order: Order, occurrence: int) -> str:
    """Return what to tell the venue about the menu after a failure; empty if that had another cause.

    Snoozes the items first if that is still to be done, so that the message is true. Never call it inside a
    transaction.
    """
    rows = order.alerts.filter(channel=Alert.Channel.MENU, about=Alert.About.FAILED, occurrence=occurrence)
    refusal = rows.first()
    if refusal is None:
        return ""
    refusal.order = order
    if refusal.next_attempt_at is None:
        return menu_outcome(refusal=refusal).message
    try:
        return _outcome(refusal, snooze_sold_out_items(refusal=refusal)).message
    except PosError as error:
        return f"storekit could not find out what is sold out, and will ask again: {error} {_SNOOZE_BY_HAND}"


def menu_outcome(*, refusal: Alert) -> MenuOutcome:
    """Return the outcome of an alert for the menu that was completed or given up."""
    if refusal.sent_at is None:
        message = f"storekit could not find out what is sold out: {refusal.error} {_SNOOZE_BY_HAND}"
        return MenuOutcome(False, message)
    not_ended_before = Q(ended_at=None) | Q(ended_at__gt=refusal.created_at)
    snoozes = Snooze.objects.filter(
        not_ended_before,
        venue=refusal.order.venue,
        cause=Snooze.Cause.ORDER_FAILURE,
        order=str(refusal.order.number),
        starts_at__lte=refusal.sent_at,
    )
    return _outcome(refusal, list(snoozes.order_by("sku", "starts_at")))


def _outcome(refusal: Alert, snoozes: Sequence[Snooze]) -> MenuOutcome:
    if snoozes:
        return MenuOutcome(True, _snoozed_message(refusal, snoozes))
    if (refusal.sent_at or clock.now()) >= snooze_would_end_at(refusal=refusal):
        return MenuOutcome(False, "Nothing was snoozed: the snooze would already have ended.")
    if refusal.code != RefusalCause.RESTRICTED:
        return MenuOutcome(False, "Nothing was snoozed: the POS says that nothing in the order is sold out.")
    return MenuOutcome(False, f"{_NOT_FOUND} {_SNOOZE_BY_HAND}")


def _snoozed_message(refusal: Alert, snoozes: Sequence[Snooze]) -> str:
    """List the snoozed items. All snoozes of one order end at the same time."""
    until = snooze_would_end_at(refusal=refusal).astimezone(refusal.order.venue.zone)
    message = f"{_names(snoozes)}: sold out, so snoozed until {date_format(until, 'l j F, H:i')}."
    ended = [one for one in snoozes if one.ended_at is not None]
    return f"{message} Back on the menu since then: {_names(ended)}." if ended else message


def _names(snoozes: Sequence[Snooze]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in snoozes))
