"""A payment as the guest who pays and the REST API see it."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from storekit.money import money_string
from tables.bills.splitting import due
from tables.models import Payment
from tables.payments.claims import claims_on, split_of
from tables.payments.providers.port import Money
from tables.payments.transitions import NOT_CAPTURED

Json = dict[str, Any]

State = Payment.State

_SENTENCES = {
    "abandoned": gettext_noop("The time to pay is over. You were not charged."),
    "card_declined": gettext_noop("Your card was declined. Try another one."),
    "insufficient_funds": gettext_noop("Your card does not have enough money. Try another one."),
    "expired_card": gettext_noop("Your card has expired. Try another one."),
    "unknown_gift_card": gettext_noop("This code is not valid here. Check it, or ask the staff."),
    "mistyped_gift_card": gettext_noop("There is a typing mistake in this code. Check its digits."),
    "gift_card_expired": gettext_noop("This gift card has expired. Ask the staff."),
    "not_enough_balance": gettext_noop("There is not enough left on this gift card. Pay a part with it."),
    "not_available": gettext_noop("Somebody else has paid for that. You were not charged."),
    "more_than_due": gettext_noop("The bill has changed. You were not charged."),
}
_OTHERWISE = gettext_noop("You were not charged. Please pay the staff.")


def payment_document(payment: Payment) -> Json:
    """Return the payment: `{id, status, stage, amount, tip, due_after, error, provider}`.

    `stage` is what the guest sees: `needs_guest` (a card or a confirmation), `processing`, `settling` (paid, being
    settled), `paid`, `not_charged`, or `refunded`. Load the bill and the venue with the payment. The sentence of an
    error is in the language of the payment.
    """
    currency = payment.venue.currency
    status, stage = _status(payment)
    split = split_of(payment.bill, venue=payment.venue, claims=claims_on(payment.bill))
    return {
        "id": str(payment.pk),
        "status": status,
        "stage": stage,
        "amount": money_string(payment.amount, currency),
        "tip": money_string(payment.tip, currency),
        "due_after": money_string(due(split), currency),
        "error": _error(payment) if status in ("failed", "refunded") else None,
        "provider": _provider(payment),
    }


def _status(payment: Payment) -> tuple[str, str]:
    match payment.state:
        case State.HELD:
            is_asked = payment.provider_data.get("money") == Money.NEEDS_GUEST
            return "pending", "needs_guest" if is_asked else "processing"
        case State.CAPTURED:
            is_given_back = payment.refunded and payment.refunded >= payment.captured
            return ("refunded", "refunded") if is_given_back else ("succeeded", "paid")
        case State.REFUSED:
            return "failed", "refunded" if payment.captured_first else "not_charged"
        case State.RELEASED:
            return "failed", "not_charged"
        case State.REFUNDED:
            return "refunded", "refunded"
        case State.APPLIED if payment.error_code == NOT_CAPTURED:
            return "failed", "not_charged"
        case _:
            return "pending", "settling"


def _error(payment: Payment) -> Json | None:
    if not payment.error_code:
        return None
    # A blocked card may have been stolen, and codes may be guessed: it is as good as unknown.
    code = "unknown_gift_card" if payment.error_code == "gift_card_blocked" else payment.error_code
    with translation.override(payment.language or None):
        return {"code": code, "detail": gettext(_SENTENCES.get(code, _OTHERWISE))}


def _provider(payment: Payment) -> Json:
    """Return what the guest's page needs to go on; once it is over, what is left on a gift card with too little."""
    is_pending = _status(payment)[0] == "pending"
    data = payment.provider_data
    shown = {name: data[name] for name in data if name != "money" and (is_pending or name == "balance")}
    return {"name": payment.provider, **shown}
