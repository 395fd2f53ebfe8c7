"""Refusals of an order by the POS because something in it is sold out, and the alerts that follow."""

from datetime import UTC, datetime
from typing import Any

import responses
from django.core import mail
from django.db.models import QuerySet

from integrations.pos import OrderEvent, OrderUpdate
from menus.models import Snooze
from orders.alerts.delivery import send
from orders.injection.pos_events import apply_order_update
from orders.injection.send import inject
from orders.models import Alert, Injection
from tests.menus.pos_answers import AVAILABILITY
from tests.orders.sending import refuses

NAMED = "Could not add item Burger (restricted)"
UNNAMED = "Sales restriction"
TOMORROW_AT_EIGHT = datetime(2026, 5, 2, 7, 0, tzinfo=UTC)
ASLEEP = "Burger: sold out, so snoozed until Saturday 2 May, 08:00."
BOTH_AND_THE_MENU = [("failed", "email", 1), ("failed", "menu", 1), ("failed", "till", 1)]


def refused(injection: Injection, pos: responses.RequestsMock, words: str) -> Injection:
    refuses(pos, words)
    assert inject(injection_id=injection.pk) == "failed"
    injection.refresh_from_db()
    return injection


def till_has(pos: responses.RequestsMock, *rows: dict[str, Any]) -> responses.BaseResponse:
    return pos.post(AVAILABILITY, json={"data": list(rows), "metadata": {"totalPages": 1}})


def sold_out(sku: str) -> dict[str, Any]:
    return {"sku": sku, "count": 0, "updatedAt": "2026-05-01T17:59:00Z"}


def alert(channel: str) -> Alert:
    return Alert.objects.get(channel=channel)


def deliver(channel: str) -> str:
    return send(alert_id=alert(channel).pk)


def email() -> str:
    assert deliver("email") == "sent"
    (sent,) = mail.outbox
    return str(sent.body)


def snoozes() -> QuerySet[Snooze]:
    """Return the snoozes because of an order. What the POS reports when asked is recorded separately."""
    return Snooze.objects.filter(cause=Snooze.Cause.ORDER_FAILURE)


def snoozed_skus() -> list[str]:
    return sorted(snoozes().filter(ended_at=None).values_list("sku", flat=True))


def late(injection: Injection, words: str, code: str) -> str:
    """Have the till refuse an order that the POS has accepted; return the result."""
    update = OrderUpdate(
        event=OrderEvent.FAILED, reference=injection.reference, account="", reason=words, code=code, sentence="No."
    )
    return apply_order_update(injection.order.venue, update)
