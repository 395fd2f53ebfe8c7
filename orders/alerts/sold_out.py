"""What the POS refused an order for as sold out: asleep on the menu, and said to the venue in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from integrations.pos import PosError
from menus.models import Snooze
from menus.snoozes.refused_orders import snooze_refused_items
from menus.snoozes.service import tomorrow_morning
from orders.injection.failure import SOLD_OUT
from orders.models import Alert, Order

_NOT_FOUND = (
    "It could not be found out what is sold out, so nothing was snoozed: the POS's words name nothing in the order, "
    "and when it was asked it had some left of everything."
)
_BY_HAND = "If you know what it is, snooze it in the back office."


def snooze_what_was_refused(*, refusal: Alert) -> list[Snooze]:
    """Snoozes what the order was refused for, until eight in the morning of the venue's next day; returns the snoozes.

    May be repeated, and asks the POS where its words name nothing: never to be called inside a transaction.

    Args:
        refusal: the order's row of the channel `MENU`.

    Raises:
        PosError: the POS was to be asked what is sold out, and could not be.
    """
    order = refusal.order
    return snooze_refused_items(
        venue=order.venue,
        items={line.sku: line.name for line in order.lines.all() if line.sku},
        reason=refusal.pos_words,
        order=str(order.number),
        refused_at=refusal.created_at,
        certain=refusal.code == SOLD_OUT,
    )


def of_use_until(*, refusal: Alert) -> datetime:
    """When what was refused would wake in any case."""
    return tomorrow_morning(venue=refusal.order.venue, now=refusal.created_at)


def said_of_the_menu(*, order: Order, occurrence: int) -> str:
    """What the venue is told of the menu after a failure; nothing when it was for something else.

    Snoozes first what is not yet, so that what is said is so. Never to be called inside a transaction.
    """
    rows = order.alerts.filter(channel=Alert.Channel.MENU, about=Alert.About.FAILED, occurrence=occurrence)
    refusal = rows.first()
    if refusal is None:
        return ""
    refusal.order = order
    if refusal.next_attempt_at is None:
        return what_came_of(refusal=refusal).words
    try:
        return _came_of(refusal, snooze_what_was_refused(refusal=refusal)).words
    except PosError as error:
        return f"It could not be found out what is sold out: {error} storekit asks again. {_BY_HAND}"


@dataclass(frozen=True)
class MenuOutcome:
    """`snoozed`: whether something was. `words` says what and until when, or why nothing, for staff."""

    snoozed: bool
    words: str


def what_came_of(*, refusal: Alert) -> MenuOutcome:
    """How it went, once it was done or given up."""
    if refusal.sent_at is None:
        return MenuOutcome(False, f"It could not be found out what is sold out: {refusal.error} {_BY_HAND}")
    of_it = Q(ended_at=None) | Q(ended_at__gt=refusal.created_at)
    snoozes = Snooze.objects.filter(
        of_it,
        venue=refusal.order.venue,
        cause=Snooze.Cause.ORDER_FAILURE,
        order=str(refusal.order.number),
        starts_at__lte=refusal.sent_at,
    )
    return _came_of(refusal, list(snoozes.order_by("sku", "starts_at")))


# --- Words -----------------------------------------------------------------------------------------------------------


def _came_of(refusal: Alert, snoozes: Sequence[Snooze]) -> MenuOutcome:
    if snoozes:
        return MenuOutcome(True, _asleep(refusal, snoozes))
    if (refusal.sent_at or timezone.now()) >= of_use_until(refusal=refusal):
        return MenuOutcome(False, "Nothing was snoozed: it would have been awake again by then.")
    if refusal.code != SOLD_OUT:
        return MenuOutcome(False, "Nothing was snoozed: the POS was asked, and nothing in the order is sold out there.")
    return MenuOutcome(False, f"{_NOT_FOUND} {_BY_HAND}")


def _asleep(refusal: Alert, snoozes: Sequence[Snooze]) -> str:
    """All of one order wake at the same moment."""
    until = of_use_until(refusal=refusal).astimezone(refusal.order.venue.zone)
    words = f"{_names(snoozes)}: sold out, so snoozed until {date_format(until, 'l j F, H:i')}."
    awake = [one for one in snoozes if one.ended_at is not None]
    return f"{words} Awake again already: {_names(awake)}." if awake else words


def _names(snoozes: Sequence[Snooze]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in snoozes))
