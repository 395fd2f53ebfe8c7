"""The tips of a venue by day, with a file to download. For everybody who works there."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from storekit.admin_base.csv_export import csv_download
from storekit.admin_base.site import VenueAdmin
from storekit.models import Venue
from storekit.money import ZERO
from storekit.money.words import format_money
from storekit.staff import venues_of
from tables.payments.tips import COLUMNS, MOST_DAYS, TipsOfADay, csv_rows, this_week, tips_by_day

_DATE = {"type": "date", "class": "sk-input"}


class TipsForm(forms.Form):
    """Which venue's tips, and from which service day to which."""

    venue = forms.ModelChoiceField(
        Venue.objects.none(), to_field_name="slug", empty_label=None, widget=UnfoldAdminSelectWidget()
    )
    first = forms.DateField(label="From", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE))
    last = forms.DateField(label="To", widget=forms.DateInput(format="%Y-%m-%d", attrs=_DATE))

    def __init__(self, data: Any, *, venues: QuerySet[Venue]) -> None:
        super().__init__(data)
        choice: Any = self.fields["venue"]
        choice.queryset = venues
        if len(venues) == 1:
            choice.widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if first and last and not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
            self.add_error("last", "Choose a day that is not before the first, and within a year of it.")
        if date.min in (first, last) or (last and last > date.max - timedelta(days=3)):
            self.add_error("last", "Choose days of this century.")
        return typed


class TipsPages(VenueAdmin):
    """The tips' page, mixed into the admin of payments."""

    actions_list = ("tips",)

    def has_tips_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    @action(description="Tips by day", url_path="tips", permissions=["tips"], icon="savings")
    def tips(self, request: HttpRequest) -> HttpResponseBase:
        """Show the tips of the chosen days, of this week unless said otherwise, or download them."""
        venues = venues_of(request.user).order_by("name")
        venue = venues.filter(slug=request.GET.get("venue", "")).first() or venues.first()
        if venue is None:
            raise Http404
        first, last = this_week(venue=venue)
        form = TipsForm({"first": first, "last": last, **request.GET.dict(), "venue": venue.slug}, venues=venues)
        rows: list[TipsOfADay] = []
        if form.is_valid():
            first, last = form.cleaned_data["first"], form.cleaned_data["last"]
            rows = tips_by_day(venue=venue, first=first, last=last)
            if request.GET.get("export") == "csv":
                name = f"{venue.slug}-tips-{first.isoformat()}-{last.isoformat()}"
                return csv_download(name=name, columns=COLUMNS, rows=csv_rows(rows, currency=venue.currency))
        query = request.GET.copy()
        query["export"] = "csv"
        shown = {
            "opts": self.opts,
            "title": "Tips by day",
            "form": form,
            "rows": [(f"{row.day:%a %-d %b %Y}", row, format_money(row.tips, venue)) for row in rows],
            "total": format_money(sum((row.tips for row in rows), ZERO), venue),
            "payments": sum(row.payments for row in rows),
            "tipped": sum(row.tipped for row in rows),
            "export": f"?{query.urlencode()}",
        }
        return TemplateResponse(
            request, "admin/tables/payment/tips.html", {**self.admin_site.each_context(request), **shown}
        )
