"""What stands beside the menu: what is running out, and what allergens are called. Pure.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.reading import Json, identifier, malformed, number, objects, text
from integrations.pos import AllergenNames, Restriction

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
        found[sku] = Restriction(sku=sku, left=None if left is None else min(int(left), _MOST_LEFT))
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
