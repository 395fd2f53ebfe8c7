"""The tables of menus: what guests can order, how much of it is left, and what is snoozed."""

from menus.models.menu import (
    Allergen,
    Category,
    CategoryProduct,
    ImageFetch,
    Menu,
    MenuEntry,
    Modifier,
    ModifierGroup,
    NestedModifierGroup,
    Product,
    ProductModifierGroup,
    RestorePoint,
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
    "Modifier",
    "ModifierGroup",
    "NestedModifierGroup",
    "Product",
    "ProductModifierGroup",
    "RestorePoint",
    "Snooze",
    "StockLevel",
    "StockWatch",
    "SyncCheckpoint",
]
