"""Map a menu entry's rich content: texts, calories, allergens, alcohol and image. No HTTP, no database.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from integrations.lightspeed.mapping.json_fields import Json, as_number, as_object, flag, number, objects, text, texts
from integrations.lightspeed.mapping.menu.plain_text import plain_text
from integrations.pos import Translation

MAX_NAME_LENGTH = 255
_MAX_URL_LENGTH = 1000
# The length that RFC 5646, section 4.4.1, recommends to allow for.
_MAX_TAG_LENGTH = 35
_NOT_IN_A_TAG = re.compile(r"[^a-z0-9]+")
_MAX_CALORIES = 100_000


@dataclass(frozen=True)
class RichContent:
    """The parts of `itemRichData`; each of them may be missing."""

    translations: dict[str, Translation] = field(default_factory=dict)
    image_url: str = ""
    allergens: tuple[str, ...] = ()
    calories: int | None = None
    contains_alcohol: bool = False
    alcohol_percentage: Decimal | None = None


_EMPTY = RichContent()


def rich_content(entry: Json, where: str) -> RichContent:
    """Return all rich content of a product.

    Raises:
        BadAnswer: a part is not as documented.
    """
    rich = _rich_data(entry, where)
    if rich is None:
        return _EMPTY
    translations = _translations(rich, where)
    return RichContent(
        translations=translations,
        image_url=_image_url(rich, where),
        allergens=tuple(dict.fromkeys(texts(rich, "allergenCodes", where))),
        calories=_calories(rich, translations.values()),
        contains_alcohol=flag(rich, "containsAlcohol", where),
        alcohol_percentage=_alcohol_percentage(rich, where),
    )


def translations_of(entry: Json, where: str) -> dict[str, Translation]:
    """Return only the texts, for groups and choices. Raises `BadAnswer` like `rich_content`."""
    rich = _rich_data(entry, where)
    return {} if rich is None else _translations(rich, where)


def _rich_data(entry: Json, where: str) -> Json | None:
    rich = entry.get("itemRichData")
    return None if rich is None else as_object(rich, f"{where}, itemRichData")


def _translations(rich: Json, where: str) -> dict[str, Translation]:
    found: dict[str, Translation] = {}
    for entry in objects(rich, "texts", where):
        language = _language_tag(text(entry, "locale", where))
        name = text(entry, "friendlyDisplayName", where)[:MAX_NAME_LENGTH]
        description = plain_text(text(entry, "description", where))
        if language and (name or description):
            found.setdefault(language, Translation(name, description))
    return found


@lru_cache(maxsize=128)
def _language_tag(locale: str) -> str:
    """Return `fr-be` for "fr_BE". Tags are used in headers and URLs, so only letters, digits and hyphens are kept."""
    return _NOT_IN_A_TAG.sub("-", locale.lower()).strip("-")[:_MAX_TAG_LENGTH].rstrip("-")


def _image_url(rich: Json, where: str) -> str:
    for name in ("squareImageUrl", "previewImageUrl", "rawImageUrl"):
        url = text(rich, name, where)
        if url.startswith(("https://", "http://")) and len(url) <= _MAX_URL_LENGTH:
            return url
    return ""


def _alcohol_percentage(rich: Json, where: str) -> Decimal | None:
    found = number(rich, "alcoholPercentage", where)
    if found is None or not 0 <= found <= 100:
        return None
    return found.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


# --- Calories ---------------------------------------------------------------------------------------------------------

# Digits in groups of three ("1,200", "1 200", "1.200", "1’200") or ungrouped, with or without a fraction. Every
# repetition is bounded, so that matching stays linear on long texts of digits.
_NUMBER = r"(?<![\d.,])(\d{1,3}(?:[.,’' \u00a0\u2009\u202f]\d{3}){1,2}|\d{1,6})(?:[.,](\d{1,2}))?(?!\d)"
_UNIT = (
    r"(?:kcals?|kilocalor[a-zà-ÿ]{1,6}|calor[a-zà-ÿ]{1,6}|k?kalor[a-zà-ÿ]{1,6}|kilokalor[a-zà-ÿ]{1,6}|cals?"
    r"|килокалори[а-я]{1,3}|калори[а-я]{1,3}|ккал|θερμίδες|千卡|大卡|卡路里|キロカロリー|カロリー|칼로리|سعرة|سعرات|קלוריות)(?![a-zà-ÿ])"  # noqa: RUF001 - Cyrillic on purpose
)
_GAP = r"[ \u00a0\u2009\u202f]{0,3}[-–]?[ \u00a0\u2009\u202f]{0,3}"
_DIGIT, _SEPARATOR = re.compile(r"\d"), re.compile(r"\D")
_CALORIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "kcal: 450" is unambiguous, so it comes first. Then "450 kcal", because in "450 kcal 12 g" the 12 is fat.
        rf"\b{_UNIT}[ \u00a0]{{0,3}}[:=][ \u00a0]{{0,3}}{_NUMBER}",
        rf"{_NUMBER}{_GAP}{_UNIT}",
        rf"\b{_UNIT}{_GAP}{_NUMBER}",
    )
)


def calories_in(description: str) -> int | None:
    """Return the kcal named in a description, or None: "450 kcal", "kcal: 1,200", "1 883 kJ / 450 kcal"."""
    # Most descriptions have none, and searching for a digit or a colon is far cheaper than searching for a unit.
    if not _DIGIT.search(description):
        return None
    has_label = ":" in description or "=" in description
    for pattern in _CALORIES if has_label else _CALORIES[1:]:
        if found := pattern.search(description):
            return _within_range(_kilocalories(found))
    return None


def _kilocalories(found: "re.Match[str]") -> Decimal:
    whole, fraction = found[1], found[2] or "0"
    if not whole.isdecimal():
        whole = _SEPARATOR.sub("", whole)
    return Decimal(f"{whole}.{fraction}")


def _calories(rich: Json, translations: Iterable[Translation]) -> int | None:
    """Return the calories. Lightspeed documents no field for them; if one appears, it overrides the description."""
    stated = as_number(rich.get("calories"))
    if stated is not None:
        return _within_range(stated)
    found = (calories_in(translation.description) for translation in translations)
    return next((calories for calories in found if calories is not None), None)


def _within_range(kilocalories: Decimal) -> int | None:
    if not 0 <= kilocalories <= _MAX_CALORIES:
        return None
    return int(kilocalories.quantize(Decimal(1), rounding=ROUND_HALF_UP))
