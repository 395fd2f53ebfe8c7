"""Map restricted items and readiness, from responses and notifications. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.mapping.json_fields import (
    Json,
    as_object,
    clamped,
    count,
    flag,
    identifier,
    malformed,
    moment,
    text,
)
from integrations.pos import ItemUpdate, Readiness

_MAX_LEFT = 2**31 - 1


def to_item_update(notification: Json) -> ItemUpdate:
    """Return the update in an ITEM notification. RESTRICTED with a count of 5 means that five are left.

    Raises:
        BadAnswer: it is not as documented.
    """
    where = "notification, ITEM"
    sku, at = identifier(notification, "sku", where), moment(notification, "countUpdatedAt", where)
    if not sku:
        raise malformed(where, "has no SKU")
    restricted = text(notification, "status", where) == "RESTRICTED"
    return ItemUpdate(sku=sku, restricted=restricted, left=left_of(notification, where) if restricted else None, at=at)


def left_of(row: Json, where: str) -> int | None:
    """Return an item's `count`, cut to what a database column holds, because some send a huge one for "no limit"."""
    return clamped(row, "count", where, most=_MAX_LEFT)


def to_readiness(answer: Json) -> Readiness:
    """Return whether online orders are taken, and if not, the first reason found; of a response or a notification.

    Raises:
        BadAnswer: it is not as documented.
    """
    where = "online order readiness"
    status, at = text(answer, "status", where), moment(answer, "lastUpdatedAt", where)
    if status not in {"READY", "NOT_READY"}:
        raise malformed(where, "has no usable status")
    if status == "READY":
        return Readiness(ready=True, updated_at=at)
    return Readiness(ready=False, reason=_why_not_ready(answer, where), updated_at=at)


def _why_not_ready(answer: Json, where: str) -> str:
    configuration = as_object(answer.get("onlineOrderingApiConfiguration") or {}, where)
    pos = as_object(answer.get("posStatus") or {}, where)
    if not flag(configuration, "enabled", where, default=True):
        return "Online orders are switched off in the POS."
    if text(pos, "salesPeriod", where) == "CLOSED":
        return "The till is closed."
    if not flag(pos, "acceptingOnlineOrders", where, default=True):
        return "The till is not taking online orders at the moment."
    if _has_no_devices(pos, where):
        return "No till is switched on."
    return "The till is not ready for online orders."


def _has_no_devices(pos: Json, where: str) -> bool:
    """Return whether no till is available: some responses have a number, others true or false."""
    if isinstance(pos.get("availableDevices"), bool):
        return not pos["availableDevices"]
    return count(pos, "availableDevices", where) == 0
