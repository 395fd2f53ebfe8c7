"""Moments, and the two ways in which the POS writes them."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Write a moment as ISO 8601 with milliseconds and ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def legacy(moment: datetime) -> str:
    """Write a moment the way that the POS's older fields do: ``2021-12-21T13:24:49.265+0000``."""
    return iso(moment).removesuffix("Z") + "+0000"


def parse_iso(text: str) -> datetime | None:
    """Read ISO 8601 with an offset; anything else is None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
