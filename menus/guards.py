"""When a sync waits for a person: what looks like a glitch of the till must not close a shop."""

from fractions import Fraction

from integrations.pos import MenuSnapshot
from menus.planning import HeldMenu, MenuPlan

_MOST_ARCHIVED = Fraction(1, 3)


def reason_to_hold(*, snapshot: MenuSnapshot, plan: MenuPlan, held: HeldMenu, chosen_anew: bool) -> str:
    """A sentence for venue staff that says why the plan needs a person's word; empty when it does not.

    `chosen_anew`: a person has just chosen another of the POS's menus, so that most products may well be others.
    """
    ours = sum(not row.archived for row in held.entries["products"].values())
    if not ours:
        return ""
    stays = "Nothing was changed: the menu that guests see stays."
    if not snapshot.products:
        return f"The POS sent the menu {snapshot.name} without any product. {stays}"
    archived = len(plan.tables["products"].archive)
    if archived > ours * _MOST_ARCHIVED and not chosen_anew:
        return f"This sync would take {archived} of {ours} products off the menu. {stays}"
    return ""
