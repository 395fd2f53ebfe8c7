"""Writing what a sync found: the menu, what stands beside it, and the state to go back to, all in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.models import SyncRun
from integrations.pos import AllergenNames, MenuSnapshot, Restriction
from menus.models import Category, Menu, Modifier, ModifierGroup, Product, SyncCheckpoint
from menus.stock.levels import apply_restrictions
from menus.sync.allergens import keep_allergens
from menus.sync.apply import apply_plan
from menus.sync.diff import MenuPlan, StoredMenu
from menus.sync.restore_points import keep_state
from menus.versions import raise_version
from storekit.models import Venue


@dataclass(frozen=True)
class Supplement:
    """What the POS says beside its menu; None where it was not asked or could not say: what we hold stays then."""

    restrictions: tuple[Restriction, ...] | None
    allergens: tuple[AllergenNames, ...] | None
    asked_at: datetime = field(default_factory=timezone.now)
    """When the POS was asked; what it has said of an item since is the later word."""


@dataclass(frozen=True)
class Outcome:
    """A plan that is to be written, and where it comes from. `version` is that of the rows `held`."""

    snapshot: MenuSnapshot
    plan: MenuPlan
    held: StoredMenu
    version: int
    digest: str
    run_id: int
    settings_fingerprint: str = ""
    checkpoint: bytes = b""
    """For reading the next answer, once this is written with the settings `settings_fingerprint`."""
    is_light: bool = False


def record(*, venue: Venue, outcome: Outcome, supplement: Supplement) -> dict[str, int]:
    """Writes a sync's plan and what stands beside it; returns `{"stock": n}` when the stock of n entries changed.

    Raises:
        PlanOutdated: when the menu is no longer at the plan's version; nothing is written then.
    """
    plan, snapshot = outcome.plan, outcome.snapshot
    with transaction.atomic():
        menu, _ = Menu.objects.get_or_create(venue=venue)
        if plan:
            run = SyncRun.objects.filter(pk=outcome.run_id).first()
            keep_state(menu=menu, plan=plan, held=outcome.held, version=outcome.version, run=run)
        if outcome.is_light:
            snapshot = replace(snapshot, name=menu.pos_menu_name)
        apply_plan(venue=venue, plan=plan, version=outcome.version, snapshot=snapshot)
        if not outcome.is_light:
            Menu.objects.filter(pk=menu.pk).update(
                digest=outcome.digest,
                answer=outcome.digest,
                warnings=[*snapshot.warnings, *plan.warnings],
                reverted_digest="",
            )
            SyncCheckpoint.objects.update_or_create(
                menu=menu,
                defaults={
                    "digest": outcome.digest,
                    "settings_fingerprint": outcome.settings_fingerprint,
                    # What a plan has to say is about the whole menu, and would not be said again of a part.
                    "content": b"" if plan.warnings else outcome.checkpoint,
                },
            )
        elif plan:
            # What we hold is no longer what that answer said.
            Menu.objects.filter(pk=menu.pk).update(digest="", answer=outcome.digest)
        stock, named_anew = _write_supplement(venue, supplement)
        if (stock or named_anew) and not plan:
            raise_version(menu=menu)
    return {"stock": stock} if stock else {}


def record_supplement(*, menu: Menu, supplement: Supplement) -> dict[str, int]:
    """The same for a menu that needs no writing."""
    with transaction.atomic():
        Menu.objects.select_for_update().get(pk=menu.pk)
        stock, named_anew = _write_supplement(menu.venue, supplement)
        if stock or named_anew:
            raise_version(menu=menu)
    return {"stock": stock} if stock else {}


def count_entries(*, venue: Venue) -> int:
    """How many categories, products, groups and choices are on the menu."""
    return sum(
        rows.filter(archived_at=None).count()
        for rows in (
            Category.objects.filter(venue=venue),
            Product.objects.filter(venue=venue),
            ModifierGroup.objects.filter(venue=venue),
            Modifier.objects.filter(group__venue=venue),
        )
    )


def _write_supplement(venue: Venue, supplement: Supplement) -> tuple[int, bool]:
    stock = 0
    if supplement.restrictions is not None:
        stock = apply_restrictions(venue=venue, restrictions=supplement.restrictions, requested_at=supplement.asked_at)
    named_anew = supplement.allergens is not None and keep_allergens(venue=venue, allergens=supplement.allergens)
    return stock, named_anew
