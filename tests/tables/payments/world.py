"""A world in which a payment is made: a till that books, refuses and forgets to say so, and workers that are killed.

What is true is kept here and not asked of storekit: what the till has booked, and what the provider has taken.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import responses
import time_machine
from requests import PreparedRequest

from integrations.pos import PaymentRefusal, PaymentUpdate
from storekit.db import clock
from tables.models import ENDED_STATES, Payment, SandboxCharge, Table
from tables.payments import decide, taking
from tables.payments.leasing import LEASE
from tables.payments.providers import sandbox
from tables.payments.steps import advance
from tables.payments.till import handing_over
from tables.payments.till.pos_events import apply_payment_update
from tests.tables.bills.tills import check, till_has
from tests.tables.payments.tables import PAY, SOUP, WINE, pay

Json = dict[str, Any]


class Killed(BaseException):
    """The process was killed."""


@dataclass
class Task:
    """A payment that the POS has accepted and that no till has taken yet."""

    body: Json
    deadline: datetime


@dataclass
class World:
    """The till's side of the table with one check of 37.50, and one payment of all of it."""

    table: Table
    traveller: time_machine.Traveller
    names: int = 1
    is_open: bool = True
    tasks: dict[str, Task] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    booked: dict[str, Decimal] = field(default_factory=dict)
    words: list[PaymentUpdate] = field(default_factory=list)
    trouble: str = ""
    """Of the next call that hands the payment over: `lost` (its answer) or `down`."""
    dies_after: int | None = None
    """How many outcomes are recorded before the process dies instead of recording one; None: it lives."""
    payment: Payment = field(init=False)

    def start(self, card: str) -> None:
        """Have the guest start the payment."""
        responses.mock.reset()
        self.show()
        responses.add_callback(responses.POST, PAY, callback=self._accept)
        self.payment = pay(self.table, card, tip=Decimal("2.50"))

    @property
    def account(self) -> str:
        """The identifier of the check now."""
        return f"A1.{self.names}"

    def show(self) -> None:
        """Have the POS list the check as it is now."""
        entries = [
            {
                "paymentMethodCode": "APM",
                "amountPaid": "37.50",
                "externalReference": reference,
                "paymentDate": "2026-05-01T12:00:30.000+0000",
                "active": True,
            }
            for reference in self.booked
        ]
        paid = f"{len(entries) * 37.5:.2f}"
        open_checks = [check(self.account, SOUP, WINE, paidAmount=paid, paymentEntries=entries)] if self.is_open else []
        till_has(*open_checks)

    def _accept(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body or "{}")
        reference = body["thirdPartyPaymentReference"]
        trouble, self.trouble = self.trouble, ""
        if trouble == "down":
            return 503, {}, "{}"
        if reference in self.used:
            return 400, {}, '{"message": "reference has already been used for another payment"}'
        self.used.add(reference)
        self.tasks[reference] = Task(body, clock.now() + timedelta(milliseconds=body["taskTtlInMs"]))
        return (503, {}, "{}") if trouble == "lost" else (200, {}, '{"status": "ok"}')

    # --- What may happen ---

    def advance(self) -> None:
        """Let a worker take the steps that are due; it may be killed."""
        try:
            advance(payment_id=self.payment.pk)
        except Killed:
            self.dies_after = None

    def till_works(self, *, refuses: bool = False) -> None:
        """Let the till take what it was given, or refuse it."""
        for reference, task in list(self.tasks.items()):
            del self.tasks[reference]
            refusal = PaymentRefusal.NO_STAFF if refuses else self._refusal(task)
            if refusal is None:
                self.booked[reference] = Decimal(str(task.body["paymentAmount"])) + Decimal(
                    str(task.body.get("tipAmount", 0))
                )
            self.words.append(PaymentUpdate(reference=reference, applied=refusal is None, refusal=refusal))
        self.show()

    def _refusal(self, task: Task) -> PaymentRefusal | None:
        if clock.now() > task.deadline:
            return PaymentRefusal.TIMED_OUT
        if not self.is_open:
            return PaymentRefusal.CHECK_CLOSED
        if task.body["iKaccountIdentifier"] != self.account:
            return PaymentRefusal.CHECK_NOT_FOUND
        return PaymentRefusal.OVERPAID if self.booked else None

    def rename(self) -> None:
        """Give the check another identifier, as after a split."""
        self.names += 1
        self.show()

    def close(self) -> None:
        """Close the check: it is found under no name any more."""
        self.is_open = False
        self.show()

    def say(self, *, keep: bool = False, newest: bool = False) -> None:
        """Deliver a word of the till; with `keep`, it comes again later."""
        if self.words:
            word = self.words[-1 if newest else 0] if keep else self.words.pop(-1 if newest else 0)
            apply_payment_update(self.table.venue, word)

    def wait(self, *, time: timedelta) -> None:
        """Let time pass."""
        self.traveller.shift(time)

    def guest_confirms(self) -> None:
        """Have the guest confirm the card, if it asks for that."""
        for reference in Payment.objects.exclude(provider_reference="").values_list("provider_reference", flat=True):
            sandbox.confirm(reference, accepted=True)

    # --- The end ---

    def calm_down(self) -> None:
        """Let everything work from now on, until nothing more happens; staff look where they are asked to."""
        self.trouble, self.dies_after = "", None
        for _ in range(40):
            self.advance()
            self.till_works()
            while self.words:
                self.say()
            self.advance()
            self.payment.refresh_from_db()
            if self.payment.state in ENDED_STATES:
                return
            if self.payment.needs_staff and self.payment.state == Payment.State.SENT:
                settle = decide.mark_applied if self.booked else decide.mark_not_applied
                settle(payment=self.payment, by="anna@copper-pot.example")
            self.traveller.shift(timedelta(seconds=61))

    def check(self) -> None:
        """Applied and captured, or neither."""
        self.payment.refresh_from_db()
        (charge,) = SandboxCharge.objects.all() or [SandboxCharge(state="cancelled")]
        on_till = sum(self.booked.values(), Decimal(0))
        assert self.payment.state in ENDED_STATES, self.payment.state
        assert len(self.booked) <= 1
        assert charge.captured - charge.refunded == on_till
        assert self.payment.captured - self.payment.refunded == on_till
        assert charge.state in ("captured", "cancelled", "declined")
        assert (self.payment.state == Payment.State.CAPTURED) == bool(on_till)


@contextmanager
def killable(world: World) -> Iterator[None]:
    """Have the processes of this world die when told to: the call has been made, and its outcome is not recorded."""

    def dying(record: Callable[..., str]) -> Callable[..., str]:
        def wrapped(*args: Any, **options: Any) -> str:
            if world.dies_after == 0:
                raise Killed
            if world.dies_after is not None:
                world.dies_after -= 1
            return record(*args, **options)

        return wrapped

    with pytest.MonkeyPatch.context() as patch:
        for module in (taking, handing_over):
            patch.setattr(module, "record", dying(module.record))
        yield


MOMENTS = (timedelta(seconds=3), timedelta(seconds=20), LEASE + timedelta(seconds=1), timedelta(minutes=2))
