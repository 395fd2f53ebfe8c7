"""The rows of a venue's menu, read whole for a plan, and a plan written whole: one transaction, one new version."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from integrations.pos import MenuSnapshot
from menus.bulk import Ids, delete_rows, insert_rows, read_rows, update_rows
from menus.image_fetching import nudge_if_due
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
from menus.planning import ENTRIES, LINKS, HeldMenu, HeldRow, Key, MenuPlan, TablePlan, Values
from menus.stock import spread
from menus.versions import raise_version
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
    """The menu has changed since the plan was made: plan again."""


def load_held(*, venue: Venue) -> HeldMenu:
    """All rows of the venue's menu, archived ones too, as a plan compares them; always eight queries."""
    ids = Ids()
    groups = _entries("groups", ModifierGroup.objects.filter(venue=venue), ids, _first)
    keys = {row.id: key for key, row in groups.items()}
    return HeldMenu(
        entries={
            "categories": _entries("categories", Category.objects.filter(venue=venue), ids, _first),
            "products": _entries("products", Product.objects.filter(venue=venue), ids, _first),
            "groups": groups,
            "modifiers": _entries(
                "modifiers", Modifier.objects.filter(group__venue=venue), ids, lambda row: (keys[row[0]], row[1])
            ),
        },
        links={
            "placements": _links("placements", CategoryProduct.objects.filter(category__venue=venue), ids),
            "product_groups": _links("product_groups", ProductModifierGroup.objects.filter(product__venue=venue), ids),
            "nested_groups": _links("nested_groups", NestedModifierGroup.objects.filter(group__venue=venue), ids),
        },
        languages=tuple(Menu.objects.filter(venue=venue).values_list("languages", flat=True).first() or ()),
    )


def load_held_part(*, venue: Venue, part: MenuSnapshot) -> HeldMenu:
    """As `load_held`, but only the products of the part and the groups that they ask now or then, nested ones too."""
    ids = Ids()
    products = _entries(
        "products", Product.objects.filter(venue=venue, sku__in=[one.sku for one in part.products]), ids, _first
    )
    asked = ProductModifierGroup.objects.filter(product__in=[row.id for row in products.values()])
    found = set(ModifierGroup.objects.filter(venue=venue, key__in=[one.key for one in part.groups]).values_list("pk"))
    found |= set(asked.values_list("group_id"))
    waiting = found
    while waiting:
        nested = NestedModifierGroup.objects.filter(modifier__group__in=[id for (id,) in waiting])
        waiting = set(nested.values_list("group_id")) - found
        found |= waiting
    group_ids = [id for (id,) in found]
    groups = _entries("groups", ModifierGroup.objects.filter(pk__in=group_ids), ids, _first)
    keys = {row.id: key for key, row in groups.items()}
    choices = Modifier.objects.filter(group__in=group_ids)
    opened = NestedModifierGroup.objects.filter(modifier__group__in=group_ids)
    return HeldMenu(
        entries={
            "categories": {},
            "products": products,
            "groups": groups,
            "modifiers": _entries("modifiers", choices, ids, lambda row: (keys[row[0]], row[1])),
        },
        links={
            "placements": {},
            "product_groups": _links("product_groups", asked, ids),
            "nested_groups": _links("nested_groups", opened, ids),
        },
        languages=tuple(Menu.objects.filter(venue=venue).values_list("languages", flat=True).first() or ()),
    )


def apply_plan(*, venue: Venue, plan: MenuPlan, version: int, snapshot: MenuSnapshot) -> None:
    """Writes the plan that was made from the rows of `version`, and raises the version if anything changes.

    `snapshot` says which of the POS's menus is the venue's from now on.

    Raises:
        PlanOutdated: when the menu is no longer at `version`; nothing is written then.
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
            if plan.tables["products"].create or plan.tables["modifiers"].create:
                # What is new is as sold out, or as asleep, as its SKU.
                spread(venue=venue)
            raise_version(menu=menu)
            transaction.on_commit(lambda: nudge_if_due(venue_id=venue.pk), robust=True)


def _write_entries(model: type[Model], columns: tuple[str, ...], plan: TablePlan, venue: Venue) -> None:
    now = timezone.now()
    same: dict[str, Any] = {} if model is Modifier else {"venue_id": venue.pk}
    insert_rows(model, columns=["id", *columns], rows=plan.create, same=same)
    update_rows(model, columns=[*columns, "archived_at"], rows=((*row, None) for row in plan.update))
    update_rows(model, columns=["archived_at"], rows=((id, now) for id in plan.archive))


def _write_links(model: type[Model], columns: tuple[str, ...], plan: TablePlan) -> None:
    delete_rows(model, ids=plan.archive)
    insert_rows(model, columns=["id", *columns], rows=plan.create, same={})
    update_rows(model, columns=columns, rows=plan.update)


def _first(values: Values) -> Key:
    return values[0]


def _entries(table: str, rows: QuerySet[Any], ids: Ids, key_of: Callable[[Values], Key]) -> dict[Key, HeldRow]:
    columns = ("id", "archived_at", *ENTRIES[table])
    return {
        key_of(row[2:]): HeldRow(row[0], row[1] is not None, row[2:])
        for row in read_rows(rows, columns=columns, ids=ids)
    }


def _links(table: str, rows: QuerySet[Any], ids: Ids) -> dict[Key, HeldRow]:
    return {
        row[1:3]: HeldRow(row[0], False, row[1:]) for row in read_rows(rows, columns=("id", *LINKS[table]), ids=ids)
    }
