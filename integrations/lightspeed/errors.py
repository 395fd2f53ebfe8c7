"""What Lightspeed's refusals mean: its quirks as one table, closed by default.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from integrations.lightspeed.mapping.refusals import cause_of, scrubbed
from integrations.pos import BadAnswer, Duplicate, NotFound, PosError, Rejected, Throttled, Unauthorised, Unreachable


class Call(StrEnum):
    """What a call does, as far as its refusal is concerned."""

    READ = "read"
    WRITE = "write"
    ORDER = "order"
    PAYMENT = "payment"


_ANY = frozenset(Call)
_DELIVERIES = frozenset({Call.ORDER, Call.PAYMENT})
_ORDER = frozenset({Call.ORDER})
_PAYMENT = frozenset({Call.PAYMENT})


@dataclass(frozen=True)
class Quirk:
    """One row: an answer with one of `statuses` to one of `calls`, whose message begins with `message`, means `error`.

    `sentence` is for venue staff; `code` names the cause where the error's own code is too wide.
    """

    statuses: range
    error: type[PosError]
    sentence: str
    code: str = ""
    calls: frozenset[Call] = _ANY
    message: str = ""


def _only(status: int) -> range:
    return range(status, status + 1)


_REFUSED = "Lightspeed refused this request."

# The first row that fits counts; the last two fit whatever is left.
QUIRKS = (
    # A resent order whose first answer was lost: 409 is how the POS says that it has arrived.
    Quirk(_only(409), Duplicate, "Lightspeed has this order already.", calls=_ORDER),
    # The same thing said differently for payments.
    Quirk(
        _only(400),
        Duplicate,
        "Lightspeed has this payment already.",
        calls=_PAYMENT,
        message="reference has already been used",
    ),
    Quirk(_only(400), Rejected, "Lightspeed refused the order.", calls=_ORDER),
    Quirk(_only(400), Rejected, "Lightspeed refused the payment.", calls=_PAYMENT),
    Quirk(_only(400), Rejected, _REFUSED),
    Quirk(_only(401), Unauthorised, "Lightspeed no longer accepts this venue's connection. Connect it again."),
    Quirk(
        _only(403),
        Unauthorised,
        "The connection to Lightspeed does not cover this location or this function. "
        "Connect again with a Lightspeed user who may grant it.",
        code="forbidden",
    ),
    Quirk(_only(404), NotFound, "Lightspeed does not have what was asked for (any more)."),
    Quirk(_only(410), NotFound, "Lightspeed does not have what was asked for (any more)."),
    Quirk(_only(408), Unreachable, "Lightspeed did not receive the whole request in time.", code="timed_out"),
    Quirk(_only(425), Unreachable, "Lightspeed is not ready for this request yet."),
    Quirk(_only(429), Throttled, "Lightspeed is receiving too many requests from us at the moment."),
    Quirk(range(400, 500), Rejected, _REFUSED, code="unexpected_status"),
    Quirk(range(500, 600), Unreachable, "Lightspeed has a problem of its own at the moment.", code="pos_fault"),
    # Whatever nobody has told us of: an order or payment may have arrived, so it goes again under its own reference.
    Quirk(
        range(1000), Unreachable, "Lightspeed's answer was not understood.", code="unexpected_status", calls=_DELIVERIES
    ),
    Quirk(range(1000), BadAnswer, "Lightspeed's answer was not understood.", code="unexpected_status"),
)


def for_answer(*, call: Call, status: int, body: bytes, retry_after: str | None = None) -> PosError:
    """The error that an answer outside 2xx means.

    Args:
        call: what was called.
        status: the HTTP status.
        body: the answer's body, as received; anything that is not JSON is ignored.
        retry_after: the `Retry-After` header: seconds, an HTTP date, or None.
    """
    answer = _parsed(body)
    message = _message_of(answer)
    quirk = next(
        quirk
        for quirk in QUIRKS
        if status in quirk.statuses and call in quirk.calls and message.lower().startswith(quirk.message)
    )
    detail = _readable(answer, message)
    if quirk.error is Throttled:
        return Throttled(quirk.sentence, retry_after=_wait(retry_after), detail=detail)
    if quirk.error is Rejected and call is Call.ORDER and (cause := cause_of(detail)):
        return Rejected(cause.sentence, code=cause.code, detail=detail, status=status)
    return quirk.error(quirk.sentence, code=quirk.code or None, detail=detail, status=status)


def for_nonsense(*, call: Call, status: int, detail: str) -> PosError:
    """The error that a 2xx answer with an unusable body means.

    An order or payment has probably arrived then, but nobody knows: it has to be sent again under its own reference.
    """
    kind = Unreachable if call in _DELIVERIES else BadAnswer
    return kind("Lightspeed's answer made no sense.", code="bad_answer", detail=detail, status=status)


def not_json(*, call: Call) -> PosError:
    """The error that a 2xx answer means whose body cannot be parsed."""
    return for_nonsense(call=call, status=200, detail="The answer is not JSON.")


def timed_out() -> Unreachable:
    """No answer, or not the whole of it, in time."""
    return Unreachable("Lightspeed did not answer in time.", code="timed_out")


def not_connected() -> Unreachable:
    """No connection, or one that broke off."""
    return Unreachable("Lightspeed could not be reached.")


_MOST_FIELDS = 10


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _message_of(answer: dict[str, Any]) -> str:
    for name in ("message", "msg"):
        if isinstance(answer.get(name), str):
            return str(answer[name])
    return ""


def _readable(answer: dict[str, Any], message: str) -> str:
    """`items[0].sku: must not be blank; payment: …`: the fields where they are named, else the message."""
    fields = list(_field_errors(answer))
    named = "; ".join(fields[:_MOST_FIELDS])
    if len(fields) > _MOST_FIELDS:
        named += f"; and {len(fields) - _MOST_FIELDS} more"
    # Spring's summary of its field errors says nothing that they don't.
    parts = [named] if named and message.lower().startswith("validation failed") else [message, named]
    return scrubbed("; ".join(filter(None, parts)))


def _field_errors(answer: dict[str, Any]) -> Iterator[str]:
    """Orders, payments and webhooks list `errors`; menu and finance calls list `apiSubExceptions`."""
    for list_name, words_name in (("errors", "defaultMessage"), ("apiSubExceptions", "message")):
        errors = answer.get(list_name)
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, dict):
                parts = [part for part in (error.get("field"), error.get(words_name)) if isinstance(part, str)]
                if parts:
                    yield ": ".join(parts)


def _wait(retry_after: str | None) -> timedelta | None:
    """Both forms of the header; None when it is absent or makes no sense, and never more than a day."""
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
