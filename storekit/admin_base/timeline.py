"""The timeline on a row's page: everything that happened to it, oldest first. `admin/timeline.html` shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format

from storekit.admin_base.local_time import short_moment
from storekit.models import Venue


@dataclass(frozen=True)
class TimelineEntry:
    """One entry of a timeline. `tone` is good, warning, bad or empty."""

    at: datetime
    when: str
    what: str
    detail: str = ""
    tone: str = ""


def timeline_entry(venue: Venue, at: datetime, what: str, detail: str = "", tone: str = "") -> TimelineEntry:
    """Return an entry with its time at the venue, to the second."""
    seconds = date_format(at.astimezone(venue.zone), "s")
    return TimelineEntry(at=at, when=f"{short_moment(at, venue)}:{seconds}", what=what, detail=detail, tone=tone)


def in_order(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """Return the entries, oldest first; those of one moment as they were given."""
    return sorted(entries, key=lambda entry: entry.at)
