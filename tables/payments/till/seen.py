"""Payments that a check lists: the till has them, whether or not it has said so."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from integrations.pos import OpenCheck, PaymentUpdate
from storekit.models import Venue
from tables.models import Payment, PaymentAlert
from tables.payments.till.pos_events import apply_payment_update
from tables.payments.till.references import payment_of

State = Payment.State

_UNDECIDED = (State.AUTHORISED, State.SENT)
_NOT_CHARGED = (State.REFUSED, State.RELEASED, State.REFUNDED)


def note_payments(*, venue: Venue, checks: Iterable[OpenCheck]) -> int:
    """Take each payment on these checks for applied, as its notification may be lost; return how many were new.

    One that was given up before is told to staff, once: the guest was not charged. Costs one query while all is well.
    """
    listed = (name for check in checks for name in check.payment_references)
    references = {id: name for name in listed if (id := payment_of(reference=name)) is not None}
    if not references:
        return 0
    was_told = PaymentAlert.objects.filter(payment=OuterRef("pk"), about=PaymentAlert.About.NOT_CAPTURED)
    is_new = Q(state__in=_UNDECIDED) | Q(~Exists(was_told), state__in=_NOT_CHARGED)
    new = list(Payment.objects.filter(is_new, venue=venue, pk__in=references).values_list("pk", flat=True))
    for payment_id in new:
        apply_payment_update(venue, PaymentUpdate(reference=references[payment_id], applied=True))
    return len(new)
