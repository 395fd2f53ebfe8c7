"""Map the choices of a menu entry: deal groups, modifier groups, production instructions. No HTTP, no database.

The groups of an entry become drafts; `group_keys` decides their keys once the whole menu is read.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from integrations.lightspeed.mapping.json_fields import (
    MAX_COUNT,
    Json,
    count,
    flag,
    identifier,
    malformed,
    number,
    objects,
    text,
)
from integrations.lightspeed.mapping.menu.prices import extra_price_of, has_percentage_price, price_of
from integrations.lightspeed.mapping.menu.rich_content import MAX_NAME_LENGTH, translations_of
from integrations.pos import GroupKind, MenuModifier, Translation
from storekit.money import money_with_code

MAX_SKU_LENGTH = 25
_MAX_INSTRUCTION_ID_LENGTH = 64
GROUP_FIELDS = (
    ("menuDealGroups", GroupKind.DEAL),
    ("menuModifierGroups", GroupKind.MODIFIER),
    ("productionInstructionList", GroupKind.INSTRUCTION),
)
IDENTITY_FIELDS = {
    GroupKind.DEAL: "sku",
    GroupKind.MODIFIER: "sku",
    # The misspelling is Lightspeed's.
    GroupKind.INSTRUCTION: "productionIntructionGroupId",
}


@dataclass(frozen=True)
class GroupDraft:
    """A group as one entry defines it. `identity` is its SKU or id at the POS; empty if it has none."""

    kind: GroupKind
    identity: str
    name: str
    minimum: int
    maximum: int | None
    translations: dict[str, Translation]
    choices: tuple["ChoiceDraft", ...]


class ChoiceDraft(NamedTuple):
    """A choice whose nested groups have no keys yet."""

    modifier: MenuModifier
    groups: tuple[GroupDraft, ...]


class Warnings:
    """Sentences for venue staff about what was left out or assumed, grouped by menu entry."""

    def __init__(self) -> None:
        self._of_entries: list[list[str]] = []

    def begin_entry(self) -> None:
        """Start the next entry: warnings added from now on belong to it."""
        self._of_entries.append([])

    def add(self, *sentences: str) -> None:
        """Add sentences for venue staff to the current entry."""
        self._of_entries[-1].extend(sentences)

    def mark(self) -> int:
        """Return a position in the current entry's warnings, for `since`."""
        return len(self._of_entries[-1])

    def since(self, mark: int) -> tuple[str, ...]:
        """Return the warnings added since the position, to repeat them for an equal part that is not read again."""
        return tuple(self._of_entries[-1][mark:])

    def by_entry(self) -> dict[int, tuple[str, ...]]:
        """Return each entry's warnings without duplicates, by the entry's number in the order of the menu."""
        return {number: tuple(dict.fromkeys(warnings)) for number, warnings in enumerate(self._of_entries) if warnings}


@dataclass(frozen=True)
class Prices:
    """The menu's prices in the venue's currency, which the menu does not name."""

    currency: str
    warnings: Warnings

    def warn_if_rounded(
        self, entry: Json, name: str, charged: Decimal, where: str, field: str = "productPrice"
    ) -> None:
        """Add a warning if the till charges another price than the menu's. Tax that is added is always rounded."""
        listed = number(entry, field, where) or Decimal(0)
        if abs(listed) != abs(charged) and flag(entry, "taxIncludedInPrice", where, default=True):
            self.warnings.add(
                f"{name} costs {listed.normalize():f} {self.currency} in Lightspeed, which no till can charge; it is "
                f"sold at {money_with_code(charged, self.currency)}. Correct the price in Lightspeed's back office."
            )


def name_of(entry: Json, where: str) -> str:
    """Return an item's name on the till, or its SKU if it has none."""
    return (text(entry, "productName", where) or identifier(entry, "sku", where) or "(no name)")[:MAX_NAME_LENGTH]


def orderable_sku(entry: Json, where: str, label: str, warnings: Warnings) -> str:
    """Return the SKU to order the entry by; empty, with a warning about `label`, if it cannot be ordered."""
    sku = identifier(entry, "sku", where)
    if not sku:
        warnings.add(f"{label} has no SKU and was left out, because it cannot be ordered.")
    elif len(sku) > MAX_SKU_LENGTH:
        warnings.add(f"{label} was left out, because its SKU is longer than {MAX_SKU_LENGTH} characters.")
    elif has_percentage_price(entry, where):
        warnings.add(f"{label} was left out, because its price is a percentage of the order's total.")
    else:
        return sku
    return ""


class GroupReader:
    """Read the groups of the menu's entries.

    Lightspeed repeats a shared group at every product that uses it, so a group equal to the last one with the same
    identity is not read again.
    """

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._warnings = prices.warnings
        self._last: dict[tuple[GroupKind, str], tuple[Json, GroupDraft, tuple[str, ...]]] = {}

    def groups_of(self, entry: Json, where: str) -> tuple[GroupDraft, ...]:
        """Return the groups of an item, a deal, a modifier or a deal's item, in order, with their nested groups.

        Raises:
            BadAnswer: a part is not as documented.
        """
        drafts = [
            self._group(group, kind, where)
            for name, kind in GROUP_FIELDS
            if name in entry
            for group in objects(entry, name, where)
        ]
        return tuple([draft for draft in drafts if draft.choices])

    def _group(self, group: Json, kind: GroupKind, where: str) -> GroupDraft:
        identity = identifier(group, IDENTITY_FIELDS[kind], where)
        last = self._last.get((kind, identity))
        if last is not None and last[0] == group:
            self._warnings.add(*last[2])
            return last[1]
        mark = self._warnings.mark()
        read = self._instructions if kind == GroupKind.INSTRUCTION else self._items
        draft = read(group, kind, identity, where)
        self._last[kind, identity] = (group, draft, self._warnings.since(mark))
        return draft

    def _items(self, group: Json, kind: GroupKind, identity: str, where: str) -> GroupDraft:
        """Read a group of modifiers, or of the items of a deal."""
        name = (text(group, "description", where) or identity)[:MAX_NAME_LENGTH]
        where = f"{where}, group {name}"
        minimum, maximum = _limits(group, name, where, self._warnings)
        translations = translations_of(group, where)
        items = objects(group, "items" if kind == GroupKind.DEAL else "productModifiers", where)
        choices = [self._choice(item, kind, name, where) for item in items]
        return GroupDraft(
            kind, identity, name, minimum, maximum, translations, _distinct(choices, name, self._warnings)
        )

    def _choice(self, item: Json, kind: GroupKind, group_name: str, where: str) -> ChoiceDraft | None:
        """Read a choice. A modifier has its own price; an item of a deal adds its `extraPrice` to the deal's price."""
        name = name_of(item, where)
        where = f"{where}, {name}"
        sku = orderable_sku(item, where, f"{name} in the group {group_name}", self._warnings)
        if not sku:
            return None
        is_deal = kind == GroupKind.DEAL
        price, rules = (extra_price_of if is_deal else price_of)(item, where, self._prices.currency)
        self._prices.warn_if_rounded(item, name, price, where, "extraPrice" if is_deal else "productPrice")
        modifier = MenuModifier(
            key=sku, name=name, price=price, sku=sku, translations=translations_of(item, where), rules=rules
        )
        return ChoiceDraft(modifier, self.groups_of(item, where))

    def _instructions(self, group: Json, kind: GroupKind, identity: str, where: str) -> GroupDraft:
        """Read a group of instructions: free choices without a SKU, ordered by `ikentooModifierId`."""
        name = text(group, "productionInstructionGroupName", where)[:MAX_NAME_LENGTH]
        where = f"{where}, group {name}"
        choices = [
            _instruction(entry, name, where, self._warnings)
            for entry in objects(group, "productionInstructionList", where)
        ]
        return GroupDraft(
            kind=kind,
            identity=identity,
            name=name,
            minimum=0,
            maximum=None if flag(group, "multiSelectionPermitted", where) else 1,
            translations={},
            choices=_distinct(choices, name, self._warnings),
        )


def _limits(group: Json, name: str, where: str, warnings: Warnings) -> tuple[int, int | None]:
    # A group in which a guest must choose needs one choice, whatever minimum is stored with it.
    minimum = max(count(group, "minimumSelection", where) or 0, 1 if flag(group, "mustSelectAnItem", where) else 0)
    if minimum > MAX_COUNT:
        raise malformed(where, "minimumSelection is too large")
    maximum = count(group, "maximumSelection", where)
    if maximum is None:
        maximum = None if flag(group, "multiSelectionPermitted", where) else max(1, minimum)
    elif maximum == 0:
        warnings.add(f"The group {name} allows 0 choices, so nothing could be chosen; it is shown without a limit.")
        maximum = None
    elif maximum > MAX_COUNT:
        maximum = None
    elif maximum < minimum:
        warnings.add(f"The group {name} requires {minimum} but allows only {maximum}; {minimum} is used for both.")
        maximum = minimum
    return minimum, maximum


def _instruction(entry: Json, group_name: str, where: str, warnings: Warnings) -> ChoiceDraft | None:
    name = text(entry, "instruction", where)[:MAX_NAME_LENGTH]
    instruction_id = identifier(entry, "ikentooModifierId", where)
    if not instruction_id or len(instruction_id) > _MAX_INSTRUCTION_ID_LENGTH:
        warnings.add(f"{name} in the group {group_name} has no usable id and was left out.")
        return None
    modifier = MenuModifier(
        key=instruction_id, name=name or instruction_id, price=Decimal(0), instruction_id=instruction_id
    )
    return ChoiceDraft(modifier, ())


def _distinct(choices: list[ChoiceDraft | None], group_name: str, warnings: Warnings) -> tuple[ChoiceDraft, ...]:
    found: dict[str, ChoiceDraft] = {}
    for choice in choices:
        if choice is None:
            continue
        first = found.setdefault(choice.modifier.key, choice)
        if first is not choice and first.modifier.price != choice.modifier.price:
            warnings.add(f"The group {group_name} has {choice.modifier.key} at two prices; the first one is used.")
    if not found:
        warnings.add(f"The group {group_name} has no modifiers and was left out.")
    return tuple(found.values())
