"""A payment that was captured, and what tests of refunds ask."""

import json
from decimal import Decimal
from typing import Any

import responses

from tables.models import Payment, PaymentRefund, Table
from tables.payments.refunding import request_refund
from tests.tables.payments.tables import MESSAGE, go_on, pay, says


def captured(table: Table, card: str = "ok", **more: Any) -> Payment:
    """A payment that the till has, and whose money was captured."""
    payment = pay(table, card, **more)
    go_on(payment)
    says(payment)
    go_on(payment)
    assert (payment.state, payment.captured) == ("captured", payment.amount + payment.tip)
    return payment


def refund_of(payment: Payment, amount: str = "37.50", key: str = "form", reason: str = "Cold soup") -> PaymentRefund:
    return request_refund(payment=payment, amount=Decimal(amount), reason=reason, by="Anna", key=key)


def printed() -> list[str]:
    """The messages that the till was sent."""
    calls = [call for call in responses.calls if str(call.request.url).startswith(MESSAGE)]
    return [str(json.loads(call.request.body or "{}")["message"]) for call in calls]
