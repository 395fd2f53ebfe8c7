"""The admin of the floor plan: read-only, since the POS decides which tables there are, with a button to sync it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from unfold.decorators import action, display

from integrations.models import SyncRun
from integrations.syncs.runs import SyncAlreadyRunning, latest_run_page, queue_sync, run_page
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.models import Venue
from storekit.staff import managed_venues_of
from tables.admin.codes import CodePages
from tables.models import Area, Table, has_duplicate_number


class UseFilter(admin.SimpleListFilter):
    """Filters by areas and tables in use or archived."""

    title = "status"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "In use"), ("archive", "Archived")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(archived_at__isnull=self.value() == "now")


class TableUseFilter(UseFilter):
    """Also filters by tables that share their number with another."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*super().lookups(request, model_admin), ("twice", "Duplicate number")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "twice":
            return queryset.filter(has_duplicate=True)
        return super().queryset(request, queryset)


class FloorPage(ReadOnlyAdmin):
    """What the pages of areas and tables share: their status, and the button that syncs both."""

    list_filter: tuple[Any, ...] = (VenueFilter, UseFilter)
    actions_list: tuple[str, ...] = ("sync",)
    readonly_fields: tuple[str, ...] = ("place",)

    @display(description="Status", label={"in use": "success", "archived": "warning"})
    def place(self, row: Area | Table) -> str:
        return "archived" if row.archived_at else "in use"

    def has_sync_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @action(description="Sync floor plan", url_path="sync", permissions=["sync"], icon="sync")
    def sync(self, request: HttpRequest) -> HttpResponse:
        """Ask which of the user's managed venues to sync, and queue the sync."""
        venues = managed_venues_of(request.user)
        if request.method == "POST":
            return _queue(request, get_object_or_404(venues, slug=request.POST.get("venue", "")))
        return TemplateResponse(
            request,
            "admin/tables/sync.html",
            {**self.admin_site.each_context(request), "opts": self.opts, "title": "Sync floor plan", "venues": venues},
        )


def _queue(request: HttpRequest, venue: Venue) -> HttpResponse:
    """Queue the sync and redirect to its page, or to the page of the one that is already running."""
    kind = SyncRun.Kind.FLOOR_PLAN
    try:
        run = queue_sync(venue=venue, kind=kind, started_by=str(request.user))
    except SyncAlreadyRunning as error:
        messages.warning(request, str(error))
        return redirect(latest_run_page(venue=venue, kind=kind))
    return redirect(run_page(run=run))


@admin.register(Area)
class AreaPage(FloorPage):
    """The areas of the floor plan."""

    list_display = ("name", "venue", "table_count", "place")
    list_select_related = ("venue",)
    search_fields = ("name",)
    ordering = ("venue__name", "position")
    fields = ("venue", "name", "table_count", "place")
    readonly_fields = (*FloorPage.readonly_fields, "table_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        current = Count("tables", filter=Q(tables__archived_at=None))
        return super().get_queryset(request).annotate(number_of_tables=current)

    @admin.display(description="Tables", ordering="number_of_tables")
    def table_count(self, area: Any) -> int:
        return int(area.number_of_tables)


@admin.register(Table)
class TablePage(CodePages, FloorPage):
    """The tables that orders and checks refer to by number, with their QR codes."""

    actions_list = ("sync", "codes")
    list_display = ("number", "name", "area", "venue", "seats", "place")
    list_filter = (VenueFilter, "area", TableUseFilter)
    list_select_related = ("venue", "area")
    search_fields = ("=number", "name")
    ordering = ("venue__name", "number")
    fields = ("venue", ("number", "name"), "area", "seats", "place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(has_duplicate=has_duplicate_number())

    @display(
        description="Status",
        label={"in use": "success", "archived": "warning", "duplicate number": "danger"},
    )
    def place(self, row: Any) -> str:
        return "duplicate number" if row.has_duplicate else super().place(row)
