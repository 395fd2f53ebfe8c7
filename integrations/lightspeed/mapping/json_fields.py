"""Read fields of Lightspeed's JSON strictly: a value of the wrong type raises a `BadAnswer` that says where it is.

Numbers may be JSON numbers or strings, and any part may be null. `where` describes the place, for example "menu, screen
Drinks, item COLA".
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.pos import BadAnswer

Json = dict[str, Any]

# Allows 2³¹ − 1, which some send for "no limit"; twice this still fits a money column.
_MAX_NUMBER = Decimal(4 * 10**9)
MAX_COUNT = 32_767


def malformed(where: str, problem: str) -> BadAnswer:
    """Return the error for a response that is not as documented."""
    return BadAnswer(
        "storekit could not read Lightspeed's response, so nothing has changed.", detail=f"{where}: {problem}"[:1000]
    )


def as_object(value: Any, where: str) -> Json:
    """Return the value if it is a JSON object. Raises `BadAnswer` if not."""
    if not isinstance(value, dict):
        raise malformed(where, "is not an object")
    return value


def as_objects(value: Any, where: str) -> list[Json]:
    """Return the value if it is a JSON list of objects. Raises `BadAnswer` if not."""
    if not isinstance(value, list):
        raise malformed(where, "is not a list")
    for entry in value:
        if not isinstance(entry, dict):
            raise malformed(where, "holds something that is not an object")
    return value


def objects(source: Json, name: str, where: str) -> list[Json]:
    """Return a field with a list of objects; empty if it is null or missing."""
    value = source.get(name)
    return [] if value is None else as_objects(value, f"{where}, {name}")


def text(source: Json, name: str, where: str) -> str:
    """Return a field with text, trimmed; empty if it is null or missing."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise malformed(where, f"{name} is not text")
    # The same as `clean`, without a function call for each of a menu's many texts.
    return value.strip() if value.isprintable() else clean(value)


def texts(source: Json, name: str, where: str) -> Iterator[str]:
    """Yield the texts of a list, without empty ones; none if it is null or missing."""
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
    """Return the text trimmed and as every database can store it: without null characters and lone surrogates."""
    if not value.isprintable():
        value = value.replace("\0", "").encode("utf-8", "replace").decode()
    return value.strip()


def identifier(source: Json, name: str, where: str) -> str:
    """Return a field with an id, a string or an integer, as text; empty if it is null or missing."""
    value = source.get(name)
    if isinstance(value, str):
        return clean(value)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to convert integers of thousands of digits.
        if abs(value) >= 10**64:
            raise malformed(where, f"{name} is not an id")
        return str(value)
    raise malformed(where, f"{name} is not an id")


def flag(source: Json, name: str, where: str, *, default: bool = False) -> bool:
    """Return a field with true or false; `default` if it is null or missing."""
    value = source.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise malformed(where, f"{name} is neither true nor false")
    return value


def number(source: Json, name: str, where: str) -> Decimal | None:
    """Return a field with a number of at most ten digits; None if it is null, missing or empty."""
    value = source.get(name)
    if value is None or value == "":
        return None
    found = as_number(value)
    if found is None:
        raise malformed(where, f"{name} is not a number")
    return found


def clamped(source: Json, name: str, where: str, *, most: int) -> int | None:
    """Return a field with a number as an integer, limited to ±`most`; None if it is null, missing or empty."""
    value = source.get(name)
    if value is None or value == "":
        return None
    found = value if isinstance(value, Decimal) else _to_decimal(value)
    if found is None or not found.is_finite():
        raise malformed(where, f"{name} is not a number")
    return int(max(min(found, Decimal(most)), Decimal(-most)))


def as_number(value: Any) -> Decimal | None:
    """Return a number, JSON or text, exactly as written; None for anything else. A float is taken as it is printed."""
    found = value if isinstance(value, Decimal) else _to_decimal(value)
    if found is None:
        return None
    return found if found.is_finite() and -_MAX_NUMBER < found < _MAX_NUMBER else None


def fraction(digits: str) -> Decimal:
    """Parse a JSON number with a fraction or an exponent. Raises `ValueError` if no `Decimal` can hold it."""
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise ValueError("The number's exponent is out of range.") from error


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    try:
        return Decimal(str(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        return None


def count(source: Json, name: str, where: str) -> int | None:
    """Return a field with a whole number of 0 or more; None if it is null or missing."""
    found = number(source, name, where)
    if found is None:
        return None
    if found < 0 or found != int(found):
        raise malformed(where, f"{name} is not a whole number of 0 or more")
    return int(found)


def moment(source: Json, name: str, where: str) -> datetime | None:
    """Return a field with a time: `2021-12-21T13:24:49.265+0000` or ISO 8601 with `Z`; None for anything else."""
    try:
        found = datetime.fromisoformat(text(source, name, where))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
