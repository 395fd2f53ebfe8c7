"""What allergens are called, in the POS's own translations."""

from collections.abc import Collection

from integrations.pos import AllergenNames
from menus.models import Allergen
from storekit.models import Venue


def keep_allergens(*, venue: Venue, allergens: Collection[AllergenNames]) -> bool:
    """Keeps the names for the venue, and returns whether any of them is new or another one.

    To be called in the transaction that raises the menu's version. Codes that the POS no longer lists stay, since a
    product may still name them.
    """
    wanted = {one.code: dict(one.names) for one in allergens}
    held = {row.code: row for row in Allergen.objects.filter(venue=venue)}
    new = [Allergen(venue=venue, code=code, translations=names) for code, names in wanted.items() if code not in held]
    changed = [row for row in held.values() if row.code in wanted and row.translations != wanted[row.code]]
    for row in changed:
        row.translations = wanted[row.code]
    if new:
        Allergen.objects.bulk_create(new)
    if changed:
        Allergen.objects.bulk_update(changed, ["translations"])
    return bool(new or changed)
