"""What people do to a product's image by hand: put one there, replace it, take it away."""

from django.db import transaction

from integrations.connect.venue_settings import settings_of
from menus.images.files import keep_picture
from menus.models import ImageFetch, Menu, Product
from menus.versions import raise_version


class PosDecides(Exception):
    """The POS has an image for this product and the venue follows it. `str(error)` is a sentence for venue staff."""


def set_image(*, product: Product, content: bytes) -> None:
    """Puts a person's picture on the product, in the place of whatever was there. Guests see it at once.

    Raises:
        ImageRefused: it is not a picture that we take.
        PosDecides: the next fetch would put the POS's image back.
    """
    refuse_if_pos_decides(product=product)
    _put(product, keep_picture(content))


def remove_image(*, product: Product) -> None:
    """Takes the picture off the product; the POS's is not fetched for it either while `update_images` is off.

    Raises:
        PosDecides: the next fetch would put the POS's image back.
    """
    refuse_if_pos_decides(product=product)
    _put(product, "")


def refuse_if_pos_decides(*, product: Product) -> None:
    """Raises `PosDecides` when what people put on the product would not stay."""
    if product.image_url and settings_of(product.venue).update_images:
        raise PosDecides(
            "This image comes from the POS. Change it there and sync the menu, or switch “update images” off in the "
            "connection's settings; then what you put here stays."
        )


def _put(product: Product, name: str) -> None:
    with transaction.atomic():
        menu = Menu.objects.select_for_update().filter(venue=product.venue_id).first()
        # Read again under the lock: a fetch that ends at this moment waits for its turn, or had it.
        shown = Product.objects.select_for_update().values_list("image", flat=True).get(pk=product.pk)
        Product.objects.filter(pk=product.pk).update(image=name, image_source="", image_by_staff=True)
        ImageFetch.objects.filter(product=product.pk).delete()
        if menu is not None and name != shown:
            raise_version(menu=menu)
    product.refresh_from_db(fields=["image", "image_source", "image_by_staff"])
