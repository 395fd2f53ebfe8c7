"""News from providers: a hint only. The payment is due now, and the step reads it from the provider."""

from storekit.db.due_rows import due_now, enqueue
from tables.models import ENDED_STATES, Payment

_ADVANCE = "tables.tasks.advance_payment"


def provider_changed(*, provider: str, reference: str) -> None:
    """Take the next step of the payment with this reference at the provider. Does nothing for one that is done."""
    rows = Payment.objects.filter(provider=provider, provider_reference=reference).exclude(state__in=ENDED_STATES)
    for payment_id in rows.values_list("pk", flat=True):
        if Payment.objects.filter(pk=payment_id, next_attempt_at__isnull=False).update(next_attempt_at=due_now()):
            enqueue(_ADVANCE, str(payment_id))
