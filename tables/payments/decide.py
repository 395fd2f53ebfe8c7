"""What staff decide about a payment of which storekit cannot find out what became of it."""

from storekit.db.due_rows import due_now
from tables.models import Payment
from tables.payments.leasing import settle
from tables.payments.transitions import apply, refuse

State = Payment.State


class NotUndecided(Exception):
    """The payment is decided already. The text says so to staff."""


def mark_applied(*, payment: Payment, by: str) -> Payment:
    """The payment is on the till, as a person has seen: capture the money. Raises `NotUndecided`."""

    def change(row: Payment) -> None:
        _check(row)
        apply(row)
        row.settled_by = by

    return settle(payment.pk, change)


def mark_not_applied(*, payment: Payment, by: str) -> Payment:
    """The payment is not on the till, as a person has seen: the guest is not charged. Raises `NotUndecided`."""

    def change(row: Payment) -> None:
        _check(row)
        refuse(row, "not_on_till", "Staff found that it is not on the till.")
        row.settled_by = by

    return settle(payment.pk, change)


def mark_settled(*, payment: Payment, by: str) -> Payment:
    """A person has looked at it: it needs nobody any more. What storekit still tries goes on."""

    def change(row: Payment) -> None:
        row.needs_staff, row.settled_by = False, by

    return settle(payment.pk, change)


def capture_again(*, payment: Payment, by: str) -> Payment:
    """Try once more to capture a payment that is on the till. Raises `NotUndecided` if it is not, or is captured."""

    def change(row: Payment) -> None:
        if row.state != State.APPLIED:
            raise NotUndecided(f"This payment cannot be captured: {row.get_state_display()}.")
        row.attempts, row.next_attempt_at = 0, due_now()
        # The guest is not told any more that nothing was charged; staff are called again if it fails again.
        row.error_code = row.settled_by = ""

    return settle(payment.pk, change)


def _check(payment: Payment) -> None:
    if payment.state != State.SENT:
        raise NotUndecided(f"This payment is decided: {payment.get_state_display()}.")
