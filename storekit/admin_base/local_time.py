"""Show the back office in the venue's local time rather than UTC.

The one mechanism for times that Django itself writes: a page about one row is in the time zone of the row's venue, a
column of a list is in that of each row's venue, and everything else in the zone that the user's venues share, or in
UTC. All of them name their zone (`DATETIME_FORMAT` in `storekit.formats`).
"""

import zoneinfo
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from storekit.models import Venue
from storekit.staff import venues_of


class BackOfficeInLocalTime:
    """Show and read times in the time zone of the user's venues if they share one, otherwise in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._back_office = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(self._back_office):
            return self._get_response(request)
        zones = set(venues_of(request.user).order_by().values_list("timezone", flat=True).distinct()[:2])
        # Also ends what `show_in_time_of` began.
        with timezone.override(zoneinfo.ZoneInfo(zones.pop()) if len(zones) == 1 else timezone.get_default_timezone()):
            return self._get_response(request)


def show_in_time_of(venue: Venue) -> None:
    """Show and read times in the venue's time zone for the rest of a request to the back office."""
    timezone.activate(venue.zone)


def local_moment(moment: datetime, venue: Venue) -> str:
    """Return a moment in the venue's time zone, which it names: `2 May 2026, 07:30 JST`."""
    return date_format(moment.astimezone(venue.zone), "DATETIME_FORMAT")


def short_moment(moment: datetime, venue: Venue) -> str:
    """Return a moment in the venue's time zone, short: `today, 19:30` or `Sat 2 May, 19:30`."""
    then, now = moment.astimezone(venue.zone), timezone.now().astimezone(venue.zone)
    day = "today" if then.date() == now.date() else date_format(then, "D j M" if then.year == now.year else "j M Y")
    return f"{day}, {date_format(then, 'H:i')}"


def in_local_time(column: Any, *, model: type[Model], venue_of: Callable[[Any], Venue]) -> Any:
    """Return a list's column, in the time of each row's venue if it is a `DateTimeField` of the model.

    Args:
        column: what `list_display` holds: the name of a field or of a method, or a function.
        model: the model of the list's rows.
        venue_of: returns a row's venue.
    """
    try:
        field = model._meta.get_field(column)
    except FieldDoesNotExist:
        return column
    if not isinstance(field, DateTimeField):
        return column
    name = field.name

    def shown(row: Any) -> str | None:
        moment = getattr(row, name)
        return local_moment(moment, venue_of(row)) if moment else None

    shown.__name__ = name
    shown.short_description = field.verbose_name  # type: ignore[attr-defined]
    shown.admin_order_field = name  # type: ignore[attr-defined]
    return shown
