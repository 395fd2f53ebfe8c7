"""Writing what a sync found: the menu, what stands beside it, and the state to go back to, all in one transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.models import SyncRun
from integrations.pos import AllergenNames, MenuSnapshot, Restriction
from menus.models import Category, Menu, MenuMemory, Modifier, ModifierGroup, Product
from menus.stock.levels import write_stock
from menus.sync.allergens import keep_allergens
from menus.sync.apply import apply_plan
from menus.sync.diff import HeldMenu, MenuPlan
from menus.sync.restore_points import keep_state
from menus.versions import raise_version
from storekit.models import Venue


@dataclass(frozen=True)
class Beside:
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
    held: HeldMenu
    version: int
    digest: str
    run_id: int
    shaping: str = ""
    memory: bytes = b""
    """For reading the next answer, once this is written with the settings `shaping`."""
    is_light: bool = False


def record(*, venue: Venue, outcome: Outcome, beside: Beside) -> dict[str, int]:
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
                went_back_from="",
            )
            MenuMemory.objects.update_or_create(
                menu=menu,
                defaults={
                    "digest": outcome.digest,
                    "shaping": outcome.shaping,
                    # What a plan has to say is about the whole menu, and would not be said again of a part.
                    "content": b"" if plan.warnings else outcome.memory,
                },
            )
        elif plan:
            # What we hold is no longer what that answer said.
            Menu.objects.filter(pk=menu.pk).update(digest="", answer=outcome.digest)
        stock, named_anew = _write_beside(venue, beside)
        if (stock or named_anew) and not plan:
            raise_version(menu=menu)
    return {"stock": stock} if stock else {}


def record_beside(*, menu: Menu, beside: Beside) -> dict[str, int]:
    """The same for a menu that needs no writing."""
    with transaction.atomic():
        Menu.objects.select_for_update().get(pk=menu.pk)
        stock, named_anew = _write_beside(menu.venue, beside)
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


def _write_beside(venue: Venue, beside: Beside) -> tuple[int, bool]:
    stock = 0
    if beside.restrictions is not None:
        stock = write_stock(venue=venue, restrictions=beside.restrictions, asked_at=beside.asked_at)
    named_anew = beside.allergens is not None and keep_allergens(venue=venue, allergens=beside.allergens)
    return stock, named_anew
