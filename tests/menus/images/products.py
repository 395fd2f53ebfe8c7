"""What the tests of image fetching share."""

import io
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from PIL import Image

from menus.images import fetching
from menus.models import Product
from storekit.models import Venue
from tests import factories


def follow_pos(venue: Venue, *, images: bool) -> None:
    """Switch the venue's `update_images` setting."""
    venue.connection.settings.update_images = images
    venue.connection.settings.save()


def make_product(venue: Venue, url: str, **values: Any) -> Product:
    """Create a product whose image at the POS has this URL."""
    made: Product = factories.ProductFactory(venue=venue, image_url=url, **values)
    return made


def colour_of(product: Product) -> str:
    """Return whether the product's stored image is red or blue."""
    product.refresh_from_db()
    with default_storage.open(product.image) as file:
        red, _, blue = Image.open(io.BytesIO(file.read())).convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    return "red" if red > blue else "blue"


def claim() -> tuple[UUID, list[fetching._ClaimedImage]]:
    """Claim due images as a run does."""
    claimed = fetching._claim()
    assert claimed is not None
    return claimed
