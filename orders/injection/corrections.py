"""Automatic corrections of an order that the POS refused, each made at most once for an order."""

from functools import partial

from django.db import transaction

from orders.injection.references import definitely_refused, restart_sending, start_new_revision
from orders.models import Injection
from orders.queue import enqueue_injection


def correct_and_resend(*, injection: Injection, code: str) -> bool:
    """Send a corrected order if that can help; return whether it is being sent. The row is locked.

    Args:
        injection: its row, with the POS's answer already recorded.
        code: the cause of the refusal. There are corrections for `unknown_discount` and `customer_conflict` only.
    """
    column = _correction_column(injection, code)
    if not column or not definitely_refused(injection=injection):
        return False
    setattr(injection, column, True)
    injection.save(update_fields=[column])
    start_new_revision(injection=injection)
    restart_sending(injection=injection)
    transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))
    return True


def _correction_column(injection: Injection, code: str) -> str:
    """Return the column that switches the correction on; empty if there is none left to make."""
    if code == "unknown_discount" and injection.order.discount_pos_id and not injection.native_discount_refused:
        # Send the discount as a line, which takes off the same amount.
        return "native_discount_refused"
    if code == "customer_conflict" and injection.order.email and not injection.without_email:
        # The POS ties an address to one reference for ever, and another integration may have used the address first.
        return "without_email"
    return ""
