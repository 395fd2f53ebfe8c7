"""Under which reference an order goes to the POS, and when it may go under a new one."""

from orders.models import Injection, InjectionAttempt
from orders.placing import reference_of
from orders.queueing import due_at_once

_Outcome = InjectionAttempt.Outcome

# Answers that say: it is not here. Everything else may have arrived.
_DEFINITE = (_Outcome.REJECTED, _Outcome.THROTTLED, _Outcome.UNAUTHORISED)


def definitely_refused(*, injection: Injection) -> bool:
    """Whether the order is certainly not on the till under its present reference, and will not come there."""
    if injection.error_code == "refused_by_till":
        return True
    sent = InjectionAttempt.objects.filter(injection=injection, reference=injection.reference)
    outcomes = set(sent.values_list("outcome", flat=True))
    return bool(outcomes) and outcomes.issubset(_DEFINITE)


def may_have_arrived(*, injection: Injection) -> bool:
    """Whether something was sent under the present reference that was not certainly refused."""
    sent = InjectionAttempt.objects.filter(injection=injection, reference=injection.reference)
    return injection.error_code != "refused_by_till" and sent.exclude(outcome__in=_DEFINITE).exists()


def raise_revision(*, injection: Injection) -> None:
    """Gives the order its next reference, after a definite refusal. To be called with the row locked; saves it."""
    injection.revision += 1
    injection.reference = reference_of(order_id=injection.order_id, revision=injection.revision)
    injection.account = ""
    injection.accepted_at = None
    injection.save(update_fields=["revision", "reference", "account", "accepted_at"])


def send_anew(*, injection: Injection) -> None:
    """Makes the order due at once, with all of its retries before it. To be called with the row locked; saves it."""
    injection.state = Injection.State.WAITING
    injection.next_attempt_at = injection.due_since = due_at_once()
    injection.deliver_by = injection.lease = injection.lease_until = None
    injection.error_code = injection.error = ""
    injection.save(
        update_fields=[
            "state",
            "next_attempt_at",
            "due_since",
            "deliver_by",
            "lease",
            "lease_until",
            "error_code",
            "error",
        ]
    )
