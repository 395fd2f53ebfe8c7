"""Commit a sync's result in one transaction: the menu, its availability and allergens, and the state to undo it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from integrations.models import SyncRun
from integrations.pos import AllergenNames, ItemUpdate, MenuSnapshot
from menus.models import Category, Menu, Modifier, ModifierGroup, Product, SyncCheckpoint
from menus.stock.levels import propagate_to_menu, record_asked
from menus.sync.allergens import save_allergens
from menus.sync.apply import apply_plan
from menus.sync.diff import MenuPlan, StoredMenu
from menus.sync.restore_points import save_restore_point
from menus.versions import raise_version
from storekit.db import clock
from storekit.models import Venue


@dataclass(frozen=True)
class Supplement:
    """What the POS reports apart from its menu. None was not loaded or not available, and our data stays as it is."""

    levels: tuple[ItemUpdate, ...] | None
    allergens: tuple[AllergenNames, ...] | None
    requested_at: datetime = field(default_factory=clock.now)
    """When the POS was asked. Updates about an item that arrived since are newer."""


@dataclass(frozen=True)
class SyncResult:
    """A plan to commit, and what it was made from: `stored` are the rows of `version`."""

    snapshot: MenuSnapshot
    plan: MenuPlan
    stored: StoredMenu
    version: int
    digest: str
    run_id: int
    settings_fingerprint: str = ""
    checkpoint: bytes = b""
    """With it the next sync reads only what changed, if the settings are the same."""
    is_light: bool = False


def commit_sync(*, venue: Venue, result: SyncResult, supplement: Supplement) -> dict[str, int]:
    """Write a sync's plan and supplement; return `{"stock": n}` if the stock of n entries changed.

    Raises:
        PlanOutdated: the menu is no longer at the plan's version; nothing was written.
    """
    plan, snapshot = result.plan, result.snapshot
    with transaction.atomic():
        menu, _ = Menu.objects.get_or_create(venue=venue)
        if plan:
            run = SyncRun.objects.filter(pk=result.run_id).first()
            save_restore_point(menu=menu, plan=plan, stored=result.stored, version=result.version, run=run)
        if result.is_light:
            snapshot = replace(snapshot, name=menu.pos_menu_name)
        apply_plan(venue=venue, plan=plan, version=result.version, snapshot=snapshot)
        if not result.is_light:
            Menu.objects.filter(pk=menu.pk).update(
                digest=result.digest,
                answer=result.digest,
                warnings=[*snapshot.warnings, *plan.warnings],
                reverted_digest="",
            )
            SyncCheckpoint.objects.update_or_create(
                menu=menu,
                defaults={
                    "digest": result.digest,
                    "settings_fingerprint": result.settings_fingerprint,
                    # A plan's warnings concern the whole menu; a partial sync would not repeat them.
                    "content": b"" if plan.warnings else result.checkpoint,
                },
            )
        elif plan:
            # The menu no longer matches the last full response.
            Menu.objects.filter(pk=menu.pk).update(digest="", answer=result.digest)
        stock, renamed = _write_supplement(venue, supplement)
        if (stock or renamed) and not plan:
            raise_version(menu=menu)
    return {"stock": stock} if stock else {}


def commit_supplement(*, menu: Menu, supplement: Supplement) -> dict[str, int]:
    """Write the supplement of a menu that has not changed; return the same as `commit_sync`."""
    with transaction.atomic():
        Menu.objects.select_for_update().get(pk=menu.pk)
        stock, renamed = _write_supplement(menu.venue, supplement)
        if stock or renamed:
            raise_version(menu=menu)
    return {"stock": stock} if stock else {}


def count_entries(*, venue: Venue) -> int:
    """Return how many categories, products, groups and choices are on the menu."""
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
    if supplement.levels is not None:
        record_asked(venue=venue, updates=supplement.levels, requested_at=supplement.requested_at)
        stock = propagate_to_menu(venue=venue)
    renamed = supplement.allergens is not None and save_allergens(venue=venue, allergens=supplement.allergens)
    return stock, renamed
