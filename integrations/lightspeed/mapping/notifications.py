"""Parse Lightspeed's notifications. No HTTP, no database.

A notification carries no event id, may arrive twice and out of order; its fingerprint identifies the fact. A failed
order may have nothing but a status, a reason and our reference; its location is that of the address it was sent to.
Sources: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/), and integrators' logs.
"""

import hashlib
import json
import secrets
from dataclasses import replace
from typing import Any

from integrations.lightspeed.mapping.availability import to_item_update, to_readiness
from integrations.lightspeed.mapping.checks import is_reversal, settles, to_open_check
from integrations.lightspeed.mapping.json_fields import Json, as_object, clean, identifier, text
from integrations.lightspeed.mapping.payments import to_payment_update
from integrations.lightspeed.mapping.refusals import refusal_of, scrubbed
from integrations.pos import (
    PAYMENT_REFERENCE_PREFIX,
    BadAnswer,
    OpenCheck,
    OrderEvent,
    OrderUpdate,
    PosFact,
    ReceivedNotification,
)

_DEFAULT_TYPE = "ORDER"

_CHECK_WAS_UPDATED = "CHECK_WAS_UPDATED"
_DELIVERED = "DELIVERED"
_CLOSED = "CLOSED"
_ORDER_EVENTS = {
    "SUCCESS": OrderEvent.CONFIRMED,
    "FAILURE": OrderEvent.FAILED,
    "ABANDONED": OrderEvent.FAILED,
    "READY_FOR_PICKUP": OrderEvent.READY,
    "IN_DELIVERY": OrderEvent.OUT_FOR_DELIVERY,
    _CLOSED: OrderEvent.COMPLETED,
    _DELIVERED: OrderEvent.DELIVERED,
    "CANCELLED": OrderEvent.CANCELLED,
    _CHECK_WAS_UPDATED: OrderEvent.CHECK_UPDATED,
}
_STATUSES = {
    "ORDER": frozenset(_ORDER_EVENTS),
    "PAYMENT": frozenset({"SUCCESS", "FAILURE"}),
    "ITEM": frozenset({"RESTRICTED", "NOT_RESTRICTED"}),
    "ORDER_API": frozenset({"READY", "NOT_READY"}),
}


def parse(body: Any, *, currency: str) -> ReceivedNotification:
    """Parse a notification. An unknown type or status is kept, without a fact.

    Args:
        body: the JSON as received; numbers may be of any type.
        currency: the venue's, which decides whether a closed check is covered; a check names none.

    Raises:
        BadAnswer: the body is not an object, or a field that identifies the fact has the wrong type.
    """
    source = as_object(body, "notification")
    status = text(source, "status", "notification")
    reference, account = identifier(source, "thirdPartyReference", "notification"), _account(source)
    type_ = _type_by(reference, status) or text(source, "type", "notification") or _DEFAULT_TYPE
    return ReceivedNotification(
        type=type_,
        status=status,
        reference=reference,
        account=account,
        business_location_id=identifier(source, "businessLocationId", "notification"),
        fingerprint=_fingerprint(source, type_, status, reference or account, currency),
        fact=_fact(source, type_, status, reference, account, currency),
    )


def _type_by(reference: str, status: str) -> str:
    """Return the type that our reference tells: a payment's failure may name no type, or the contract's default."""
    is_payment = reference.startswith(PAYMENT_REFERENCE_PREFIX) and status in _STATUSES["PAYMENT"]
    return "PAYMENT" if is_payment else ""


def _fact(source: Json, type_: str, status: str, reference: str, account: str, currency: str) -> PosFact | None:
    if status not in _STATUSES.get(type_, ()):
        return None
    if type_ == "ORDER":
        return _order_update(source, status, reference, account, currency)
    if type_ == "PAYMENT":
        return to_payment_update(source, status=status, reference=reference, account=account)
    if type_ == "ITEM":
        return to_item_update(source)
    return to_readiness(source) if type_ == "ORDER_API" else None


def _account(source: Json) -> str:
    """Return the check's identifier, such as `A78094.48`, which may also be inside the check if that is included."""
    named = identifier(source, "ikentooAccountIdentifier", "notification")
    check = source.get("account")
    return named or (identifier(check, "ikaccountId", "notification, account") if isinstance(check, dict) else "")


def _order_update(source: Json, status: str, reference: str, account: str, currency: str) -> OrderUpdate | None:
    event = _ORDER_EVENTS.get(status)
    if event is None:
        return None
    reason = scrubbed(text(source, "reason", "notification"))
    update = OrderUpdate(
        event=event,
        reference=reference,
        account=account,
        reason=reason,
        check_uuid=_check_uuid(source),
        check=_whole_check(source, currency),
    )
    if event is OrderEvent.COMPLETED and not _is_settled(source, currency):
        # The check is not over. It has been somewhere all the same, and may go on under another identifier.
        update = replace(update, event=OrderEvent.CHECK_UPDATED, account="" if _is_reversal(source) else account)
    refusal = refusal_of(reason) if event is OrderEvent.FAILED else None
    if refusal is None:
        return update
    return replace(update, code=refusal.code, sentence=refusal.sentence, item=refusal.item)


def _check_uuid(source: Json) -> str:
    check = source.get("account")
    uuid = check.get("uuid") if isinstance(check, dict) else None
    return clean(uuid)[:64] if isinstance(uuid, str) else ""


def _whole_check(source: Json, currency: str) -> OpenCheck | None:
    """Return the check in the notification; None if it has none, not all of it, or one that cannot be read."""
    check = source.get("account")
    if not isinstance(check, dict) or check.get("currentAmount") is None or check.get("salesEntries") is None:
        return None
    try:
        return to_open_check(check, currency)
    except BadAnswer:
        return None


def _is_settled(source: Json, currency: str) -> bool:
    """Return whether a CLOSED settles the check. Without a readable check in the notification its word counts."""
    check = source.get("account")
    try:
        return not isinstance(check, dict) or settles(check, currency)
    except BadAnswer:
        return True


def _is_reversal(source: Json) -> bool:
    return is_reversal(source["account"])


def _fingerprint(source: Json, type_: str, status: str, about: str, currency: str) -> str:
    if status not in _STATUSES.get(type_, ()):
        return _digest("unknown", source)
    if type_ == "ORDER" and status in {_CHECK_WAS_UPDATED, _DELIVERED}:
        # Two updates of a check look the same but are two facts. So are a delivery to the till and one to the guest.
        return secrets.token_hex(32)
    if type_ == "ORDER" and status == _CLOSED and not _is_settled(source, currency):
        # Must not make the CLOSED that settles the check look like one that was seen before.
        return _digest(type_, status, about, "unsettled", _account(source))
    if type_ == "PAYMENT" and not identifier(source, "thirdPartyReference", "notification"):
        # Two payments that staff took on one check look the same.
        return secrets.token_hex(32)
    if type_ in {"ORDER", "PAYMENT"}:
        return _digest(type_, status, about) if about else _digest(type_, source)
    if not source.get(_TIME_FIELD[type_]):
        # Sold out, back, sold out again: without times, the first and the last would look the same.
        return secrets.token_hex(32)
    return _digest(type_, status, *(source.get(name) for name in _IDENTIFYING_FIELDS[type_]))


_TIME_FIELD = {"ITEM": "countUpdatedAt", "ORDER_API": "lastUpdatedAt"}
_IDENTIFYING_FIELDS = {
    "ITEM": ("sku", "businessLocationId", "countUpdatedAt", "count"),
    "ORDER_API": ("businessLocationId", "lastUpdatedAt"),
}


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
