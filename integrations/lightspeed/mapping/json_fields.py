"""Reads Lightspeed's JSON, closed by default: what has the wrong type is a `BadAnswer` that says where.

Numbers may come as JSON numbers or as strings, and any part may be null. `where` is a place in words, as in
"menu, screen Drinks, item COLA".
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.pos import BadAnswer

Json = dict[str, Any]

# Takes in 2³¹ − 1, by which some say "no limit"; and twice as much still fits a money column.
_LARGEST_NUMBER = Decimal(4 * 10**9)
LARGEST_COUNT = 32_767


def malformed(where: str, problem: str) -> BadAnswer:
    """The error for an answer that is not as documented."""
    return BadAnswer("Lightspeed's answer made no sense. Nothing of it was used.", detail=f"{where}: {problem}"[:1000])


def as_object(value: Any, where: str) -> Json:
    """A JSON object."""
    if not isinstance(value, dict):
        raise malformed(where, "is not an object")
    return value


def as_objects(value: Any, where: str) -> list[Json]:
    """A JSON list of objects."""
    if not isinstance(value, list):
        raise malformed(where, "is not a list")
    for entry in value:
        if not isinstance(entry, dict):
            raise malformed(where, "holds something that is not an object")
    return value


def objects(source: Json, name: str, where: str) -> list[Json]:
    """A field with a list of objects; empty when it is null or missing."""
    value = source.get(name)
    return [] if value is None else as_objects(value, f"{where}, {name}")


def text(source: Json, name: str, where: str) -> str:
    """A field with text, trimmed; empty when it is null or missing."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise malformed(where, f"{name} is not text")
    # As `clean` does, without a call for each of a menu's many texts.
    return value.strip() if value.isprintable() else clean(value)


def texts(source: Json, name: str, where: str) -> Iterator[str]:
    """A field with a list of texts, without empty ones; nothing when it is null or missing."""
    value = source.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise malformed(where, f"{name} is not a list")
    for entry in value:
        if not isinstance(entry, str):
            raise malformed(where, f"{name} holds something that is not text")
        if entry.strip():
            yield clean(entry)


def clean(value: str) -> str:
    """Text that every database can hold: no NUL, no half of a surrogate pair, trimmed."""
    if not value.isprintable():
        value = value.replace("\0", "").encode("utf-8", "replace").decode()
    return value.strip()


def identifier(source: Json, name: str, where: str) -> str:
    """A field with an id, as text, however it was written; empty when it is null or missing."""
    value = source.get(name)
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to write integers of thousands of digits.
        if abs(value) >= 10**64:
            raise malformed(where, f"{name} is not an id")
        return str(value)
    raise malformed(where, f"{name} is not an id")


def flag(source: Json, name: str, where: str, *, default: bool = False) -> bool:
    """A field with true or false."""
    value = source.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise malformed(where, f"{name} is neither true nor false")
    return value


def number(source: Json, name: str, where: str) -> Decimal | None:
    """A field with a number of at most ten digits; None when it is null, missing or empty."""
    value = source.get(name)
    if value is None or value == "":
        return None
    found = as_number(value)
    if found is None:
        raise malformed(where, f"{name} is not a number")
    return found


def clamped(source: Json, name: str, where: str, *, most: int) -> int | None:
    """A field with a number of any size, as a whole one between -most and most; None when it is null, missing or
    empty."""
    value = source.get(name)
    if value is None or value == "":
        return None
    found = value if isinstance(value, Decimal) else _to_decimal(value)
    if found is None or not found.is_finite():
        raise malformed(where, f"{name} is not a number")
    return int(max(min(found, Decimal(most)), Decimal(-most)))


def as_number(value: Any) -> Decimal | None:
    """A number, JSON or text, exactly as written; None for anything else. A binary float counts as its own digits."""
    found = value if isinstance(value, Decimal) else _to_decimal(value)
    if found is None:
        return None
    return found if found.is_finite() and -_LARGEST_NUMBER < found < _LARGEST_NUMBER else None


def fraction(digits: str) -> Decimal:
    """A JSON number with a fraction or an exponent, for a parser. Raises `ValueError` for what no decimal can hold."""
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise ValueError("The number's exponent is out of all bounds.") from error


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    try:
        return Decimal(str(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        return None


def count(source: Json, name: str, where: str) -> int | None:
    """A field with a whole number of 0 or more; None when it is null or missing."""
    found = number(source, name, where)
    if found is None:
        return None
    if found < 0 or found != int(found):
        raise malformed(where, f"{name} is not a whole number of 0 or more")
    return int(found)


def moment(source: Json, name: str, where: str) -> datetime | None:
    """A field with a time: `2021-12-21T13:24:49.265+0000` or ISO 8601 with `Z`, and None for anything else."""
    try:
        found = datetime.fromisoformat(text(source, name, where))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
