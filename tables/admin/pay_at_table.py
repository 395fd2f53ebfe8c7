"""The back office of pay at table: the switch of each venue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import VenueAdmin, simplify_choice
from tables.models import PayAtTable


@admin.register(PayAtTable)
class PayAtTablePage(VenueAdmin):
    """The venues that use pay at table, or have prepared it. For a venue that is not listed, no code opens anything."""

    list_display = ("venue", "enabled")
    list_display_links = ("venue",)
    list_filter = (VenueFilter,)
    list_select_related = ("venue",)
    ordering = ("venue__name",)
    fields = ("venue", "enabled", "sheet_text")

    def get_readonly_fields(self, request: HttpRequest, obj: PayAtTable | None = None) -> tuple[str, ...]:
        return () if obj is None else ("venue",)

    def get_form(self, request: HttpRequest, obj: PayAtTable | None = None, **options: Any) -> Any:
        form = super().get_form(request, obj, **options)
        if choice := form.base_fields.get("venue"):
            choice.queryset = choice.queryset.filter(pay_at_table=None)
            choice.error_messages["invalid_choice"] = "This venue is listed already. Change its row instead."
            simplify_choice(choice)
        return form

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)
