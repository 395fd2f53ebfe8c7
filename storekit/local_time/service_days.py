"""The day that staff are working on: an evening's service runs past midnight and still belongs to its own day."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SERVICE_DAY_STARTS_AT = time(5)
"""By this time, in the venue's zone, an evening's service has ended."""


def service_day(*, moment: datetime, zone: ZoneInfo) -> date:
    """Return the day in the venue's zone whose service the moment belongs to: before 5:00 it is the day before."""
    local = moment.astimezone(zone)
    return local.date() - timedelta(days=local.time() < SERVICE_DAY_STARTS_AT)


def service_day_start(*, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the service day of the moment began, in the venue's zone."""
    return datetime.combine(service_day(moment=moment, zone=zone), SERVICE_DAY_STARTS_AT, tzinfo=zone)
