"""The back office of reconciliations: each night's, and those that a manager asks for."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.local_time import short_moment
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.models import Venue
from storekit.money.words import format_money
from storekit.staff import managed_venues_of
from tables.models import Reconciliation
from tables.reconciliation.queue import check_day, latest_day, request_reconciliation
from tables.reconciliation.report import method_label, reconciliation_csv

_State = Reconciliation.State
_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "sk-input"})
_MOST_SHOWN = 200


class RequestForm(forms.Form):
    """Which venue's payments of which service day to compare."""

    venue = forms.ModelChoiceField(Venue.objects.none(), to_field_name="slug", widget=UnfoldAdminSelectWidget())
    day = forms.DateField(
        label="Service day", required=False, widget=_DATE, help_text="It lasts until 5:00. Empty: today’s."
    )

    def __init__(self, data: Any, *, venues: QuerySet[Venue]) -> None:
        super().__init__(data)
        choice: Any = self.fields["venue"]
        choice.queryset = venues
        if len(venues) == 1:
            choice.empty_label = None

    def clean_day(self) -> date | None:
        """Return the day, if it can have had payments."""
        day: date | None = self.cleaned_data["day"]
        if day is not None:
            try:
                check_day(day)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        return day


@admin.register(Reconciliation)
class ReconciliationPage(ReadOnlyAdmin):
    """What guests paid against what the till has, by service day."""

    list_display = ("day_shown", "venue", "outcome", "payments", "kind", "when")
    list_display_links = ("day_shown",)
    list_filter = (VenueFilter, "nightly")
    list_select_related = ("venue",)
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-day", "-requested_at")
    fields = (("venue", "kind", "when"),)
    readonly_fields = ("kind", "when")
    actions_list = ("compare_now",)
    change_form_outer_before_template = "admin/tables/reconciliation/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        return super().get_queryset(request).select_related("venue")

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "<int:object_id>/csv/", self.admin_site.admin_view(self.csv_view), name="tables_reconciliation_csv"
        )
        return [export, *super().get_urls()]

    def csv_view(self, request: HttpRequest, object_id: int) -> Any:
        """Download the sums and the differences."""
        return reconciliation_csv(get_object_or_404(self.get_queryset(request), pk=object_id))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row: Reconciliation = context["original"]
        tone, headline = _outcome(row)
        differences = row.differences.select_related("payment__table")[:_MOST_SHOWN]
        shown = {
            "title": str(row),
            "row": row,
            "waiting": row.state == _State.WAITING,
            "headline": headline,
            "tone": "" if tone == "waiting" else tone,
            "totals": [_sums(row, sums) for sums in row.totals],
            "differences": [_difference(row, one) for one in differences],
            "more": max(0, row.difference_count - _MOST_SHOWN),
        }
        return super().render_change_form(request, context | shown, *args, **options)

    def has_compare_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @action(description="Compare now", url_path="compare", permissions=["compare"], icon="rule")
    def compare_now(self, request: HttpRequest) -> HttpResponse:
        """Ask for venue and day; then have the payments compared, and show the row that follows it."""
        form = RequestForm(request.POST or None, venues=managed_venues_of(request.user))
        if form.is_valid():
            venue = form.cleaned_data["venue"]
            day = form.cleaned_data["day"] or latest_day(venue=venue)
            row = request_reconciliation(venue=venue, day=day, by=str(request.user))
            return redirect("admin:tables_reconciliation_change", row.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Compare payments",
            "question": "Compare payments with the till",
            "consequences": ["Checks that are still open are read again. Nothing is changed on the till."],
            "form": form,
            "button": "Compare",
            "back": reverse("admin:tables_reconciliation_changelist"),
            "back_label": "Cancel",
        }
        return TemplateResponse(request, "admin/confirm.html", context)

    @display(description="Service day", ordering="day")
    def day_shown(self, row: Reconciliation) -> str:
        return f"{row.day:%-d %b %Y}"

    @display(
        description="Outcome",
        ordering="difference_count",
        label={"waiting": "info", "good": "success", "bad": "danger"},
    )
    def outcome(self, row: Reconciliation) -> tuple[str, str]:
        return _outcome(row)

    @display(description="Asked for by", ordering="nightly")
    def kind(self, row: Reconciliation) -> str:
        return "every night" if row.nightly else row.requested_by

    @display(description="Compared", ordering="finished_at", empty_value="–")
    def when(self, row: Reconciliation) -> str | None:
        return short_moment(row.finished_at, row.venue) if row.finished_at else None


def _outcome(row: Reconciliation) -> tuple[str, str]:
    """Return a tone, and the outcome in words."""
    if row.state == _State.WAITING:
        return "waiting", "Being compared"
    if row.difference_count:
        return "bad", "1 difference" if row.difference_count == 1 else f"{row.difference_count} differences"
    return "good", "No difference"


def _sums(row: Reconciliation, sums: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: format_money(Decimal(sums[name]), row.venue) for name in ("captured", "tips", "refunded", "till")}
    return {"method": method_label(sums["method"]), "payments": sums["payments"], **amounts}


def _difference(row: Reconciliation, one: Any) -> dict[str, str]:
    payment = one.payment
    return {
        "cause": one.get_cause_display(),
        "where": ", ".join(filter(None, (str(payment.table) if payment and payment.table else "", one.account))),
        "guest": format_money(one.captured, row.venue),
        "till": "unknown" if one.till is None else format_money(one.till, row.venue),
        "reference": one.reference,
        "url": reverse("admin:tables_payment_change", args=[payment.pk]) if payment else "",
    }
