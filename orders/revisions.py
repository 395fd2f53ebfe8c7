"""Whether the POS has certainly refused an order, and the new reference that a corrected one may go out with."""

from orders.models import Injection, InjectionAttempt
from orders.placing import reference_of

_CERTAIN = ("refused_by_till", "refused")


def definitely_refused(*, injection: Injection) -> bool:
    """Whether the POS said no to the present reference, so that it can never come to the till by it."""
    last = injection.attempt_rows.filter(reference=injection.reference).order_by("-number").first()
    rejected = last is not None and last.outcome == InjectionAttempt.Outcome.REJECTED
    return rejected or injection.error_code in _CERTAIN


def raise_revision(*, injection: Injection) -> None:
    """Gives the injection its next reference. To be called with the row locked."""
    injection.revision += 1
    injection.reference = reference_of(order_id=injection.order_id, revision=injection.revision)
    injection.save(update_fields=["revision", "reference"])
