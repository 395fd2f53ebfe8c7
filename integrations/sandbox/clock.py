"""The current time, and the two date formats of the POS."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Format a time as ISO 8601 with milliseconds and ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def legacy(moment: datetime) -> str:
    """Format a time as the POS's older fields do: ``2021-12-21T13:24:49.265+0000``."""
    return iso(moment).removesuffix("Z") + "+0000"


def parse_iso(text: str) -> datetime | None:
    """Parse ISO 8601 with an offset; return None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
