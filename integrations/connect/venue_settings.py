"""A venue's POS settings as the other apps read them, independent of the vendor."""

from dataclasses import fields
from typing import Literal

from django.db.models import Exists, OuterRef

from integrations.models import LightspeedSettings
from integrations.pos import VenuePosSettings
from storekit.models import Venue

_FIELDS = tuple(field.name for field in fields(VenuePosSettings))


def settings_of(venue: Venue) -> VenuePosSettings:
    """Return the venue's settings; the defaults where it has none yet."""
    row = LightspeedSettings.objects.filter(connection__venue=venue).values(*_FIELDS).first()
    return VenuePosSettings(**row) if row else VenuePosSettings()


def keeps_own(what: Literal["images", "descriptions"], *, venue: str = "venue") -> Exists:
    """Return a condition that holds if a sync must leave the images or descriptions of the row's venue alone.

    Args:
        what: the part of a product.
        venue: the look-up from the row to its venue.
    """
    return Exists(LightspeedSettings.objects.filter(connection__venue=OuterRef(venue), **{f"update_{what}": False}))
