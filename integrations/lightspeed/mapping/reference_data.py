"""Map what goes with the menu: restricted items, allergens and discounts. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from integrations.lightspeed.mapping.availability import left_of
from integrations.lightspeed.mapping.json_fields import (
    Json,
    as_object,
    as_objects,
    identifier,
    malformed,
    moment,
    number,
    objects,
    text,
)
from integrations.lightspeed.mapping.pos_warnings import warnings_in
from integrations.pos import AllergenNames, Availability, PosDiscount, Restriction

_MAX_CODE_LENGTH = 64
_MAX_NAME_LENGTH = 255


def to_availability(pages: list[Json]) -> Availability:
    """Return the restricted items and the warnings; an item without a row is not restricted.

    Raises:
        BadAnswer: a row is not as documented.
    """
    where = "item availability"
    rows = [row for page in pages for row in as_objects(page.get("data"), where)]
    about = [as_object(page.get("metadata"), where) for page in pages]
    warnings = dict.fromkeys(warning for metadata in about for warning in warnings_in(metadata))
    return Availability(_restrictions(rows, where), tuple(warnings))


def _restrictions(rows: list[Json], where: str) -> tuple[Restriction, ...]:
    found: dict[str, Restriction] = {}
    for row in rows:
        sku = identifier(row, "sku", where)
        if not sku:
            raise malformed(where, "holds a row without a SKU")
        found[sku] = Restriction(sku=sku, left=left_of(row, where), updated_at=moment(row, "updatedAt", where))
    return tuple(found.values())


def to_allergen_names(rows: list[Json]) -> tuple[AllergenNames, ...]:
    """Return the POS's allergens with their names in every language it has.

    Raises:
        BadAnswer: a row is not as documented.
    """
    where = "allergens"
    found: dict[str, AllergenNames] = {}
    for row in rows:
        code = identifier(row, "code", where)
        if not code or len(code) > _MAX_CODE_LENGTH:
            raise malformed(where, "holds an allergen without a usable code")
        names = {
            text(entry, "locale", where).replace("_", "-").lower(): text(entry, "text", where)[:_MAX_NAME_LENGTH]
            for entry in objects(row, "translations", where)
        }
        found[code] = AllergenNames(
            code=code, names={language: name for language, name in names.items() if language and name}
        )
    return tuple(found.values())


def to_discounts(rows: list[Json]) -> tuple[PosDiscount, ...]:
    """Return the POS's discounts; one without a code cannot be used and is left out.

    Raises:
        BadAnswer: a row is not as documented.
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
