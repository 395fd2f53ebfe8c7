"""The tables of menus: what can be ordered, what is left of it, and what is snoozed."""

from menus.models.menu import Allergen as Allergen
from menus.models.menu import Category as Category
from menus.models.menu import CategoryProduct as CategoryProduct
from menus.models.menu import ImageFetch as ImageFetch
from menus.models.menu import Menu as Menu
from menus.models.menu import MenuEntry as MenuEntry
from menus.models.menu import MenuState as MenuState
from menus.models.menu import Modifier as Modifier
from menus.models.menu import ModifierGroup as ModifierGroup
from menus.models.menu import NestedModifierGroup as NestedModifierGroup
from menus.models.menu import Product as Product
from menus.models.menu import ProductModifierGroup as ProductModifierGroup
from menus.models.menu import SyncCheckpoint as SyncCheckpoint
from menus.models.stock import Snooze as Snooze
from menus.models.stock import StockLevel as StockLevel
from menus.models.stock import StockWatch as StockWatch
