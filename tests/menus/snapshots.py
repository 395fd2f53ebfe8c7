"""POS menus, and a shortcut to sync a venue with one."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from integrations.pos import (
    GroupKind,
    MenuCategory,
    MenuModifier,
    MenuModifierGroup,
    MenuProduct,
    MenuSnapshot,
    ProductKind,
    Translation,
)
from menus.models import Menu
from menus.sync.apply import apply_plan
from menus.sync.diff import MenuPlan
from menus.sync.full_plan import plan_sync
from menus.sync.stored_menu import load_stored
from menus.versions import version_of
from storekit.models import Venue


def product(sku: str, **options: Any) -> MenuProduct:
    defaults: dict[str, Any] = {"kind": ProductKind.ITEM, "name": sku.title(), "price": Decimal("9.50")}
    return MenuProduct(sku=sku, **(defaults | options))


def category(key: str, *products: str, parent: str = "", name: str = "") -> MenuCategory:
    return MenuCategory(key=key, name=name or key.title(), parent=parent, products=products)


def modifier(key: str, **options: Any) -> MenuModifier:
    defaults: dict[str, Any] = {"name": key.title(), "price": Decimal("1.20"), "sku": key}
    return MenuModifier(key=key, **(defaults | options))


def group(key: str, *modifiers: MenuModifier, **options: Any) -> MenuModifierGroup:
    defaults: dict[str, Any] = {"kind": GroupKind.MODIFIER, "name": key.title(), "minimum": 0, "maximum": None}
    return MenuModifierGroup(key=key, modifiers=modifiers, **(defaults | options))


def snapshot(
    *,
    categories: tuple[MenuCategory, ...] = (),
    products: tuple[MenuProduct, ...] = (),
    groups: tuple[MenuModifierGroup, ...] = (),
    **options: Any,
) -> MenuSnapshot:
    defaults: dict[str, Any] = {"menu_id": "168", "name": "Online menu", "languages": ("en", "fr")}
    return MenuSnapshot(categories=categories, products=products, groups=groups, **(defaults | options))


def sync_snapshot(venue: Venue, menu: MenuSnapshot) -> MenuPlan:
    """Write the menu as a sync does once it has the POS's response."""
    Menu.objects.get_or_create(venue=venue)
    plan = plan_sync(snapshot=menu, stored=load_stored(venue=venue))
    apply_plan(venue=venue, plan=plan, version=version_of(venue=venue), snapshot=menu)
    return plan


BURGER_MENU = snapshot(
    categories=(category("mains", "BURGER", "SALAD"), category("grill", "BURGER", parent="mains")),
    products=(
        product(
            "BURGER",
            name="Burger till",
            price=Decimal("12.00"),
            allergens=("milk", "gluten"),
            calories=650,
            image_url="https://images.example/burger.jpg",
            translations={
                "en": Translation(name="Burger", description="Beef & bun"),
                "fr": Translation(name="Le burger", description=""),
            },
            groups=("sauce", "doneness"),
        ),
        product("SALAD"),
    ),
    groups=(
        group("sauce", modifier("MAYO", groups=("amount",)), modifier("KETCHUP"), maximum=2),
        group(
            "doneness",
            modifier("rare", sku="", instruction_id="11", price=Decimal(0)),
            kind=GroupKind.INSTRUCTION,
            minimum=1,
            maximum=1,
        ),
        group("amount", modifier("LITTLE"), modifier("PLENTY", price=Decimal("2.00"))),
    ),
)
"""A burger on two screens with two modifier groups, one of which leads to a third."""


_names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
_prices = st.decimals(min_value=0, max_value=500, places=2)
_languages = ("en", "en-gb", "fr", "de")


@st.composite
def _translations(draw: st.DrawFn) -> dict[str, Translation]:
    tags = draw(st.lists(st.sampled_from(_languages), unique=True, max_size=3))
    return {tag: Translation(name=draw(_names), description=draw(st.just("") | _names)) for tag in tags}


@st.composite
def snapshots(draw: st.DrawFn) -> MenuSnapshot:
    """Draw any menu that keeps the port's promises: unique keys, and references to existing entries."""
    group_keys = draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=4))
    skus = draw(st.lists(st.sampled_from("PQRSTUV"), unique=True, max_size=5))
    screens = draw(st.lists(st.sampled_from("123456"), unique=True, max_size=4))

    def some(of: list[str]) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(of), unique=True, max_size=3))) if of else ()

    groups = tuple(
        group(
            key,
            *(
                modifier(
                    choice,
                    name=draw(_names),
                    price=draw(_prices),
                    translations=draw(_translations()),
                    groups=some(group_keys),
                )
                for choice in draw(st.lists(st.sampled_from("wxyz"), unique=True, max_size=3))
            ),
            name=draw(_names),
            kind=draw(st.sampled_from(GroupKind)),
            minimum=draw(st.integers(0, 3)),
            maximum=draw(st.none() | st.integers(0, 9)),
            translations=draw(_translations()),
        )
        for key in group_keys
    )
    products = tuple(
        product(
            sku,
            kind=draw(st.sampled_from(ProductKind)),
            name=draw(_names),
            price=draw(_prices),
            image_url=draw(st.sampled_from(["", "https://images.example/1.jpg"])),
            allergens=some(["milk", "nuts"]),
            calories=draw(st.none() | st.integers(0, 3000)),
            contains_alcohol=draw(st.booleans()),
            alcohol_percentage=draw(st.none() | st.decimals(0, 99, places=2)),
            translations=draw(_translations()),
            groups=some(group_keys),
        )
        for sku in skus
    )
    categories = tuple(
        category(key, *some(skus), name=draw(_names), parent=draw(st.sampled_from(["", *screens[:position]])))
        for position, key in enumerate(screens)
    )
    return snapshot(categories=categories, products=products, groups=groups, languages=_languages)
