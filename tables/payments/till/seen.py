"""Payments that a check lists: the till has them, whether or not it has said so."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from integrations.pos import OpenCheck, PaymentUpdate
from storekit.models import Venue
from tables.models import BillIdentifier, Payment, PaymentAlert
from tables.payments.leasing import move
from tables.payments.till.pos_events import apply_payment_update
from tables.payments.till.references import payment_of

State = Payment.State

_UNDECIDED = (State.AUTHORISED, State.SENT)
_NOT_CHARGED = (State.REFUSED, State.RELEASED, State.REFUNDED)


def note_payments(*, venue: Venue, checks: Iterable[OpenCheck]) -> int:
    """Take each payment on these checks for applied, as its notification may be lost; return how many were new.

    One that was given up before is told to staff, once: the guest was not charged. One that a merge or a split took to
    another check belongs to the bill of that. Costs one query while all is well.
    """
    listed = ((name, check) for check in checks for name in check.payment_references)
    found = {id: (name, check) for name, check in listed if (id := payment_of(reference=name)) is not None}
    if not found:
        return 0
    was_told = PaymentAlert.objects.filter(payment=OuterRef("pk"), about=PaymentAlert.About.NOT_CAPTURED)
    is_new = Q(state__in=_UNDECIDED) | Q(~Exists(was_told), state__in=_NOT_CHARGED)
    payments = Payment.objects.filter(venue=venue, pk__in=found).annotate(is_new=is_new)
    rows = list(payments.values_list("pk", "bill", "bill__check_uuid", "is_new"))
    for id, bill, uuid, _ in rows:
        check = found[id][1]
        if check.uuid and uuid not in ("", check.uuid):
            _move(venue, id, bill, check)
    new = [found[id][0] for id, _, _, is_new in rows if is_new]
    for reference in new:
        apply_payment_update(venue, PaymentUpdate(reference=reference, applied=True))
    return len(new)


def _move(venue: Venue, payment_id: UUID, bill_id: UUID, check: OpenCheck) -> None:
    """Let the payment count on the bill that it is on now, and no more on the one that it was started on."""
    there = BillIdentifier.objects.filter(venue=venue, identifier=check.uuid).values_list("bill", flat=True).first()
    if there is not None:
        move(payment_id, bill=bill_id, to=there)
