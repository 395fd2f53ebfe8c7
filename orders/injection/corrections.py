"""Automatic corrections of an order that the POS refused, each made at most once for an order."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction

from integrations.pos import RefusalCause
from orders.injection.references import definitely_refused, restart_sending, start_new_revision
from orders.models import Injection
from orders.queue import enqueue_injection


def correct_and_resend(*, injection: Injection, code: str) -> bool:
    """Send a corrected order if that can help; return whether it is being sent. The row is locked.

    Args:
        injection: its row, with the POS's answer already recorded.
        code: the cause of the refusal. Most causes have no correction.
    """
    correction = _CORRECTIONS.get(code)
    if correction is None or not correction.applies(injection) or not definitely_refused(injection=injection):
        return False
    setattr(injection, correction.column, True)
    injection.save(update_fields=[correction.column])
    start_new_revision(injection=injection)
    restart_sending(injection=injection, after=correction.after)
    if correction.after:
        injection.error_code, injection.error = code, correction.interim_message
        injection.save(update_fields=["error_code", "error"])
    else:
        transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))
    return True


@dataclass(frozen=True)
class _Correction:
    """A correction, which `column` switches on.

    `needs` is the order's field without which there is nothing to correct. `after` is how long to wait first, and
    `interim_message` tells staff why.
    """

    column: str
    needs: str = ""
    after: timedelta = timedelta(0)
    interim_message: str = ""

    def applies(self, injection: Injection) -> bool:
        """Return whether the correction is still to be made and changes anything."""
        return not getattr(injection, self.column) and (not self.needs or bool(getattr(injection.order, self.needs)))


_CORRECTIONS: dict[str, _Correction] = {
    # Send the discount as a line, which takes off the same amount.
    RefusalCause.UNKNOWN_DISCOUNT: _Correction("native_discount_refused", needs="discount_pos_id"),
    # The POS ties an address to one reference for ever, and another integration may have used the address first.
    RefusalCause.CUSTOMER_CONFLICT: _Correction("without_email", needs="email"),
    # With several iPads, another one may take the order, and the one with the old menu reload it. Source: integrators'
    # logs.
    RefusalCause.STALE_MENU: _Correction(
        "menu_retried", after=timedelta(minutes=1), interim_message="A till did not know an item of the order."
    ),
}
