"""Venues: how one begins."""

from django.db import transaction

from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key


def create_venue(*, slug: str, name: str, timezone: str, country: str, currency: str, email: str) -> tuple[Venue, str]:
    """Makes a venue and its first API key, which nobody can read again later.

    Raises:
        ValidationError: by field, when a value is not what the field takes or the slug is in use.
    """
    venue = Venue(slug=slug, name=name, timezone=timezone, country=country, currency=currency, email=email)
    with transaction.atomic():
        venue.full_clean()
        venue.save()
        return venue, issue_api_key(venue=venue, name="First key")[1]
