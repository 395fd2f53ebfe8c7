"""Create venues."""

from django.db import transaction

from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key


def create_venue(*, slug: str, name: str, timezone: str, country: str, currency: str, email: str) -> tuple[Venue, str]:
    """Create a venue and its first API key; return both. The key cannot be read again later.

    Raises:
        ValidationError: by field, if a value is invalid or the slug is in use.
    """
    venue = Venue(slug=slug, name=name, timezone=timezone, country=country, currency=currency, email=email)
    with transaction.atomic():
        venue.full_clean()
        venue.save()
        return venue, issue_api_key(venue=venue, name="First key")[1]
