"""What people do to a product's descriptions by hand."""

from collections.abc import Mapping

from django.db import transaction

from integrations.connect.venue_settings import settings_of
from menus.models import Menu, Product
from menus.versions import raise_version


class PosWrites(Exception):
    """The venue takes its descriptions from the POS. `str(error)` is a sentence for venue staff."""


def set_descriptions(*, product: Product, descriptions: Mapping[str, str]) -> None:
    """Puts people's descriptions on the product, by language tag; an empty one stays empty. Guests see them at once.

    Raises:
        PosWrites: the next sync would put the POS's descriptions back.
    """
    refuse_if_pos_writes(product=product)
    with transaction.atomic():
        menu = Menu.objects.select_for_update().filter(venue=product.venue_id).first()
        row = Product.objects.select_for_update().get(pk=product.pk)
        before = row.translations
        row.translations = {language: dict(text) for language, text in before.items()}
        for language, description in descriptions.items():
            held = row.translations.get(language)
            if held is None and not description:
                continue
            row.translations[language] = {"name": held["name"] if held else "", "description": description}
        if row.translations != before:
            row.save(update_fields=["translations"])
            if menu is not None:
                _note_change(menu, row)
                raise_version(menu=menu)
    product.refresh_from_db(fields=["translations"])


def refuse_if_pos_writes(*, product: Product) -> None:
    """Raises `PosWrites` when what people write would not stay."""
    if settings_of(product.venue).update_descriptions:
        raise PosWrites(
            "Descriptions come from the POS. Change them there and sync the menu, or switch “update descriptions” off "
            "in the connection's settings; then what you write here stays."
        )


def languages_of(*, product: Product) -> list[str]:
    """The languages that the product can be described in: the menu's, its own, or else the preferred one."""
    menu = Menu.objects.filter(venue=product.venue_id).values_list("languages", flat=True).first() or []
    found = list(dict.fromkeys([*menu, *product.translations]))
    if found:
        return found
    return [settings_of(product.venue).preferred_language.lower()]


def _note_change(menu: Menu, product: Product) -> None:
    menu.languages += [language for language in product.translations if language not in menu.languages]
    # This is no longer what the POS's answer said: the next sync has to compare.
    menu.digest = ""
    menu.save(update_fields=["languages", "digest"])
