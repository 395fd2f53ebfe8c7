"""Edit a product's descriptions by hand."""

from collections.abc import Mapping

from django.db import transaction

from integrations.connect.venue_settings import settings_of
from menus.models import Menu, Product
from menus.versions import raise_version


class DescriptionsFromPos(Exception):
    """The venue takes its descriptions from the POS. `str(error)` is a sentence for venue staff."""


def set_descriptions(*, product: Product, descriptions: Mapping[str, str]) -> None:
    """Set a product's descriptions by language tag; an empty one stays empty. Guests see them at once.

    Raises:
        DescriptionsFromPos: the next sync would overwrite them.
    """
    check_descriptions_editable(product=product)
    with transaction.atomic():
        menu = Menu.objects.select_for_update().filter(venue=product.venue_id).first()
        row = Product.objects.select_for_update().get(pk=product.pk)
        before = row.translations
        row.translations = {language: dict(text) for language, text in before.items()}
        for language, description in descriptions.items():
            stored = row.translations.get(language)
            if stored is None and not description:
                continue
            row.translations[language] = {"name": stored["name"] if stored else "", "description": description}
        if row.translations != before:
            row.save(update_fields=["translations"])
            if menu is not None:
                _mark_changed(menu, row)
                raise_version(menu=menu)
    product.refresh_from_db(fields=["translations"])


def check_descriptions_editable(*, product: Product) -> None:
    """Raise `DescriptionsFromPos` if the next sync would overwrite descriptions written by hand."""
    if settings_of(product.venue).update_descriptions:
        raise DescriptionsFromPos(
            "Descriptions come from the POS. Change them there and sync the menu. To write them here instead, switch "
            "off “update descriptions” in the connection's settings."
        )


def languages_of(*, product: Product) -> list[str]:
    """Return the languages to describe a product in: the menu's and its own, or else the preferred one."""
    menu = Menu.objects.filter(venue=product.venue_id).values_list("languages", flat=True).first() or []
    found = list(dict.fromkeys([*menu, *product.translations]))
    if found:
        return found
    return [settings_of(product.venue).preferred_language.lower()]


def _mark_changed(menu: Menu, product: Product) -> None:
    menu.languages += [language for language in product.translations if language not in menu.languages]
    # The menu no longer matches the POS's last response, so the next sync must compare in full.
    menu.digest = ""
    menu.save(update_fields=["languages", "digest"])
