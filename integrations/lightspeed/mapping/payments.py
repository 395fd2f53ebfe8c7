"""Map payments to and from Lightspeed's JSON. No HTTP, no database.

Sources: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/), and integrators' logs.
"""

import re
from datetime import timedelta

from integrations.lightspeed.mapping.json_fields import Json, text
from integrations.lightspeed.mapping.refusals import scrubbed
from integrations.pos import PaymentRefusal, PaymentTicket, PaymentUpdate

_MIN_VALIDITY = timedelta(minutes=1)

_SENTENCES = {
    PaymentRefusal.CHECK_NOT_FOUND: "The till no longer has this check. It may have been split, merged or moved.",
    PaymentRefusal.CHECK_CLOSED: "The check was closed on the till before the payment arrived.",
    PaymentRefusal.OVERPAID: "The payment is higher than what is due on the till.",
    PaymentRefusal.UNKNOWN_METHOD: "The till does not know the payment method. Check its code in the venue's settings.",
    PaymentRefusal.TIMED_OUT: "No till took the payment in time. Check that one is awake and online.",
    PaymentRefusal.NO_STAFF: "The till could not find the staff member the payment is booked for.",
    PaymentRefusal.OTHER: "The till refused the payment. See Lightspeed's message for the reason.",
}

# `errors.account.type`; what is not here is `OTHER`.
_TYPES = {
    "ACCOUNT_NOT_FOUND": PaymentRefusal.CHECK_NOT_FOUND,
    "ACCOUNT_ALREADY_CLOSED": PaymentRefusal.CHECK_CLOSED,
    "OVERPAID": PaymentRefusal.OVERPAID,
    "PAYMENT_METHOD_NOT_FOUND": PaymentRefusal.UNKNOWN_METHOD,
    "PAYMENT_ID_NOT_FOUND": PaymentRefusal.UNKNOWN_METHOD,
    "MISSING_STAFF": PaymentRefusal.NO_STAFF,
    "STAFF_NOT_FOUND": PaymentRefusal.NO_STAFF,
}

# A failure may have nothing but words; the first match counts.
_WORDS = (
    (PaymentRefusal.OVERPAID, re.compile(r"greater than the amount due|overpaid", re.IGNORECASE)),
    (PaymentRefusal.TIMED_OUT, re.compile(r"validity ended|no devices available|timed? ?out", re.IGNORECASE)),
    (PaymentRefusal.CHECK_CLOSED, re.compile(r"already (been )?closed", re.IGNORECASE)),
    (PaymentRefusal.CHECK_NOT_FOUND, re.compile(r"account .*not found|no such account", re.IGNORECASE)),
    (PaymentRefusal.UNKNOWN_METHOD, re.compile(r"payment (method|type|id) .*not found", re.IGNORECASE)),
)


def pay_body(*, ticket: PaymentTicket, location: int, endpoint_id: str) -> Json:
    """Return the body of `POST /o/op/1/pay`. Its `paymentAmount` leaves the tip out, unlike that of an order."""
    body: Json = {
        "businessLocationId": location,
        "endpointId": endpoint_id,
        "thirdPartyPaymentReference": ticket.reference,
        "iKaccountIdentifier": ticket.account,
        "paymentMethod": ticket.method,
        "paymentAmount": float(ticket.amount),
        "taskTtlInMs": max(ticket.deliver_within, _MIN_VALIDITY) // timedelta(milliseconds=1),
    }
    return body | ({"tipAmount": float(ticket.tip)} if ticket.tip else {})


def to_payment_update(source: Json, *, status: str, reference: str, account: str) -> PaymentUpdate:
    """Return what a notification says about a payment. `source` is its body."""
    if status == "SUCCESS":
        return PaymentUpdate(reference=reference, applied=True, account=account)
    reason = scrubbed(text(source, "reason", "notification"))
    refusal = refusal_of_payment(source.get("errors"), reason)
    return PaymentUpdate(
        reference=reference,
        applied=False,
        account=account,
        refusal=refusal,
        sentence=_SENTENCES[refusal],
        reason=reason,
    )


def refusal_of_payment(errors: object, reason: str) -> PaymentRefusal:
    """Return why a till refused a payment: by `errors` if it has them, else by its words."""
    if isinstance(errors, dict):
        if errors.get("timeout"):
            return PaymentRefusal.TIMED_OUT
        account = errors.get("account")
        type_ = account.get("type") if isinstance(account, dict) else None
        if isinstance(type_, str) and type_ in _TYPES:
            return _TYPES[type_]
    return next((refusal for refusal, words in _WORDS if words.search(reason)), PaymentRefusal.OTHER)
