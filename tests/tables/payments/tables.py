"""A table of guests, the till with its bill, and what tests of payments ask of both."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import responses
from django.conf import settings
from django_q.models import OrmQ
from requests import PreparedRequest

from integrations.pos import PaymentRefusal, PaymentUpdate
from tables.bills.refreshing import refresh_bills
from tables.bills.splitting import Choice, Everything
from tables.models import Bill, Payment, Table
from tables.payments.starting import start_payment
from tables.payments.steps import advance
from tables.payments.till.pos_events import apply_payment_update
from tests.tables.bills.tills import EVERY_ONE, EVERY_TABLE, LIST, check, line, till_has

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PAY = f"{settings.LIGHTSPEED_API_URL}/o/op/1/pay"
MESSAGE = f"{settings.LIGHTSPEED_API_URL}/o/op/1/printMsg"
SOUP, WINE = line("Soup", "7.50"), line("Wine", "30.00")

Json = dict[str, Any]


@dataclass
class Till:
    """A till with one check at table 7, which takes payments and says so only when told to."""

    snapshots: list[Json] = field(default_factory=lambda: [check("A1.1", SOUP, WINE)])
    asked: list[Json] = field(default_factory=list)
    """The bodies of all calls that hand a payment over, repeated ones too."""
    during: Callable[[], object] | None = None
    """What happens while the call to hand a payment over is being answered."""
    answer: tuple[int, str] = (200, '{"status": "ok"}')

    def shows(self, *snapshots: Json) -> None:
        """Have these checks open from now on."""
        self.snapshots = list(snapshots)
        till_has(*self.snapshots)

    def pay(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        """Answer a payment that is handed over."""
        body = json.loads(request.body or "{}")
        is_known = any(each["thirdPartyPaymentReference"] == body["thirdPartyPaymentReference"] for each in self.asked)
        self.asked.append(body)
        if self.during is not None:
            self.during()
        if is_known:
            return 400, {}, '{"message": "reference has already been used for another payment"}'
        return self.answer[0], {}, self.answer[1]

    def references(self) -> list[str]:
        return [body["thirdPartyPaymentReference"] for body in self.asked]


def mount(till: Till) -> None:
    """Have the till answer."""
    till.shows(*till.snapshots)
    responses.add_callback(responses.POST, PAY, callback=till.pay)
    responses.post(MESSAGE, json={"status": "ok"})


def is_silent() -> None:
    """Have the POS answer nothing useful about checks from now on."""
    till_has()
    for call in (LIST, EVERY_ONE, EVERY_TABLE):
        responses.remove(responses.GET, call)
        responses.get(call, json={"message": "down"}, status=503)


def pay(table: Table, card: str = "ok", *, choice: Choice | None = None, gift_card: str = "", **more: Any) -> Payment:
    """Start a payment of the table's only bill, of all of it unless said otherwise, with a test card or a gift card."""
    refresh_bills(venue=table.venue, patience=0)
    bill = Bill.objects.get(table_number=table.number)
    posted = {"token": card} if card else {}
    if gift_card:
        posted, more["method"] = {"code": gift_card}, "gift_card"
    return start_payment(table=table, bill_id=bill.pk, choice=choice or Everything(), card=posted, **more)


def says(payment: Payment, *, applied: bool = True, refusal: PaymentRefusal | None = None, **more: Any) -> str:
    """Have the till say what became of the payment, under its present reference unless said otherwise."""
    payment.refresh_from_db()
    update = PaymentUpdate(reference=more.pop("reference", payment.pos_reference), applied=applied, refusal=refusal)
    return apply_payment_update(payment.venue, update)


def go_on(payment: Payment) -> str:
    """Take the steps that are due; return the state."""
    advance(payment_id=payment.pk)
    payment.refresh_from_db()
    return payment.state


def on_check(payment: Payment, account: str = "A1.1", **more: Any) -> Json:
    """Return the check with the payment booked on it."""
    entry = {
        "paymentMethodCode": "APM",
        "amountPaid": str(payment.amount),
        "externalReference": payment.pos_reference,
        "paymentDate": "2026-05-01T12:00:30.000+0000",
        "active": True,
    }
    return check(account, SOUP, WINE, paidAmount=str(payment.amount), paymentEntries=[entry], **more)


def steps(payment: Payment) -> list[tuple[str, str]]:
    """Return the attempts: step and outcome."""
    return list(payment.attempt_rows.values_list("step", "outcome"))


def queued() -> list[tuple[str, Any]]:
    return sorted((task.func(), task.args()[0]) for task in OrmQ.objects.all())


def money_of(payment: Payment) -> tuple[str, Decimal, Decimal]:
    """Return its state, what was captured and what was given back."""
    payment.refresh_from_db()
    return str(payment.state), payment.captured, payment.refunded
