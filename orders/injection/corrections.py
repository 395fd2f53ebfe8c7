"""What storekit puts right by itself when the POS refuses an order, each at most once for an order."""

from functools import partial

from django.db import transaction

from orders.injection.references import definitely_refused, raise_revision, send_anew
from orders.models import Injection
from orders.queue import enqueue_injection


def correct(*, injection: Injection, code: str) -> bool:
    """Sends the order again in another form if that can help; returns whether it does. The row is locked.

    Args:
        injection: its row, with what the POS said written down.
        code: the cause of the refusal: `unknown_discount` or `customer_conflict`; nothing helps against others.
    """
    flag = _correction(injection, code)
    if not flag or not definitely_refused(injection=injection):
        return False
    setattr(injection, flag, True)
    injection.save(update_fields=[flag])
    raise_revision(injection=injection)
    send_anew(injection=injection)
    transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))
    return True


def _correction(injection: Injection, code: str) -> str:
    """The column that says what to do otherwise; empty when nothing is left."""
    if code == "unknown_discount" and injection.order.discount_pos_id and not injection.native_discount_refused:
        # The discount as a line takes off the same.
        return "native_discount_refused"
    if code == "customer_conflict" and injection.order.email and not injection.without_email:
        # The POS ties an address to a reference for ever, and another integrator may have been there first.
        return "without_email"
    return ""
