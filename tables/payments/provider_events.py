"""News from providers: a hint only. The payment is due now, and the step reads it from the provider."""

from storekit.db.due_rows import due_now, enqueue
from tables.models import ENDED_STATES, Payment
from tables.payments.leasing import ADVANCE


def provider_changed(*, provider: str, reference: str) -> None:
    """Take the next step of the payment with this reference at the provider. Does nothing for one that is done.

    A step that is under way is followed by another.
    """
    rows = Payment.objects.filter(provider=provider, provider_reference=reference).exclude(state__in=ENDED_STATES)
    for payment_id in rows.values_list("pk", flat=True):
        # Only what waits for something: what has been given up by all means waits for a person.
        if Payment.objects.filter(pk=payment_id, next_attempt_at__isnull=False).update(next_attempt_at=due_now()):
            enqueue(ADVANCE, str(payment_id))
