"""What stands beside the menu: what is running out, what allergens and discounts are called, whether it is open. Pure.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from decimal import Decimal

from integrations.lightspeed.reading import (
    Json,
    as_object,
    count,
    flag,
    identifier,
    malformed,
    moment,
    number,
    objects,
    text,
)
from integrations.pos import AllergenNames, ItemUpdate, PosDiscount, Readiness, Restriction

_LONGEST_CODE = 64
_LONGEST_NAME = 255
_MOST_LEFT = 2**31 - 1


def to_restrictions(rows: list[Json]) -> tuple[Restriction, ...]:
    """What is restricted, from the rows of the availability call; an item without a row is not.

    Raises:
        BadAnswer: when a row is not as documented.
    """
    where = "item availability"
    found: dict[str, Restriction] = {}
    for row in rows:
        sku, left = identifier(row, "sku", where), number(row, "count", where)
        if not sku:
            raise malformed(where, "holds a row without a SKU")
        found[sku] = Restriction(sku=sku, left=_left(left), updated_at=moment(row, "updatedAt", where))
    return tuple(found.values())


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
    left = _left(number(notification, "count", where)) if restricted else None
    return ItemUpdate(sku=sku, restricted=restricted, left=left, at=at)


def _left(number: Decimal | None) -> int | None:
    return None if number is None else max(min(int(number), _MOST_LEFT), -_MOST_LEFT)


def to_allergen_names(rows: list[Json]) -> tuple[AllergenNames, ...]:
    """The POS's allergens with their names in every language that it has.

    Raises:
        BadAnswer: when a row is not as documented.
    """
    where = "allergens"
    found: dict[str, AllergenNames] = {}
    for row in rows:
        code = identifier(row, "code", where)
        if not code or len(code) > _LONGEST_CODE:
            raise malformed(where, "holds an allergen without a usable code")
        names = {
            text(entry, "locale", where).replace("_", "-").lower(): text(entry, "text", where)[:_LONGEST_NAME]
            for entry in objects(row, "translations", where)
        }
        found[code] = AllergenNames(
            code=code, names={language: name for language, name in names.items() if language and name}
        )
    return tuple(found.values())


def to_discounts(rows: list[Json]) -> tuple[PosDiscount, ...]:
    """The POS's discounts; one without a code cannot be used and is left out.

    Raises:
        BadAnswer: when a row is not as documented.
    """
    where = "discounts"
    return tuple(
        PosDiscount(
            code=code,
            name=text(row, "name", where),
            percent=number(row, "discountPercentage", where),
            amount=number(row, "discountAmount", where),
        )
        for row in rows
        if (code := identifier(row, "code", where))
    )


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
