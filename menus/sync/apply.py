"""Write a plan: one transaction, one new menu version."""

from typing import Any

from django.db import transaction
from django.db.models import Model

from integrations.pos import MenuSnapshot
from menus.images.fetching import enqueue_if_due
from menus.models import (
    Category,
    CategoryProduct,
    Menu,
    Modifier,
    ModifierGroup,
    NestedModifierGroup,
    Product,
    ProductModifierGroup,
)
from menus.stock.levels import propagate_to_menu
from menus.sync.diff import ENTRIES, LINKS, MenuPlan, TablePlan
from menus.versions import raise_version
from storekit.db import clock
from storekit.db.bulk import delete_rows, insert_rows, update_rows
from storekit.models import Venue

_MODELS: dict[str, type[Model]] = {
    "categories": Category,
    "products": Product,
    "groups": ModifierGroup,
    "modifiers": Modifier,
    "placements": CategoryProduct,
    "product_groups": ProductModifierGroup,
    "nested_groups": NestedModifierGroup,
}


class PlanOutdated(Exception):
    """The menu has changed since the plan was made, so it must be planned again."""


def apply_plan(*, venue: Venue, plan: MenuPlan, version: int, snapshot: MenuSnapshot) -> None:
    """Write a plan made from the rows of `version`, and raise the version if anything changes.

    `snapshot` names the POS menu that the venue uses from now on.

    Raises:
        PlanOutdated: the menu is no longer at `version`; nothing was written.
    """
    with transaction.atomic():
        menu = Menu.objects.select_for_update().get(venue=venue)
        if menu.version != version:
            raise PlanOutdated(f"planned for version {version}, found {menu.version}")
        for name, table in plan.tables.items():
            if name in ENTRIES:
                _write_entries(_MODELS[name], ENTRIES[name], table, venue)
            else:
                _write_links(_MODELS[name], LINKS[name], table)
        menu.pos_menu_id, menu.pos_menu_name = snapshot.menu_id, snapshot.name[:200]
        menu.languages = list(plan.languages)
        menu.save(update_fields=["pos_menu_id", "pos_menu_name", "languages"])
        if plan:
            choices = plan.tables["modifiers"]
            if plan.tables["products"].create or choices.create or choices.update:
                # Stock and snoozes belong to the SKU: new entries and changed SKUs take theirs over.
                propagate_to_menu(venue=venue)
            raise_version(menu=menu)
            transaction.on_commit(lambda: enqueue_if_due(venue_id=venue.pk), robust=True)


def _write_entries(model: type[Model], columns: tuple[str, ...], plan: TablePlan, venue: Venue) -> None:
    now = clock.now()
    same: dict[str, Any] = {} if model is Modifier else {"venue_id": venue.pk}
    insert_rows(model, columns=["id", *columns], rows=plan.create, same=same)
    update_rows(model, columns=[*columns, "archived_at"], rows=((*row, None) for row in plan.update))
    update_rows(model, columns=["archived_at"], rows=((id, now) for id in plan.archive))


def _write_links(model: type[Model], columns: tuple[str, ...], plan: TablePlan) -> None:
    delete_rows(model, ids=plan.archive)
    insert_rows(model, columns=["id", *columns], rows=plan.create)
    update_rows(model, columns=columns, rows=plan.update)
