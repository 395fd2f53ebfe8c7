"""A table from Lightspeed's error responses to the port's errors. Undocumented responses are errors too.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from integrations.lightspeed.mapping.payments import refusal_of_payment, sentence_of
from integrations.lightspeed.mapping.refusals import refusal_of, scrubbed
from integrations.pos import (
    BadAnswer,
    Duplicate,
    NotFound,
    PaymentRefusal,
    PosError,
    RefusalCause,
    Rejected,
    Throttled,
    Unauthorised,
    Unreachable,
)


class Call(StrEnum):
    """The kind of a call, which decides what an error response to it means."""

    READ = "read"
    WRITE = "write"
    ORDER = "order"
    PAYMENT = "payment"


_ANY = frozenset(Call)
_DELIVERIES = frozenset({Call.ORDER, Call.PAYMENT})
_ORDER = frozenset({Call.ORDER})
_PAYMENT = frozenset({Call.PAYMENT})
_NO_DELIVERIES = frozenset({Call.READ, Call.WRITE})


@dataclass(frozen=True)
class Quirk:
    """One row: a response with one of `statuses` to one of `calls`, whose words match `words`, means `error`.

    The words are the message and, each on a line, the field errors; `words` is found anywhere in them, in either case.
    `sentence` is for venue staff; `code` names the cause where the error's own code is too general.
    """

    statuses: range
    error: type[PosError]
    sentence: str
    code: str = ""
    calls: frozenset[Call] = _ANY
    words: str = ""


def _only(status: int) -> range:
    return range(status, status + 1)


_REFUSED = "Lightspeed refused this request."
_NO_CHECK = "Lightspeed has no open check with this identifier."

# The first matching row counts; the last two match everything that is left.
QUIRKS = (
    # For an order sent again because the first response was lost, 409 means that the order has arrived.
    Quirk(_only(409), Duplicate, "Lightspeed already has this order.", calls=_ORDER),
    # The back office's own answer, wrapped: `{"url": …, "ex": "403 Forbidden from GET http://backend:8086/…"}`. Seen in
    # integrators' logs when a menu is loaded with the consent of a person without the permission BO-WRITE.
    Quirk(
        _only(400),
        Unauthorised,
        "The person who connected the venue may not use Lightspeed's back office. "
        "Connect again as an administrator of the back office (BO-WRITE).",
        code="no_backoffice_permission",
        words=r"\A403 forbidden",
    ),
    # The equivalent of the first row for payments. To take a used reference for a refusal would leave a guest's payment
    # on the till and give the money back, so the words count wherever they are.
    Quirk(
        range(400, 500),
        Duplicate,
        "Lightspeed already has this payment.",
        calls=_PAYMENT,
        words=r"already[\s_-]+(been[\s_-]+)?used|been[\s_-]+already[\s_-]+used",
    ),
    Quirk(_only(400), Rejected, "Lightspeed refused the order.", calls=_ORDER),
    Quirk(_only(400), Rejected, "Lightspeed refused the payment.", calls=_PAYMENT),
    # A check's identifier in the wrong form, which is a check that does not exist.
    Quirk(
        _only(400),
        NotFound,
        _NO_CHECK,
        code="no_such_check",
        calls=_NO_DELIVERIES,
        words=r"\Ainvalid account identifier",
    ),
    Quirk(_only(400), Rejected, _REFUSED),
    Quirk(
        _only(401),
        Unauthorised,
        "Lightspeed no longer accepts storekit's access. A manager needs to reconnect the venue.",
    ),
    Quirk(
        _only(403),
        Unauthorised,
        "The connection to Lightspeed does not cover this location or function. "
        "Connect again with a Lightspeed user who has access to it.",
        code="forbidden",
    ),
    # `account not found for BL 123`
    Quirk(_only(404), NotFound, _NO_CHECK, code="no_such_check", calls=_NO_DELIVERIES, words=r"\Aaccount not found"),
    Quirk(_only(404), NotFound, "Lightspeed could not find this. It may have been deleted there."),
    Quirk(_only(410), NotFound, "Lightspeed could not find this. It may have been deleted there."),
    Quirk(_only(408), Unreachable, "Lightspeed did not receive the whole request in time.", code="timed_out"),
    Quirk(_only(425), Unreachable, "Lightspeed is not ready for this request yet."),
    Quirk(_only(429), Throttled, "Lightspeed is receiving too many requests from storekit at the moment."),
    Quirk(range(400, 500), Rejected, _REFUSED, code="unexpected_status"),
    Quirk(range(500, 600), Unreachable, "Lightspeed has a technical problem at the moment.", code="pos_fault"),
    # Undocumented statuses: an order or payment may have arrived, so it is sent again with the same reference.
    Quirk(
        range(1000),
        Unreachable,
        "storekit did not understand Lightspeed's response.",
        code="unexpected_status",
        calls=_DELIVERIES,
    ),
    Quirk(range(1000), BadAnswer, "storekit did not understand Lightspeed's response.", code="unexpected_status"),
)


def for_answer(*, call: Call, status: int, body: bytes, retry_after: str | None = None) -> PosError:
    """Return the error for a response outside 2xx.

    Args:
        call: the kind of call.
        status: the HTTP status.
        body: the response's body, as received; ignored unless it is JSON.
        retry_after: the `Retry-After` header: seconds, an HTTP date, or None.
    """
    answer = _parse_object(body)
    message = _message_of(answer)
    words = "\n".join((message, *_field_errors(answer)))
    quirk = next(
        quirk
        for quirk in QUIRKS
        if status in quirk.statuses and call in quirk.calls and re.search(quirk.words, words, re.IGNORECASE)
    )
    detail = _readable(answer, message)
    if quirk.error is Throttled:
        return Throttled(quirk.sentence, retry_after=_wait(retry_after), detail=detail)
    if quirk.error is Rejected and call is Call.ORDER and (refusal := refusal_of(detail)):
        return Rejected(refusal.sentence, code=refusal.code, detail=detail, status=status, item=refusal.item)
    if issubclass(quirk.error, Rejected) and call is Call.PAYMENT:
        why = refusal_of_payment(answer.get("errors"), words)
        if why is not PaymentRefusal.OTHER:
            return Rejected(sentence_of(why), code=why, detail=detail, status=status)
    return quirk.error(quirk.sentence, code=quirk.code or None, detail=detail, status=status)


def for_bad_body(*, call: Call, status: int, detail: str) -> PosError:
    """Return the error for a 2xx response with an unusable body.

    An order or payment has probably arrived then, but that is not certain: it is sent again with the same reference.
    """
    kind = Unreachable if call in _DELIVERIES else BadAnswer
    return kind("storekit could not read Lightspeed's response.", code="bad_answer", detail=detail, status=status)


def not_accepted(status: str, *, call: Call) -> Rejected:
    """Return the error for an order or payment that was answered with 200 and any status but `ok`: it never arrives.

    `received` is what a business gets whose API Lightspeed has not enabled. Source: integrators' logs.
    """
    detail = scrubbed(f"Lightspeed answered: {status}")
    if status == "received":
        sentence = f"Ask Lightspeed's support to enable the Order and Pay API: until then, no online {call} arrives."
        return Rejected(sentence, code=RefusalCause.NOT_ENABLED, detail=detail, status=200)
    return Rejected(f"Lightspeed did not accept the {call}.", code="not_accepted", detail=detail, status=200)


def not_json(*, call: Call) -> PosError:
    """Return the error for a 2xx response whose body is not JSON."""
    return for_bad_body(call=call, status=200, detail="The response is not JSON.")


def timed_out() -> Unreachable:
    """Return the error for no response, or an incomplete one, in time."""
    return Unreachable("Lightspeed did not respond in time.", code="timed_out")


def not_connected() -> Unreachable:
    """Return the error for a connection that failed or broke off."""
    return Unreachable("Lightspeed could not be reached.")


_MAX_FIELDS = 10


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _message_of(answer: dict[str, Any]) -> str:
    """Return the message, under whichever name this part of the API gives it; empty for none."""
    for name in ("message", "msg", "ex", "exception"):
        if isinstance(answer.get(name), str):
            return str(answer[name])
    return ""


def _readable(answer: dict[str, Any], message: str) -> str:
    """Return `items[0].sku: must not be blank; payment: …` if fields are named, otherwise the message."""
    fields = list(_field_errors(answer))
    named = "; ".join(fields[:_MAX_FIELDS])
    if len(fields) > _MAX_FIELDS:
        named += f"; and {len(fields) - _MAX_FIELDS} more"
    # Spring's summary of field errors adds nothing to the list of them.
    parts = [named] if named and message.lower().startswith("validation failed") else [message, named]
    return scrubbed("; ".join(filter(None, parts)))


def _field_errors(answer: dict[str, Any]) -> Iterator[str]:
    """Yield field errors: orders, payments and webhooks list `errors`, menu and finance calls `apiSubExceptions`.

    Some responses have `errors` with a `title` instead (source: integrators' logs).
    """
    for list_name, words_names in (("errors", ("defaultMessage", "title")), ("apiSubExceptions", ("message",))):
        errors = answer.get(list_name)
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, dict):
                candidates = (error.get(name) for name in ("field", *words_names))
                if parts := [part for part in candidates if isinstance(part, str)]:
                    yield ": ".join(parts)


def _wait(retry_after: str | None) -> timedelta | None:
    """Parse both forms of the header, at most one day; None if it is missing or invalid."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - datetime.now(UTC), timedelta(0)), timedelta(days=1))
