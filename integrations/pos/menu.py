"""The menu as a POS publishes it: a flat snapshot whose parts refer to each other by key."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class PosMenuName:
    """A menu that can be loaded."""

    id: str
    name: str


class ProductKind(StrEnum):
    """A single item, or a deal made of chosen items."""

    ITEM = "item"
    DEAL = "deal"


class GroupKind(StrEnum):
    """What a choice from a group is to the POS: a free instruction, a priced modifier, or an item of a deal."""

    INSTRUCTION = "instruction"
    MODIFIER = "modifier"
    DEAL = "deal"


@dataclass(frozen=True, slots=True)
class Translation:
    """A name and a description in one language; either may be empty. The description is plain text without HTML."""

    name: str = ""
    description: str = ""


Translations = Mapping[str, Translation]
"""By language tag as the POS writes it, lower case, with a hyphen: `fr`, `en-gb`."""


class CustomPrice(StrEnum):
    """Whether an order may set an entry's price, and whether the till then adds it or takes it off."""

    NO = ""
    ADDED = "added"
    TAKEN_OFF = "taken_off"


@dataclass(frozen=True, slots=True)
class PriceRules:
    """How the till prices an entry, beyond the price of one piece."""

    exact_price: Decimal | None = None
    """The price of one piece before rounding, tax included; None if it is the price. The till rounds each line."""
    tax_rate: Decimal | None = None
    """Per cent of tax that the till adds to the POS's price; None if the price includes tax."""
    tax_at_till: bool = False
    """The till adds the tax, or decides on it by the order, so only the POS knows for certain what the guest pays."""
    custom_name: bool = False
    """An order may name the entry."""
    custom_price: CustomPrice = CustomPrice.NO
    prices: tuple[tuple[str, Decimal], ...] = ()
    """Exact prices of the order types whose price differs, by order type, sorted."""


@dataclass(frozen=True, slots=True)
class MenuModifier:
    """One choice in a modifier group.

    `key` is unique within the group and stays the same for as long as the choice exists. Instructions have no SKU:
    they are ordered by `instruction_id` and are free.
    """

    key: str
    name: str
    price: Decimal
    sku: str = ""
    instruction_id: str = ""
    translations: Translations = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    """Keys of the groups that open when this is chosen, in order."""
    rules: PriceRules = PriceRules()


@dataclass(frozen=True, slots=True)
class MenuModifierGroup:
    """A modifier group with its choices. `maximum` None means no limit."""

    key: str
    kind: GroupKind
    name: str
    minimum: int
    maximum: int | None
    modifiers: tuple[MenuModifier, ...]
    translations: Translations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MenuProduct:
    """A product that a guest can order on its own, identified by its SKU. `price` includes tax."""

    sku: str
    kind: ProductKind
    name: str
    price: Decimal
    image_url: str = ""
    allergens: tuple[str, ...] = ()
    calories: int | None = None
    contains_alcohol: bool = False
    alcohol_percentage: Decimal | None = None
    translations: Translations = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    """Keys of its modifier groups, in order."""
    rules: PriceRules = PriceRules()


@dataclass(frozen=True, slots=True)
class MenuCategory:
    """A screen or a sub-screen. `key` survives renames; `parent` is another category's key or empty."""

    key: str
    name: str
    parent: str
    products: tuple[str, ...]
    """SKUs, in order."""
    color: str = ""


@dataclass(frozen=True)
class AllergenNames:
    """The names of one allergen code, by language tag as in `Translations`."""

    code: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class MenuSnapshot:
    """A whole menu at one moment, flat: categories, products and groups refer to each other by key."""

    menu_id: str
    name: str
    categories: tuple[MenuCategory, ...]
    products: tuple[MenuProduct, ...]
    groups: tuple[MenuModifierGroup, ...]
    languages: tuple[str, ...] = ()
    rich_content_missing: bool = False
    warnings: tuple[str, ...] = ()


class StoredGroups(Protocol):
    """The modifier groups already stored for the venue, so that a group read again keeps its key."""

    @property
    def keys(self) -> AbstractSet[str]:
        """The keys of all of them."""

    def find(self, key: str) -> MenuModifierGroup | None:
        """Return one of them with its choices, or None."""


@dataclass(frozen=True)
class MenuReading:
    """The contents of a menu document: all of it, or only the part that differs from an earlier one."""

    snapshot: MenuSnapshot
    checkpoint: bytes
    """Pass it to the next reading to get only what changed since; empty if there is none."""
    changed: frozenset[str] | None = None
    """SKUs of the products that may have changed, if the snapshot has only those, with their groups; None for a whole
    menu. Categories and their products, languages and all other products are then as they were at the checkpoint, and
    the warnings are those of the whole menu. A group that unchanged products use too is included correctly unless its
    rows would have to change: then the whole menu has to be read."""


class MenuDocument(Protocol):
    """A menu as the POS sent it, not parsed yet."""

    @property
    def digest(self) -> str:
        """A hexadecimal digest: equal digests mean equal snapshots."""

    def read(self, checkpoint: bytes = b"", stored: StoredGroups | None = None) -> MenuReading:
        """Parse the menu, or the part that differs from the one that `checkpoint` came from.

        Args:
            checkpoint: of an earlier reading; empty to read everything.
            stored: the stored groups; a group that matches one of them takes its key.

        Raises:
            BadAnswer: the menu cannot be understood.
        """
