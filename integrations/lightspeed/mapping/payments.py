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
_WORDS = tuple(
    (refusal, re.compile(pattern, re.IGNORECASE))
    for refusal, pattern in (
        (
            PaymentRefusal.OVERPAID,
            r"greater than the amount due|more than what is due|exceeds the amount due|overpa(y|id)",
        ),
        (PaymentRefusal.TIMED_OUT, r"validity ended|no devices available|timed?[ _]?out"),
        (PaymentRefusal.CHECK_CLOSED, r"already[ _](been[ _])?closed|account.*\bclosed"),
        # A refused field is named before its error.
        (
            PaymentRefusal.UNKNOWN_METHOD,
            r"payment[ _](method|type|id).*not[ _]found|unknown payment method|^paymentMethod: ",
        ),
        (PaymentRefusal.NO_STAFF, r"staff.*not[ _]found|missing[ _]staff|unknown staff|^staffId: "),
        (
            PaymentRefusal.CHECK_NOT_FOUND,
            r"account.*not[ _]found|(no such|unknown|invalid) account|^iKaccountIdentifier: ",
        ),
    )
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
    errors = source.get("errors")
    reason = scrubbed(text(source, "reason", "notification") or _words_of(errors))
    refusal = refusal_of_payment(errors, reason)
    return PaymentUpdate(
        reference=reference,
        applied=False,
        account=account,
        refusal=refusal,
        sentence=sentence_of(refusal),
        reason=reason,
    )


def sentence_of(refusal: PaymentRefusal) -> str:
    """Return why the till refused a payment, as a sentence for venue staff."""
    return _SENTENCES[refusal]


def refusal_of_payment(errors: object, reason: str) -> PaymentRefusal:
    """Return why a till refused a payment: by `errors` if they say so, else by its words, each on a line of its own."""
    if isinstance(errors, dict):
        if errors.get("timeout"):
            return PaymentRefusal.TIMED_OUT
        if (type_ := _text_in(errors, "account", "type")) in _TYPES:
            return _TYPES[type_]
    lines = reason.splitlines()
    return next(
        (refusal for refusal, words in _WORDS if any(words.search(line) for line in lines)), PaymentRefusal.OTHER
    )


def _words_of(errors: object) -> str:
    """Return what `errors` say, for a failure without a reason: the time-out's message or the error's type."""
    if not isinstance(errors, dict):
        return ""
    return _text_in(errors, "timeout", "message") or _text_in(errors, "account", "type")


def _text_in(errors: Json, name: str, field: str) -> str:
    inner = errors.get(name)
    found = inner.get(field) if isinstance(inner, dict) else None
    return found if isinstance(found, str) else ""
