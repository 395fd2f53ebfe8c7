"""Which time zones a venue can be in."""

import functools
import zoneinfo
from datetime import UTC, datetime

# What a zone calls its time while nobody has said what it is (RFC 9636, section 3.2).
_UNKNOWN_TIME = "-00"


@functools.cache
def venue_timezones() -> frozenset[str]:
    """Return the names of IANA's time zones in which the time is known.

    The system's folder of zones also has files of the host's own, such as `localtime`, which mean another zone on the
    next host; IANA's names begin with a capital letter. And IANA has a zone without a time, `Factory`.
    """
    names = (name for name in zoneinfo.available_timezones() if name[:1].isupper())
    return frozenset(name for name in names if _time_is_known(name))


def _time_is_known(name: str) -> bool:
    return datetime.now(UTC).astimezone(zoneinfo.ZoneInfo(name)).tzname() != _UNKNOWN_TIME
