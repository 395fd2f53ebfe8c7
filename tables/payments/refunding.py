"""Staff give a guest's money back: asked for once, carried out by the provider once, and printed at the till.

A refund is a row with claim, lease and attempts like a payment. Killed at any point, it is taken up again with the same
key, which gives nothing back twice. The POS has no call that undoes a payment, so the till prints a message about it.
"""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from integrations.connect.service import pos_for
from integrations.pos import PosError, Rejected
from storekit.db import clock
from storekit.db.due_rows import claim, due_now, enqueue_each, enqueue_on_commit, growing_delay, still_ours
from storekit.money import ZERO, smallest_amount
from storekit.money.words import format_money
from tables.models import Payment, PaymentAlert, PaymentAttempt, PaymentRefund
from tables.payments.alerts import queue_alert
from tables.payments.leasing import LEASE, settle
from tables.payments.providers.port import ProviderRefused, ProviderUnreachable
from tables.payments.providers.registry import provider_named
from tables.payments.transitions import LONGEST_DELAY

REFUND = "tables.tasks.refund_payment"
State, Outcome = PaymentRefund.State, PaymentAttempt.Outcome
_FIRST_DELAY = timedelta(seconds=5)
# Stripe forgets keys after 24 hours (https://docs.stripe.com/api/idempotent_requests). From then on we only look.
_REPEATED_FOR = timedelta(hours=20)
# For the shift that served the table.
_PRINTED_WITHIN = timedelta(hours=1)
_MOST_PER_SWEEP = 200
_MOST_STEPS = 3
# Some ten minutes of growing delays.
_TELL_AFTER = 10
_LONGEST_REASON = 200


class RefundNotPossible(ValueError):
    """The payment cannot be refunded by this amount. The text says why to staff."""


def refundable(payment: Payment) -> Decimal:
    """Return how much of the payment can still be given back: what was captured, less refunds, done or on their way."""
    if payment.state != Payment.State.CAPTURED:
        return ZERO
    waiting = payment.refunds.filter(state=State.WAITING).aggregate(sum=Sum("amount"))["sum"] or ZERO
    left: Decimal = payment.captured - payment.refunded - waiting
    return left


def request_refund(*, payment: Payment, amount: Decimal, reason: str, by: str, key: str) -> PaymentRefund:
    """Give back a part of a captured payment, or all of it; return the refund, which a worker carries out.

    Args:
        payment: locked here.
        amount: tip included, in the venue's currency.
        key: of the form: repeating it returns the refund that it asked for.

    Raises:
        RefundNotPossible: nothing was captured, or less than that is left.
    """
    with transaction.atomic():
        locked = Payment.objects.select_for_update(of=("self",)).select_related("venue").get(pk=payment.pk)
        if earlier := locked.refunds.filter(key=key).first():
            return earlier
        _check(locked, amount)
        refund = PaymentRefund.objects.create(
            payment=locked,
            key=key,
            amount=amount,
            reason=reason.strip()[:_LONGEST_REASON],
            requested_by=by,
            next_attempt_at=due_now(),
        )
        enqueue_on_commit(REFUND, str(refund.pk))
    return refund


def _check(payment: Payment, amount: Decimal) -> None:
    left, least = refundable(payment), smallest_amount(payment.venue.currency)
    if left <= 0:
        raise RefundNotPossible("Nothing of this payment can be refunded.")
    if amount <= 0 or (amount % least and amount != left):
        raise RefundNotPossible(f"Enter a multiple of {format_money(least, payment.venue)}.")
    if amount > left:
        raise RefundNotPossible(f"Enter {format_money(left, payment.venue)} at most: no more is left of this payment.")


def carry_out(*, refund_id: UUID) -> str:
    """Have the provider give the money back, then the till print a message, if that is due. Safe at any time.

    Returns:
        The refund's state after the last step, "not due", or "superseded" if another process recorded it first.
    """
    result = "not due"
    for _ in range(_MOST_STEPS):
        lease = claim(_due().filter(pk=refund_id), lease=LEASE, attempts=F("attempts") + 1)
        if lease is None:
            break
        refund = PaymentRefund.objects.select_related("payment__venue", "payment__bill", "payment__table").get(
            pk=refund_id
        )
        result = _give_back(refund, lease) if refund.state == State.WAITING else _print(refund, lease)
    return result


def enqueue_due() -> int:
    """Queue the refunds that are due, a limited number at a time; return how many were queued."""
    ids = _due().order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_SWEEP]
    return enqueue_each(REFUND, [str(pk) for pk in ids])


def _due() -> QuerySet[PaymentRefund]:
    now = clock.now()
    return PaymentRefund.objects.filter(Q(lease=None) | Q(lease_until__lte=now), next_attempt_at__lte=now)


# --- Give back -------------------------------------------------------------------------------------------------------


def key_of(refund: PaymentRefund) -> str:
    """Return the key of the refund at the provider: the same whenever it is repeated."""
    return f"{refund.pk.hex}-refund"


def _give_back(refund: PaymentRefund, lease: UUID) -> str:
    payment = refund.payment
    row = PaymentAttempt.objects.create(payment=payment, step=PaymentAttempt.Step.REFUND, reference=key_of(refund))
    try:
        reference = _ask(refund)
    except ProviderRefused as error:
        _finish(row, Outcome.REFUSED, str(error))
        return _record_failure(refund, str(error))
    except ProviderUnreachable as error:
        _finish(row, Outcome.UNREACHABLE, str(error))
        return _later(refund, lease, str(error))
    except Exception as error:
        # Tried again like any other failure; raised so that it is reported.
        _finish(row, Outcome.ERROR, repr(error))
        _later(refund, lease, "storekit failed. The log says why.")
        raise
    _finish(row, Outcome.DONE, reference)
    return _record_done(refund, reference)


def _ask(refund: PaymentRefund) -> str:
    """Return the refund's name at the provider. Raises `ProviderRefused` or `ProviderUnreachable`."""
    payment = refund.payment
    provider, account = provider_named(payment.provider), payment.provider_account
    if clock.now() < refund.requested_at + _REPEATED_FOR:
        return provider.refund(payment.provider_reference, amount=refund.amount, key=key_of(refund), account=account)
    present = provider.read(payment.provider_reference, account=account)
    if present.refunded - payment.refunded >= refund.amount:
        return "found at the provider"
    raise ProviderRefused("The provider could not be reached for a day, and has not refunded it.")


def _finish(row: PaymentAttempt, outcome: PaymentAttempt.Outcome, detail: str) -> None:
    row.finished_at, row.outcome, row.detail = clock.now(), outcome, detail
    row.save(update_fields=["finished_at", "outcome", "detail"])


def _later(refund: PaymentRefund, lease: UUID, error: str) -> str:
    if refund.state == State.WAITING and refund.attempts == _TELL_AFTER:
        _call_staff(refund, error)
    delay = growing_delay(failures=refund.attempts, first=_FIRST_DELAY, longest=LONGEST_DELAY)
    ours = PaymentRefund.objects.filter(pk=refund.pk, lease=lease)
    changed = ours.update(lease=None, lease_until=None, next_attempt_at=clock.now() + delay, error=error)
    return str(refund.state) if changed else "superseded"


def _record_done(refund: PaymentRefund, reference: str) -> str:
    """Record that the money is with the guest: a fact, whichever process found it out, and counted once."""

    def change(payment: Payment) -> None:
        # The message is printed next, in a step of its own.
        printing = {"next_attempt_at": due_now(), "attempts": 0}
        done = {"provider_reference": reference, "done_at": clock.now(), "error": ""}
        if not _end(refund, State.DONE, **printing, **done):
            return
        payment.refunded += refund.amount
        if payment.refunded >= payment.captured:
            payment.state, payment.ended_at = Payment.State.REFUNDED, clock.now()

    settle(refund.payment_id, change)
    return State.DONE


def _record_failure(refund: PaymentRefund, why: str) -> str:
    def change(payment: Payment) -> None:
        if _end(refund, State.FAILED, error=why, next_attempt_at=None):
            _tell(payment, refund, f"could not be refunded. {why}")

    settle(refund.payment_id, change)
    return State.FAILED


def _call_staff(refund: PaymentRefund, why: str) -> None:
    settle(refund.payment_id, lambda payment: _tell(payment, refund, f"has not been refunded yet. {why}"))


def _tell(payment: Payment, refund: PaymentRefund, what: str) -> None:
    """Call staff about a refund; each of a payment's messages has a number of its own."""
    payment.needs_staff = True
    about = PaymentAlert.About.REFUND_FAILED
    told = payment.alerts.filter(about=about, channel=PaymentAlert.Channel.EMAIL).count()
    text = f"{format_money(refund.amount, payment.venue)} {what}"
    queue_alert(payment=payment, about=about, text=text, occurrence=told + 1)


def _end(refund: PaymentRefund, state: PaymentRefund.State, **columns: object) -> bool:
    """End a refund that is waiting; return whether nobody has before."""
    waiting = PaymentRefund.objects.filter(pk=refund.pk, state=State.WAITING)
    return bool(waiting.update(state=state, lease=None, lease_until=None, **columns))


# --- Print -----------------------------------------------------------------------------------------------------------


def _print(refund: PaymentRefund, lease: UUID) -> str:
    try:
        pos_for(venue=refund.payment.venue).print_message(till_message(refund))
    except PosError as error:
        is_over = clock.now() >= (refund.done_at or refund.requested_at) + _PRINTED_WITHIN
        if not is_over and not isinstance(error, Rejected):
            return _later(refund, lease, f"The till has not printed the message yet. {error}")
        return _record_print(refund, lease, error=f"The till did not print the message. {error}")
    return _record_print(refund, lease, error="", printed_at=clock.now())


def till_message(refund: PaymentRefund) -> str:
    """Return what the till prints about a refund, as the POS cannot book it."""
    payment = refund.payment
    money, number = partial(format_money, venue=payment.venue), payment.bill.table_number
    lines = [
        f"REFUNDED: {money(refund.amount)} of a guest’s payment of {money(payment.captured)}.",
        "The till does not know of it: correct the day’s report by hand.",
        f"Table: {number if number is not None else 'none'}",
        f"Check: {payment.account or payment.bill.account}",
        f"Paid with: {payment.card or payment.get_method_display()}",
        f"Refunded by: {refund.requested_by}",
        f"Reason: {refund.reason}" if refund.reason else "",
    ]
    return "\n".join(line for line in lines if line)


def _record_print(refund: PaymentRefund, lease: UUID, **columns: object) -> str:
    with transaction.atomic():
        ours = still_ours(PaymentRefund.objects.filter(pk=refund.pk), lease=lease)
        if ours is None:
            return "superseded"
        free = {"lease": None, "lease_until": None, "next_attempt_at": None}
        PaymentRefund.objects.filter(pk=refund.pk).update(**free, **columns)
    return str(refund.state)
