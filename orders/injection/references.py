"""Under which reference an order goes to the POS, and when it may go under a new one.

One reference, one delivery: as long as an earlier attempt may have arrived, the order is sent under the same reference
again. Only after a definite refusal may a corrected order go out, as a new revision with a reference of its own.
"""

from datetime import datetime
from uuid import UUID

from orders.models import Injection, InjectionAttempt
from storekit.db.due_rows import due_now

_Outcome = InjectionAttempt.Outcome

# Answers that say: it is not here. Everything else may have arrived.
_DEFINITE = (_Outcome.REJECTED, _Outcome.THROTTLED, _Outcome.UNAUTHORISED)


def reference_of(*, order_id: UUID, revision: int) -> str:
    """What the POS knows the order by: the same on every attempt to deliver the same thing, at most 48 characters."""
    return f"{order_id.hex}-{revision}"


def order_named_by(*, reference: str) -> UUID | None:
    """The order that a reference, of whatever revision, belongs to; None for a reference that is not ours."""
    name, _, revision = reference.partition("-")
    if len(name) != 32 or not (revision.isascii() and revision.isdigit()):
        return None
    try:
        return UUID(hex=name)
    except ValueError:
        return None


def definitely_refused(*, injection: Injection) -> bool:
    """Whether the order is certainly not on the till under its present reference, and will not come there.

    So it is when the POS said that the till did not take it, or when every attempt was answered with a no. An order
    that was never sent has not been refused.
    """
    if injection.refused:
        return True
    outcomes = set(
        InjectionAttempt.objects.filter(injection=injection, reference=injection.reference).values_list(
            "outcome", flat=True
        )
    )
    return bool(outcomes) and outcomes.issubset(_DEFINITE)


def may_have_arrived(*, injection: Injection) -> bool:
    """Whether something was sent under the present reference that was not certainly refused."""
    sent = InjectionAttempt.objects.filter(injection=injection, reference=injection.reference)
    return not injection.refused and sent.exclude(outcome__in=_DEFINITE).exists()


def last_arrival(*, injection: Injection) -> datetime | None:
    """When the last attempt began that may have brought the present reference to the POS; None for none.

    That the POS knew it already does not count: then an earlier one brought it.
    """
    sent = InjectionAttempt.objects.filter(injection=injection, reference=injection.reference)
    may_have = sent.exclude(outcome__in=(*_DEFINITE, _Outcome.DUPLICATE))
    return may_have.order_by("-number").values_list("started_at", flat=True).first()


def raise_revision(*, injection: Injection) -> None:
    """Gives the order its next reference, after a definite refusal. To be called with the row locked.

    Saves the row's columns about sending. Whether it is sent again is the caller's to say, with `send_anew`.
    """
    injection.revision += 1
    injection.reference = reference_of(order_id=injection.order_id, revision=injection.revision)
    injection.refused = False
    injection.account = ""
    injection.due_since = None
    injection.deliver_by = None
    injection.confirmation_checks = 0
    injection.accepted_at = None
    injection.save(
        update_fields=[
            "revision",
            "reference",
            "refused",
            "account",
            "due_since",
            "deliver_by",
            "confirmation_checks",
            "accepted_at",
        ]
    )


def send_anew(*, injection: Injection) -> None:
    """Makes the order due at once, with all of its retries before it. To be called with the row locked; saves it.

    The caller queues it on commit with `orders.queue.nudge`.
    """
    injection.state = Injection.State.WAITING
    injection.next_attempt_at = injection.due_since = due_now()
    injection.deliver_by = injection.lease = injection.lease_until = None
    injection.confirmation_checks = 0
    injection.error_code = injection.error = ""
    injection.save(
        update_fields=[
            "state",
            "next_attempt_at",
            "due_since",
            "deliver_by",
            "lease",
            "lease_until",
            "confirmation_checks",
            "error_code",
            "error",
        ]
    )
