"""What the till says of itself, in an answer or in a notification: items that run out, whether it takes orders. Pure.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from decimal import Decimal

from integrations.lightspeed.reading import Json, as_object, count, flag, identifier, malformed, moment, number, text
from integrations.pos import ItemUpdate, Readiness

_MOST_LEFT = 2**31 - 1


def to_item_update(notification: Json) -> ItemUpdate:
    """What an ITEM notification says. RESTRICTED with a count of 5 means that five are left.

    Raises:
        BadAnswer: when it is not as documented; without its time nobody could tell whether it is the newest.
    """
    where = "notification, ITEM"
    sku, at = identifier(notification, "sku", where), moment(notification, "countUpdatedAt", where)
    if not sku or at is None:
        raise malformed(where, "has no SKU or no countUpdatedAt")
    restricted = text(notification, "status", where) == "RESTRICTED"
    left = left_of(number(notification, "count", where)) if restricted else None
    return ItemUpdate(sku=sku, restricted=restricted, left=left, at=at)


def left_of(number: Decimal | None) -> int | None:
    """A count as a database can hold it; None stays None."""
    return None if number is None else max(min(int(number), _MOST_LEFT), -_MOST_LEFT)


def to_readiness(answer: Json) -> Readiness:
    """Whether online orders are taken, and if not, the first reason that the POS gives; an answer or a notification.

    Raises:
        BadAnswer: when it is not as documented.
    """
    where = "online order readiness"
    status, at = text(answer, "status", where), moment(answer, "lastUpdatedAt", where)
    if status not in {"READY", "NOT_READY"}:
        raise malformed(where, "has no usable status")
    if status == "READY":
        return Readiness(ready=True, updated_at=at)
    return Readiness(ready=False, reason=_why_not(answer, where), updated_at=at)


def _why_not(answer: Json, where: str) -> str:
    configuration = as_object(answer.get("onlineOrderingApiConfiguration") or {}, where)
    pos = as_object(answer.get("posStatus") or {}, where)
    if not flag(configuration, "enabled", where, default=True):
        return "Online orders are switched off at the POS."
    if text(pos, "salesPeriod", where) == "CLOSED":
        return "The till is closed."
    if not flag(pos, "acceptingOnlineOrders", where, default=True):
        return "The till takes no online orders at the moment."
    if count(pos, "availableDevices", where) == 0:
        return "No till is awake."
    return "The till is not ready for online orders."
