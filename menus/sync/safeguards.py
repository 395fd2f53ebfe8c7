"""Checks before a plan is written: a POS glitch must not empty a menu, nor a partial reading miss a change. Pure."""

import uuid
from collections.abc import Set as AbstractSet
from fractions import Fraction

from integrations.pos import MenuSnapshot
from menus.sync.diff import MenuPlan, StoredMenu

_MOST_ARCHIVED = Fraction(1, 3)


def reason_to_hold(*, snapshot: MenuSnapshot, plan: MenuPlan, stored: StoredMenu) -> str:
    """Return why the plan needs approval, as a sentence for venue staff; empty if it does not."""
    ours = sum(not row.archived for row in stored.entries["products"].values())
    if not ours:
        return ""
    unchanged = "Nothing has changed yet: guests still see the previous menu."
    if not snapshot.products:
        return f"The POS menu {snapshot.name} has no products. {unchanged}"
    archived = len(plan.tables["products"].archive)
    if archived > ours * _MOST_ARCHIVED:
        return f"This sync would take {archived} of {ours} products off the menu. {unchanged}"
    return ""


def needs_full_read(*, plan: MenuPlan, stored: StoredMenu, shared_groups: AbstractSet[uuid.UUID]) -> bool:
    """Return whether the plan for some products may affect others, so that the whole menu must be read.

    `stored` are the rows of those products; `shared_groups` are the groups that other products use too.
    """
    products = plan.tables["products"]
    on_the_menu = {row.id for row in stored.entries["products"].values() if not row.archived}
    return (
        bool(plan.warnings or plan.changes_languages or products.create or products.archive)
        or any(row[0] not in on_the_menu for row in products.update)
        or not shared_groups.isdisjoint(_changed_groups(plan, stored))
    )


def _changed_groups(plan: MenuPlan, stored: StoredMenu) -> set[uuid.UUID]:
    """Return the groups for which the plan changes the row, a choice, or a group that a choice opens."""
    groups, choices, nested = (plan.tables[name] for name in ("groups", "modifiers", "nested_groups"))
    group_of = {row.id: row.values[0] for row in stored.entries["modifiers"].values()}
    opened_by = {row.id: row.values[0] for row in stored.links["nested_groups"].values()}
    opening = {row[1] for row in (*nested.create, *nested.update)} | {opened_by[id] for id in nested.archive}
    return (
        {row[0] for row in groups.update}
        | set(groups.archive)
        | {row[1] for row in (*choices.create, *choices.update)}
        | {group_of[id] for id in choices.archive}
        | {group_of[id] for id in opening if id in group_of}
    )
