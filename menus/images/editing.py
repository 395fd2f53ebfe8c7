"""Set, replace and remove a product's image by hand."""

from django.db import transaction

from integrations.connect.venue_settings import settings_of
from menus.images.files import store_image
from menus.models import ImageFetch, Menu, Product
from menus.versions import raise_version


class ImageFromPos(Exception):
    """The venue takes this product's image from the POS. `str(error)` is a sentence for venue staff."""


def set_image(*, product: Product, content: bytes) -> None:
    """Set a product's image, replacing any other. Guests see it at once.

    Raises:
        ImageRefused: the image is too large, damaged or of another format.
        ImageFromPos: the POS's image would replace it again.
    """
    check_image_editable(product=product)
    _save(product, store_image(content))


def remove_image(*, product: Product) -> None:
    """Remove a product's image. While `update_images` is off, the POS's image is not fetched for it either.

    Raises:
        ImageFromPos: the POS's image would replace it again.
    """
    check_image_editable(product=product)
    _save(product, "")


def check_image_editable(*, product: Product) -> None:
    """Raise `ImageFromPos` if the POS's image would replace one set by hand."""
    if product.image_url and settings_of(product.venue).update_images:
        raise ImageFromPos(
            "This image comes from the POS. Change it there and sync the menu. To set images here instead, switch off "
            "“update images” in the connection's settings."
        )


def _save(product: Product, name: str) -> None:
    with transaction.atomic():
        menu = Menu.objects.select_for_update().filter(venue=product.venue_id).first()
        # Read the current image behind the lock: a fetch may be recording another one.
        current = Product.objects.select_for_update().values_list("image", flat=True).get(pk=product.pk)
        Product.objects.filter(pk=product.pk).update(image=name, image_source="", image_by_staff=True)
        ImageFetch.objects.filter(product=product.pk).delete()
        if menu is not None and name != current:
            raise_version(menu=menu)
    product.refresh_from_db(fields=["image", "image_source", "image_by_staff"])
