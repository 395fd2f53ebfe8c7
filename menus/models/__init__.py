"""The tables of menus: what guests can order, how much of it is left, and what is snoozed."""

from menus.models.menu import (
    Allergen,
    Category,
    CategoryProduct,
    ImageFetch,
    Menu,
    MenuEntry,
    MenuState,
    Modifier,
    ModifierGroup,
    NestedModifierGroup,
    Product,
    ProductModifierGroup,
    SyncCheckpoint,
)
from menus.models.stock import Snooze, StockLevel, StockWatch

__all__ = [
    "Allergen",
    "Category",
    "CategoryProduct",
    "ImageFetch",
    "Menu",
    "MenuEntry",
    "MenuState",
    "Modifier",
    "ModifierGroup",
    "NestedModifierGroup",
    "Product",
    "ProductModifierGroup",
    "Snooze",
    "StockLevel",
    "StockWatch",
    "SyncCheckpoint",
]
