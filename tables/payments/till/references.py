"""The references under which the POS knows payments: derived from our row, one for each revision."""

import re
from uuid import UUID

from integrations.pos import PAYMENT_REFERENCE_PREFIX

_FORM = re.compile(rf"{PAYMENT_REFERENCE_PREFIX}([0-9a-f]{{32}})-([1-9][0-9]?)")


def reference_of(*, payment_id: UUID, revision: int) -> str:
    """Return the reference of a revision of a payment, 38 or 39 characters."""
    return f"{PAYMENT_REFERENCE_PREFIX}{payment_id.hex}-{revision}"


def payment_of(*, reference: str) -> UUID | None:
    """Return the id of the payment that has this reference in any revision; None if it is none of ours."""
    match = _FORM.fullmatch(reference)
    return UUID(match[1]) if match else None
