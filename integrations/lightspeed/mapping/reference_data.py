"""What stands beside the menu: what is running out, what allergens and discounts are called. Pure.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.mapping.availability import left_of
from integrations.lightspeed.mapping.json_fields import Json, identifier, malformed, moment, number, objects, text
from integrations.pos import AllergenNames, PosDiscount, Restriction

_LONGEST_CODE = 64
_LONGEST_NAME = 255


def to_restrictions(rows: list[Json]) -> tuple[Restriction, ...]:
    """What is restricted, from the rows of the availability call; an item without a row is not.

    Raises:
        BadAnswer: when a row is not as documented.
    """
    where = "item availability"
    found: dict[str, Restriction] = {}
    for row in rows:
        sku = identifier(row, "sku", where)
        if not sku:
            raise malformed(where, "holds a row without a SKU")
        found[sku] = Restriction(sku=sku, left=left_of(row, where), updated_at=moment(row, "updatedAt", where))
    return tuple(found.values())


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
