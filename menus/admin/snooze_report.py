"""The snooze report in the admin: every snooze, filtered, with totals, and as CSV."""

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from menus.admin.snooze_actions import confirmation_page
from menus.models import Snooze
from menus.snoozes.report import Totals, as_csv, started_between, totals
from menus.snoozes.service import wake
from storekit.admin_base.form_filter import FormFilter, form_in
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.models import Venue
from storekit.staff import venues_of

_MAX_CHOICES = 500
_DATE = {"type": "date", "class": "sk-input"}


class ReportForm(forms.Form):
    """The report's filters."""

    first = forms.DateField(required=False, label="From", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE))
    last = forms.DateField(required=False, label="To", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE))
    source = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget())
    item = forms.ChoiceField(required=False, label="Item", widget=UnfoldAdminSelectWidget())
    venue = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget())

    def __init__(self, data: dict[str, Any], *, rows: QuerySet[Snooze], venues: QuerySet[Venue]) -> None:
        super().__init__(data)
        causes = [(f"cause:{cause}", f"  {label}") for cause, label in Snooze.Cause.choices]
        self._choose("source", [("", "All"), *Snooze.Source.choices, *causes])
        # An item may have had several names.
        items = (
            rows.order_by().values_list("sku").annotate(shown_name=Max("name")).order_by("shown_name")[:_MAX_CHOICES]
        )
        self._choose("item", [("", "All"), *((sku, f"{name} ({sku})") for sku, name in items)])
        own = [(venue.slug, venue.name) for venue in venues]
        if len(own) > 1:
            self._choose("venue", [("", "All"), *own])
        else:
            del self.fields["venue"]

    def _choose(self, field: str, choices: list[tuple[Any, Any]]) -> None:
        chosen: Any = self.fields[field]
        chosen.choices = choices

    def filtered(self, rows: QuerySet[Snooze]) -> QuerySet[Snooze]:
        """Return the rows that match the form; invalid fields are ignored."""
        self.is_valid()
        data = self.cleaned_data
        if source := data.get("source"):
            _, is_cause, cause = source.partition("cause:")
            rows = rows.filter(cause=cause) if is_cause else rows.filter(source=source)
        if item := data.get("item"):
            rows = rows.filter(sku=item)
        if venue := data.get("venue"):
            rows = rows.filter(venue__slug=venue)
        return started_between(rows, first=data.get("first"), last=data.get("last"))


class ReportFilter(FormFilter):
    """Applies the form's fields to Django's list."""

    fields = ("first", "last", "source", "item", "venue")

    def form_for(self, request: HttpRequest, model_admin: Any, typed: dict[str, Any]) -> ReportForm:
        return ReportForm(typed, rows=model_admin.get_queryset(request), venues=venues_of(request.user))


class SnoozePage(ReadOnlyAdmin):
    """The report. All staff of the venue may wake items that are still snoozed."""

    list_display = ("item", "venue", "state", "source_and_who", "why", "from_when", "until_when", "ended")
    list_display_links = ("item",)
    list_filter = (ReportFilter,)
    list_select_related = ("venue",)
    list_before_template = "admin/menus/snooze/report.html"
    ordering = ("-starts_at", "sku")
    list_per_page = 50
    actions_detail = ("wake_up",)
    fields = (("item", "venue"), "state", "source_and_who", "why", ("from_when", "until_when"), "ended")
    readonly_fields = ("item", "state", "source_and_who", "why", "from_when", "until_when", "ended")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            shown = context["cl"]
            context["report"] = form_in(shown, ReportFilter)
            context["export"] = f"{reverse('admin:menus_snooze_export')}?{request.GET.urlencode()}"
            context |= _charts(totals(shown.queryset))
            # Hide Django's own filter panel: the form replaces it.
            shown.has_filters = False
        return response

    def get_urls(self) -> list[URLPattern]:
        export = path("export/", self.admin_site.admin_view(self.export), name="menus_snooze_export")
        return [export, *super().get_urls()]

    def export(self, request: HttpRequest) -> Any:
        """Download all rows of the list that has the same query string."""
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:menus_snooze_changelist")
        response = StreamingHttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="snoozes-{timezone.localdate():%Y-%m-%d}.csv"'
        return response

    def has_wake_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        row = self._row(request, obj) if obj is not None else None
        return isinstance(row, Snooze) and _is_active(row) and self.has_view_permission(request, row)

    @action(description="End snooze", url_path="wake", permissions=["wake"], icon="alarm")
    def wake_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for confirmation; posting ends every snooze of the item."""
        row = get_object_or_404(self.get_queryset(request), pk=object_id)
        back = reverse("admin:menus_snooze_changelist")
        if request.method != "POST":
            return confirmation_page(
                self, request, self.get_queryset(request).filter(pk=row.pk), "wake", "End snooze", back
            )
        wake(venue=row.venue, skus=[row.sku], by=str(request.user))
        return redirect(back)

    @admin.display(description="Item", ordering="name")
    def item(self, row: Snooze) -> str:
        return f"{row.name} ({row.sku})"

    @display(description="State", label={"Snoozed": "warning", "Sold out": "danger", "Ended": ""})
    def state(self, row: Snooze) -> str:
        if row.ended_at is not None:
            return "Ended"
        return "Sold out" if row.cause == Snooze.Cause.TILL else "Snoozed"

    @admin.display(description="Source", ordering="source")
    def source_and_who(self, row: Snooze) -> str:
        who = row.by if row.cause == Snooze.Cause.BY_HAND else row.get_cause_display()
        return f"{row.get_source_display()}: {who}" if who else row.get_source_display()

    @admin.display(description="Reason", empty_value="–")
    def why(self, row: Snooze) -> str | None:
        parts = [f"Order {row.order}" if row.order else "", row.reason]
        return ": ".join(part for part in parts if part) or None

    @admin.display(description="From", ordering="starts_at")
    def from_when(self, row: Snooze) -> str:
        return _moment(row.starts_at, row)

    @admin.display(description="Until", ordering="until")
    def until_when(self, row: Snooze) -> str:
        if row.cause == Snooze.Cause.TILL:
            return "Back in stock"
        return _moment(row.until, row) if row.until else "Further notice"

    @admin.display(description="Ended", ordering="ended_at", empty_value="–")
    def ended(self, row: Snooze) -> str | None:
        return f"{_moment(row.ended_at, row)}: {row.ended_by}" if row.ended_at else None


def _is_active(row: Snooze) -> bool:
    return row.ended_at is None and row.cause != Snooze.Cause.TILL


def _moment(moment: Any, row: Snooze) -> str:
    return date_format(timezone.localtime(moment, row.venue.zone), "j M, H:i")


def _charts(found: Totals) -> dict[str, Any]:
    """Return the totals and the charts' data in the form that unfold's components take."""
    bars = {
        "label": "Started",
        "data": found.by_hour,
        "backgroundColor": "var(--color-primary-600)",
        "displayYAxis": True,
    }
    labels = [f"{hour:02d}" for hour in range(24)]
    highest = max((item.events for item in found.by_item), default=0)
    return {
        "totals": found,
        "asleep": _format_duration(found.asleep),
        "chart_by_hour": json.dumps({"labels": labels, "datasets": [bars]}),
        "bars_by_item": [
            {
                "title": item.name,
                "value": round(100 * item.events / highest),
                "description": f"{item.events} × · {_format_duration(item.asleep)}",
            }
            for item in found.by_item
        ],
    }


def _format_duration(duration: timedelta) -> str:
    """Format a length of time: `3 d 4 h`, `2 h 5 min`."""
    minutes = round(duration.total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
