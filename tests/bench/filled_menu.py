"""Create a venue with a menu, straight in the tables."""

from typing import Any

from integrations.models import Connection, LightspeedSettings
from menus.models import Category, CategoryProduct, Menu, Modifier, ModifierGroup, Product, ProductModifierGroup
from storekit.models import Venue

_LANGUAGES = ("en", "fr", "de")
_PER_CATEGORY, _GROUPS, _MODIFIERS = 50, 40, 8
_TEXT = "Slowly roasted with butter, lemon, herbs and the season's vegetables, served on oak, for number {number}."


def fill(*, slug: str, products: int) -> None:
    """Create a connected venue with that many products in three languages, with two modifier groups each."""
    place = {"timezone": "Europe/London", "country": "GB", "currency": "GBP", "email": "bench@example.com"}
    venue = Venue.objects.create(slug=slug, name="Bench", **place)
    connection = Connection.objects.create(venue=venue, environment="sandbox")
    LightspeedSettings.objects.get_or_create(connection=connection)
    Menu.objects.create(venue=venue, version=1, languages=list(_LANGUAGES))
    categories = [
        Category(venue=venue, key=f"c{number}", position=number, **_texts("Screen", number))
        for number in range(products // _PER_CATEGORY)
    ]
    groups = [
        ModifierGroup(venue=venue, key=f"g{number}", kind="modifier", maximum=3, **_texts("Question", number))
        for number in range(_GROUPS)
    ]
    modifiers = [
        Modifier(group=group, key=f"m{number}", sku=f"M{number}", price="0.50", **_texts("Choice", number))
        for group in groups
        for number in range(_MODIFIERS)
    ]
    dishes = [
        Product(venue=venue, sku=f"P{number}", price=f"{number % 40 + 3}.50", **_texts("Dish", number))
        for number in range(products)
    ]
    category_links = [
        CategoryProduct(category=categories[n // _PER_CATEGORY], product=dish) for n, dish in enumerate(dishes)
    ]
    group_links = [
        ProductModifierGroup(product=dish, group=groups[(n + step) % _GROUPS], position=step)
        for n, dish in enumerate(dishes)
        for step in range(2)
    ]
    tables: list[list[Any]] = [categories, groups, modifiers, dishes, category_links, group_links]
    for rows in tables:
        type(rows[0]).objects.bulk_create(rows, batch_size=500)


def _texts(word: str, number: int) -> dict[str, object]:
    name, description = f"{word} {number}", _TEXT.format(number=number)
    translations = {
        language: {"name": f"{name} ({language})", "description": f"{language}: {description}"}
        for language in _LANGUAGES
    }
    return {"name": name, "translations": translations}
