"""The day that staff are working on: an evening's service runs past midnight and still belongs to its own day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.module_loading import import_string

from storekit.local_time.opening_hours import OpeningHours, opening_day
from storekit.models import Venue
from storekit.queue.registry import OPENING_HOURS

SERVICE_DAY_STARTS_AT = time(5)
"""By this time, in the venue's zone, an evening's service has ended, unless the venue's hours say otherwise."""

_MORNING = time(8)


def service_day(*, moment: datetime, zone: ZoneInfo, hours: Sequence[OpeningHours] = ()) -> date:
    """Return the day in the venue's zone whose service the moment belongs to.

    Within the venue's hours that is the day on which they began, however late they end. At other times it is the day
    before until 5:00.
    """
    local = moment.astimezone(zone)
    return opening_day(hours, local) or local.date() - timedelta(days=local.time() < SERVICE_DAY_STARTS_AT)


def service_day_start(*, moment: datetime, zone: ZoneInfo, hours: Sequence[OpeningHours] = ()) -> datetime:
    """Return 5:00, in the venue's zone, of the day whose service the moment belongs to."""
    return datetime.combine(service_day(moment=moment, zone=zone, hours=hours), SERVICE_DAY_STARTS_AT, tzinfo=zone)


def service_day_bounds(*, day: date, zone: ZoneInfo, hours: Sequence[OpeningHours] = ()) -> tuple[datetime, datetime]:
    """Return when a service day begins and when it has ended, in the venue's zone: the end is the next one's beginning.

    That is 5:00, unless the night's hours last longer, or the day's own begin before.
    """
    return _beginning(day, zone, hours), _beginning(day + timedelta(days=1), zone, hours)


def _beginning(day: date, zone: ZoneInfo, hours: Sequence[OpeningHours]) -> datetime:
    morning = datetime.combine(day, SERVICE_DAY_STARTS_AT, tzinfo=zone)
    openings = [datetime.combine(day, each.opens, zone) for each in hours if each.weekday == day.weekday()]
    night = (each for each in hours if each.past_midnight and each.weekday == (day - timedelta(days=1)).weekday())
    closings = [datetime.combine(day, each.closes, zone) for each in night]
    early = min([morning, *openings])
    last = max((one for one in closings), default=None)
    # The night before goes on past what would be the beginning.
    return early if last is None or last <= early else last


def next_morning(*, moment: datetime, zone: ZoneInfo, hours: Sequence[OpeningHours] = ()) -> datetime:
    """Return the next 8:00 in the venue's zone that belongs to another service day than the moment."""
    today = service_day(moment=moment, zone=zone, hours=hours)
    morning = datetime.combine(today + timedelta(days=1), _MORNING, tzinfo=zone)
    while morning <= moment or service_day(moment=morning, zone=zone, hours=hours) <= today:
        # The night's hours last until after 8:00.
        morning = datetime.combine(morning.date() + timedelta(days=1), _MORNING, tzinfo=zone)
    return morning


def opening_hours_of(*, venue: Venue) -> Sequence[OpeningHours]:
    """Return the venue's opening hours, in one query; none if it is open at all times."""
    hours: Sequence[OpeningHours] = import_string(OPENING_HOURS)(venue=venue)
    return hours
