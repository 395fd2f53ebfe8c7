"""The admin of the menu: read-only, since the POS decides what is on it, with pages to sync it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from integrations.models import SyncRun
from integrations.pos import OrderType
from menus.admin.descriptions import ProductDescriptionPages
from menus.admin.images import ProductImagePages
from menus.admin.open_prices import OpenPricePages
from menus.admin.snooze_actions import SnoozeActions, state_colour, state_of
from menus.admin.snooze_report import SnoozePage
from menus.admin.sync import MenuSyncPages
from menus.images.files import public_image_url
from menus.models import (
    Category,
    CategoryProduct,
    Menu,
    MenuEntry,
    Modifier,
    ModifierGroup,
    Product,
    ProductModifierGroup,
    Snooze,
)
from menus.pricing import PRICING_COLUMNS, entry_price
from menus.stock.reconciliation_report import last_comparison
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.local_time import local_moment
from storekit.admin_base.site import ReadOnlyAdmin, ReadOnlyInline
from storekit.models import Venue
from storekit.money.words import format_money

admin.site.register(Snooze, SnoozePage)


class ArchiveFilter(admin.SimpleListFilter):
    """Filters by entries on the menu (the default) or archived ones."""

    title = "status"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("archive", "Archived"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "On the menu"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(archived_at__isnull=self.value() != "archive")


class EntryPage(ReadOnlyAdmin):
    """What the pages of products, categories and groups share."""

    list_select_related: tuple[str, ...] = ("venue",)
    readonly_fields: tuple[str, ...] = ("texts", "place")

    @display(description="Status", label={"on the menu": "success", "archived": "warning"})
    def place(self, entry: MenuEntry) -> str:
        return "archived" if entry.archived_at else "on the menu"

    @admin.display(description="Names and descriptions", empty_value="as on the till")
    def texts(self, entry: MenuEntry) -> SafeString | None:
        """Return a table with the name and description in each language."""
        rows = [
            (language, text.get("name", ""), text.get("description", ""))
            for language, text in entry.translations.items()
        ]
        line = '<tr><th scope="row" class="pr-4 text-left">{}</th><td class="pr-4">{}</td><td>{}</td></tr>'
        return format_html("<table>{}</table>", format_html_join("", line, rows)) if rows else None


def _picture(address: str) -> SafeString | None:
    return format_html('<img src="{}" alt="" loading="lazy" style="max-height: 8rem">', address) if address else None


class ProductCategoryInline(ReadOnlyInline):
    """The categories that a product is in."""

    model = CategoryProduct
    fields = ("category",)
    verbose_name_plural = "categories"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("category", "product")


class ProductGroupInline(ReadOnlyInline):
    """The modifier groups of a product."""

    model = ProductModifierGroup
    fields = ("group", "kind", "range")
    readonly_fields = ("kind", "range")
    verbose_name_plural = "modifier groups"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("group", "product")

    def kind(self, link: ProductModifierGroup) -> str:
        return link.group.get_kind_display()

    @admin.display(description="How many")
    def range(self, link: ProductModifierGroup) -> str:
        return how_many(link.group)


@admin.register(Product)
class ProductPage(SnoozeActions, ProductImagePages, ProductDescriptionPages, OpenPricePages, EntryPage):
    """The products that guests can order."""

    actions_detail = ("snooze_one", "wake_one", "change_image", "change_descriptions", "change_price")

    list_display = ("name", "sku", "venue", "kind", "shown_price", "state", "place")
    list_filter = (VenueFilter, "kind", "categories", ArchiveFilter)
    search_fields = ("name", "sku")
    ordering = ("name",)
    inlines = (ProductCategoryInline, ProductGroupInline)
    readonly_fields = (*EntryPage.readonly_fields, "state", "shown_price", "picture", "listed_allergens")
    fieldsets = (
        (None, {"fields": ("venue", ("name", "sku"), ("kind", "shown_price"), ("state", "place"))}),
        ("For guests", {"fields": ("texts", "picture", "listed_allergens", "calories")}),
        ("Alcohol", {"fields": (("contains_alcohol", "alcohol_percentage"),)}),
    )

    @display(description="Availability")
    def state(self, product: Product) -> SafeString:
        return state_label(product, product.venue)

    @admin.display(description="Price", ordering="price")
    def shown_price(self, product: Product) -> str:
        return shown_price(product, product.venue)

    @admin.display(description="Image", empty_value="–")
    def picture(self, product: Product) -> SafeString | None:
        return _picture(public_image_url(product.image) or "")

    @admin.display(description="Allergens", empty_value="–")
    def listed_allergens(self, product: Product) -> str | None:
        return ", ".join(product.allergens) or None


@admin.register(Category)
class CategoryPage(EntryPage):
    """The categories that guests browse, from the POS's screens."""

    list_display = ("name", "venue", "parent", "product_count", "place")
    list_filter = (VenueFilter, ArchiveFilter)
    list_select_related = ("venue", "parent")
    search_fields = ("name",)
    ordering = ("venue__name", "position")
    fields = ("venue", "name", "parent", "texts", "place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(number_of_products=Count("placements"))

    @admin.display(description="Products", ordering="number_of_products")
    def product_count(self, category: Any) -> int:
        return int(category.number_of_products)


class ModifierInline(ReadOnlyInline):
    """The choices of a modifier group."""

    model = Modifier
    fields = ("name", "sku", "instruction_id", "price", "opens")
    readonly_fields = ("opens",)
    verbose_name_plural = "modifiers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(archived_at=None).prefetch_related("group_links__group")

    @admin.display(description="Opens", empty_value="–")
    def opens(self, modifier: Modifier) -> str | None:
        return ", ".join(link.group.name for link in modifier.group_links.all()) or None


@admin.register(ModifierGroup)
class ModifierGroupPage(EntryPage):
    """The modifier groups of products, with their choices."""

    list_display = ("name", "venue", "kind", "range", "choice_count", "place")
    list_filter = (VenueFilter, "kind", ArchiveFilter)
    search_fields = ("name", "modifiers__name", "modifiers__sku")
    ordering = ("name",)
    fields = ("venue", "name", "kind", "range", "texts", "place")
    readonly_fields = (*EntryPage.readonly_fields, "range")
    inlines = (ModifierInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        current = Count("modifiers", filter=Q(modifiers__archived_at=None), distinct=True)
        return super().get_queryset(request).annotate(number_of_choices=current)

    @admin.display(description="How many")
    def range(self, group: ModifierGroup) -> str:
        return how_many(group)

    @admin.display(description="Modifiers", ordering="number_of_choices")
    def choice_count(self, group: Any) -> int:
        return int(group.number_of_choices)


@admin.register(Modifier)
class ModifierPage(SnoozeActions, OpenPricePages, EntryPage):
    """The single choices, which can be snoozed on their own."""

    venue_path = "group__venue"
    actions_detail = ("snooze_one", "wake_one", "change_price")
    list_display = ("name", "sku", "group", "venue", "shown_price", "state", "place")
    list_filter = (VenueFilter, ArchiveFilter)
    list_select_related = ("group__venue",)
    search_fields = ("name", "sku", "group__name")
    ordering = ("name", "sku")
    fields = ("venue", "group", ("name", "sku"), ("instruction_id", "shown_price"), ("state", "place"), "texts")
    readonly_fields = (*EntryPage.readonly_fields, "venue", "state", "shown_price")

    def has_snooze_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        row = self._row(request, obj) if obj is not None else None
        # An instruction has no SKU, and snoozes are by SKU.
        return super().has_snooze_permission(request, obj) and not (isinstance(row, Modifier) and not row.sku)

    @admin.display(description="Venue", ordering="group__venue__name")
    def venue(self, modifier: Modifier) -> str:
        return modifier.group.venue.name

    @admin.display(description="Price", ordering="price")
    def shown_price(self, modifier: Modifier) -> str:
        return shown_price(modifier, modifier.group.venue)

    @display(description="Availability")
    def state(self, modifier: Modifier) -> SafeString:
        return state_label(modifier, modifier.group.venue)


@admin.register(Menu)
class MenuPage(MenuSyncPages, ReadOnlyAdmin):
    """The POS menu that a venue shows, when it was last synced, and the buttons to sync it."""

    list_display = ("venue", "pos_menu", "version", "last_synced_at")
    list_filter = (VenueFilter,)
    list_select_related = ("venue",)
    ordering = ("venue__name",)
    fields = ("venue", "pos_menu", "version", "listed_languages", "last_synced_at", "left_out", "stock_compared")
    readonly_fields = ("pos_menu", "listed_languages", "last_synced_at", "left_out", "stock_compared")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        done = SyncRun.objects.filter(
            connection__venue=OuterRef("venue"), kind=SyncRun.Kind.MENU, state=SyncRun.State.SUCCEEDED
        ).order_by("-finished_at")
        return super().get_queryset(request).annotate(synced_at=Subquery(done.values("finished_at")[:1]))

    @admin.display(description="POS menu", empty_value="none chosen yet")
    def pos_menu(self, menu: Menu) -> str | None:
        return f"{menu.pos_menu_name} ({menu.pos_menu_id})" if menu.pos_menu_id else None

    @admin.display(description="Last synced", ordering="synced_at", empty_value="never")
    def last_synced_at(self, menu: Any) -> str | None:
        return local_moment(menu.synced_at, menu.venue) if menu.synced_at else None

    @admin.display(description="Warnings of the last sync", empty_value="–")
    def left_out(self, menu: Menu) -> str | None:
        return "\n".join(menu.warnings) or None

    @admin.display(description="Stock compared with the POS", empty_value="not yet")
    def stock_compared(self, menu: Menu) -> str | None:
        return last_comparison(venue=menu.venue) or None

    @admin.display(description="Languages", empty_value="–")
    def listed_languages(self, menu: Menu) -> str | None:
        return ", ".join(menu.languages) or None


def shown_price(entry: Product | Modifier, venue: Venue) -> str:
    """Return what a guest pays for one in a pickup order, with the currency."""
    price = entry_price(OrderType.PICKUP, venue.currency, *(getattr(entry, column) for column in PRICING_COLUMNS))
    return format_money(price.price, venue) if price else "open: set a price to sell it"


def state_label(entry: Product | Modifier, venue: Venue) -> SafeString:
    """Return the entry's availability as one of unfold's coloured labels."""
    text = state_of(entry, venue)
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": state_colour(text)})


def how_many(group: ModifierGroup) -> str:
    """Return how many of a group's choices a guest takes, in words."""
    if group.maximum is None:
        return f"at least {group.minimum}" if group.minimum else "any number"
    if group.minimum == group.maximum:
        return f"exactly {group.minimum}"
    return f"{group.minimum} to {group.maximum}"
