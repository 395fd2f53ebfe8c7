"""A provider on the desk: test cards that are accepted, declined, slow or lose their answer. No money moves.

It is strict where companies are. A key repeats its own request and no other; no more is captured than was authorised,
no more refunded than was captured, and nothing is captured once it was cancelled.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from storekit.db import clock
from tables.models import SandboxCharge
from tables.payments.providers.port import (
    Charge,
    Money,
    ProviderPayment,
    ProviderRefused,
    ProviderUnreachable,
)

SLOW_FOR = timedelta(seconds=5)
CARDS = ("ok", "declined", "insufficient_funds", "confirm", "slow", "lost_answer", "capture_fails", "captures_first")
"""What `card: {"token": …}` may be. Without a token the guest enters one on the provider's page."""

State = SandboxCharge.State

_PREFIX = "sandbox_"
_LONGEST_CARD = 40
_DECLINES = {"declined": "card_declined", "insufficient_funds": "insufficient_funds"}


class SandboxProvider:
    """The provider `sandbox`."""

    name = "sandbox"

    def begin(self, charge: Charge, *, key: str) -> ProviderPayment:
        card = str(charge.card.get("token", ""))[:_LONGEST_CARD]
        asked = {"what": "begin", "amount": str(charge.amount), "currency": charge.currency, "card": card}
        with transaction.atomic():
            row, is_new = SandboxCharge.objects.select_for_update().get_or_create(
                key=key,
                defaults={
                    "account": charge.account,
                    "card": card,
                    "currency": charge.currency,
                    "amount": charge.amount,
                    "state": State.NEEDS_GUEST,
                    "requests": {key: asked},
                },
            )
            _check_repeated(row, key, asked)
            if is_new:
                _enter_card(row, card)
                row.save()
        _lose_answer(row, is_new=is_new)
        return _payment(row)

    def read(self, reference: str, *, account: str = "") -> ProviderPayment:
        with transaction.atomic():
            return _payment(_charge(reference))

    def capture(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> ProviderPayment:
        def work(row: SandboxCharge) -> None:
            if row.state == State.CAPTURED and row.captured == amount:
                return
            if row.state != State.AUTHORISED:
                raise ProviderRefused(f"The charge is {row.get_state_display().lower()}.", code="not_authorised")
            if row.card == "capture_fails":
                raise ProviderRefused("The bank refused the capture.", code="capture_failed")
            if not 0 < amount <= row.amount:
                raise ProviderRefused("More than was authorised cannot be captured.", code="amount_too_large")
            row.state, row.captured = State.CAPTURED, amount

        return _payment(_once(reference, key, {"what": "capture", "amount": str(amount)}, work))

    def cancel(self, reference: str, *, key: str, account: str = "") -> ProviderPayment:
        def work(row: SandboxCharge) -> None:
            if row.state in (State.NEEDS_GUEST, State.PROCESSING, State.AUTHORISED):
                row.state = State.CANCELLED

        return _payment(_once(reference, key, {"what": "cancel"}, work))

    def refund(self, reference: str, *, amount: Decimal, key: str, account: str = "") -> str:
        def work(row: SandboxCharge) -> None:
            if not 0 < amount <= row.captured - row.refunded:
                raise ProviderRefused("More than was captured cannot be refunded.", code="amount_too_large")
            row.refunded += amount

        _once(reference, key, {"what": "refund", "amount": str(amount)}, work)
        return f"refund_{key}"


def confirm(reference: str, *, accepted: bool) -> bool:
    """Let the guest confirm the charge, or decline to; return whether it was still possible."""
    with transaction.atomic():
        row = _charge(reference)
        if row.state != State.NEEDS_GUEST:
            return False
        row.state = State.AUTHORISED if accepted else State.DECLINED
        row.save()
    return True


def _enter_card(row: SandboxCharge, card: str) -> None:
    if card == "slow":
        row.state, row.ready_at = State.PROCESSING, clock.now() + SLOW_FOR
    elif card == "captures_first":
        row.state, row.captured = State.CAPTURED, row.amount
    elif card in ("confirm", ""):
        row.state = State.NEEDS_GUEST
    else:
        row.state = State.AUTHORISED if card in CARDS and card not in _DECLINES else State.DECLINED


def _once(reference: str, key: str, asked: dict[str, str], work: Callable[[SandboxCharge], None]) -> SandboxCharge:
    """Do the work unless it was done with this key, and lose the answer if the card loses answers."""
    with transaction.atomic():
        row = _charge(reference)
        is_new = key not in row.requests
        _check_repeated(row, key, asked)
        if is_new:
            work(row)
            row.requests = {**row.requests, key: asked}
            row.save()
    _lose_answer(row, is_new=is_new)
    return row


def _check_repeated(row: SandboxCharge, key: str, asked: dict[str, str]) -> None:
    if row.requests.get(key, asked) != asked:
        raise ProviderRefused("This key was used for another request.", code="idempotency_error")


def _lose_answer(row: SandboxCharge, *, is_new: bool) -> None:
    if row.card == "lost_answer" and is_new:
        raise ProviderUnreachable("The answer was lost.")


def _charge(reference: str) -> SandboxCharge:
    """Return the charge, locked, and as it is at this moment. Call in a transaction."""
    row = SandboxCharge.objects.select_for_update().filter(pk=_id_of(reference)).first()
    if row is None:
        raise ProviderRefused("There is no such charge.", code="unknown")
    if row.state == State.PROCESSING and row.ready_at is not None and row.ready_at <= clock.now():
        row.state = State.AUTHORISED
        row.save()
    return row


def _id_of(reference: str) -> UUID:
    try:
        return UUID(reference.removeprefix(_PREFIX))
    except ValueError:
        return UUID(int=0)


def _payment(row: SandboxCharge) -> ProviderPayment:
    reference = f"{_PREFIX}{row.pk.hex}"
    client: dict[str, Any] = {}
    if row.state == State.NEEDS_GUEST:
        client = {"confirm_at": reverse("sandbox_card", args=[reference])}
    is_declined = row.state == State.DECLINED
    return ProviderPayment(
        reference=reference,
        money=Money(row.state),
        captured=row.captured,
        refunded=row.refunded,
        captures_first=row.card == "captures_first",
        code=_DECLINES.get(row.card, "card_declined") if is_declined else "",
        card=f"Test card {row.card}".strip(),
        client=client,
    )
