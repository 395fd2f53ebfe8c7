"""The back office's first page: is everything all right tonight?"""

from typing import Any

from django.http import HttpRequest

from storekit.backoffice.tonight import look_at_venues
from storekit.models import User
from storekit.staff import is_superuser


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what the first page shows."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin site lets nobody else in
    venues = look_at_venues(user=request.user)
    return {
        **context,
        "title": "Tonight",
        "venues": venues,
        "needs_you": sum(venue.needs_you for venue in venues),
        "all_right": all(venue.is_all_right for venue in venues),
        "may_add_venues": is_superuser(request.user),
    }
