"""Show the back office in the venue's local time rather than UTC."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

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
        with timezone.override(zoneinfo.ZoneInfo(zones.pop()) if len(zones) == 1 else timezone.get_default_timezone()):
            return self._get_response(request)
