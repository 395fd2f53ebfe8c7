"""The back office's home page: is everything fine tonight?"""

from typing import Any

from django.http import HttpRequest

from storekit.backoffice.tonight import venues_tonight
from storekit.models import User
from storekit.staff import is_superuser


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what the home page shows to unfold's context."""
    assert isinstance(request.user, User)  # noqa: S101 - the admin site admits nobody else
    venues = venues_tonight(user=request.user)
    return {
        **context,
        "title": "Tonight",
        "venues": venues,
        "needs_attention": sum(venue.needs_attention for venue in venues),
        "all_fine": all(venue.is_fine for venue in venues),
        "may_add_venues": is_superuser(request.user),
    }
