"""What keeps a plan from being written: a glitch of the till must not close a shop, nor a part stand for the whole.

Pure.
"""

import uuid
from collections.abc import Set as AbstractSet
from fractions import Fraction

from integrations.pos import MenuSnapshot
from menus.sync.diff import MenuPlan, StoredMenu

_MOST_ARCHIVED = Fraction(1, 3)


def reason_to_hold(*, snapshot: MenuSnapshot, plan: MenuPlan, held: StoredMenu) -> str:
    """A sentence for venue staff that says why the plan needs a person's word; empty when it does not."""
    ours = sum(not row.archived for row in held.entries["products"].values())
    if not ours:
        return ""
    stays = "Nothing was changed: the menu that guests see stays."
    if not snapshot.products:
        return f"The POS sent the menu {snapshot.name} without any product. {stays}"
    archived = len(plan.tables["products"].archive)
    if archived > ours * _MOST_ARCHIVED:
        return f"This sync would take {archived} of {ours} products off the menu. {stays}"
    return ""


def says_more_than_its_part(*, plan: MenuPlan, held: StoredMenu, asked_elsewhere: AbstractSet[uuid.UUID]) -> bool:
    """Whether the plan for some products changes, or could change, more than them: then the whole menu has to be read.

    `held` are their rows, and `asked_elsewhere` those of their groups that other products lead to.
    """
    products = plan.tables["products"]
    on_the_menu = {row.id for row in held.entries["products"].values() if not row.archived}
    return (
        bool(plan.warnings or plan.changes_languages or products.create or products.archive)
        or any(row[0] not in on_the_menu for row in products.update)
        or not asked_elsewhere.isdisjoint(_groups_to_change(plan, held))
    )


def _groups_to_change(plan: MenuPlan, held: StoredMenu) -> set[uuid.UUID]:
    """With their own rows, their choices' or those of the questions that these open."""
    groups, choices, nested = (plan.tables[name] for name in ("groups", "modifiers", "nested_groups"))
    group_of = {row.id: row.values[0] for row in held.entries["modifiers"].values()}
    opened_by = {row.id: row.values[0] for row in held.links["nested_groups"].values()}
    opening = {row[1] for row in (*nested.create, *nested.update)} | {opened_by[id] for id in nested.archive}
    return (
        {row[0] for row in groups.update}
        | set(groups.archive)
        | {row[1] for row in (*choices.create, *choices.update)}
        | {group_of[id] for id in choices.archive}
        | {group_of[id] for id in opening if id in group_of}
    )
