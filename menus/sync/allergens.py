"""Allergen names, in the POS's own translations."""

from collections.abc import Collection

from integrations.pos import AllergenNames
from menus.models import Allergen
from storekit.models import Venue


def save_allergens(*, venue: Venue, allergens: Collection[AllergenNames]) -> bool:
    """Save the venue's allergen names, and return whether any was added or changed.

    Call it in the transaction that raises the menu's version. Codes that the POS no longer lists are kept, because
    products may still refer to them.
    """
    names = {one.code: dict(one.names) for one in allergens}
    stored = {row.code: row for row in Allergen.objects.filter(venue=venue)}
    new = [Allergen(venue=venue, code=code, translations=names[code]) for code in names if code not in stored]
    changed = [row for row in stored.values() if row.code in names and row.translations != names[row.code]]
    for row in changed:
        row.translations = names[row.code]
    if new:
        Allergen.objects.bulk_create(new)
    if changed:
        Allergen.objects.bulk_update(changed, ["translations"])
    return bool(new or changed)
