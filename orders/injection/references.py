"""The reference under which an order is sent to the POS, and when it may change.

One reference, one delivery: as long as an earlier attempt may have arrived, the order is sent again under the same
reference. Only after a definite refusal may a corrected order go out, as a new revision with its own reference.
"""

from datetime import datetime, timedelta
from uuid import UUID

from orders.injection.check_identity import forget_check
from orders.models import Injection, InjectionAttempt
from storekit.db.due_rows import due_now

_Outcome = InjectionAttempt.Outcome

# After any other outcome the order may have arrived.
_DEFINITE_REFUSALS = (_Outcome.REJECTED, _Outcome.THROTTLED, _Outcome.UNAUTHORISED)


def reference_of(*, order_id: UUID, revision: int) -> str:
    """Return the reference of one revision of the order, at most 48 characters; every attempt uses the same."""
    return f"{order_id.hex}-{revision}"


def order_id_from_reference(*, reference: str) -> UUID | None:
    """Return the id of the order that a reference of any revision belongs to; None if the reference is not ours."""
    name, _, revision = reference.partition("-")
    if len(name) != 32 or not (revision.isascii() and revision.isdigit()):
        return None
    try:
        return UUID(hex=name)
    except ValueError:
        return None


def definitely_refused(*, injection: Injection) -> bool:
    """Return whether the order is certainly not on the till under its present reference, and will not get there.

    That is so if the POS reported that the till refused it, or if every attempt was refused. An order that was never
    sent has not been refused.
    """
    if injection.refused:
        return True
    outcomes = set(
        InjectionAttempt.objects.filter(injection=injection, reference=injection.reference).values_list(
            "outcome", flat=True
        )
    )
    return bool(outcomes) and outcomes.issubset(_DEFINITE_REFUSALS)


def may_have_arrived(*, injection: Injection) -> bool:
    """Return whether any attempt under the present reference was not definitely refused."""
    sent = InjectionAttempt.objects.filter(injection=injection, reference=injection.reference)
    return not injection.refused and sent.exclude(outcome__in=_DEFINITE_REFUSALS).exists()


def last_possible_arrival(*, injection: Injection) -> datetime | None:
    """Return the start time of the latest attempt that may have delivered the present reference; None if there is none.

    Duplicates do not count: the POS already had the reference, so an earlier attempt brought it.
    """
    sent = InjectionAttempt.objects.filter(injection=injection, reference=injection.reference)
    candidates = sent.exclude(outcome__in=(*_DEFINITE_REFUSALS, _Outcome.DUPLICATE))
    return candidates.order_by("-number").values_list("started_at", flat=True).first()


def start_new_revision(*, injection: Injection) -> None:
    """Give the order its next reference after a definite refusal. The row must be locked.

    Saves the row. To send the order again, the caller calls `restart_sending` as well.
    """
    injection.revision += 1
    injection.reference = reference_of(order_id=injection.order_id, revision=injection.revision)
    injection.refused = False
    injection.account = ""
    injection.due_since = None
    injection.deliver_by = None
    injection.confirmation_checks = 0
    injection.accepted_at = None
    forget_check(injection=injection)
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


def restart_sending(*, injection: Injection, after: timedelta = timedelta(0)) -> None:
    """Make the order due after a while, with all of its retries available again. The row must be locked; it is saved.

    If it is due at once, the caller queues it on commit with `orders.queue.enqueue_injection`.
    """
    injection.state = Injection.State.WAITING
    injection.next_attempt_at = injection.due_since = due_now() + after
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
