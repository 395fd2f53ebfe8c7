"""The QR codes of tables in the back office: downloads, a sheet to print, and a new code for a table."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from unfold.decorators import action

from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.models import Venue
from storekit.staff import managed_venues_of
from tables.codes import qr, sheet
from tables.codes.tokens import give_tokens, rotate
from tables.models import Area, PayAtTable, Table

_PAPERS = (("a4", "A4"), ("letter", "Letter"))


class SheetForm(forms.Form):
    """Which tables' codes to print, and on which paper."""

    tables = forms.ChoiceField(label="Tables")
    paper = forms.ChoiceField(label="Paper", choices=_PAPERS)

    def __init__(self, data: Any, *, venues: QuerySet[Venue]) -> None:
        super().__init__(data)
        self._venues = {f"venue:{venue.pk}": venue for venue in venues}
        rows = Area.objects.filter(venue__in=venues, archived_at=None).select_related("venue")
        self._areas = {f"area:{area.pk}": area for area in rows.order_by("venue__name", "position")}
        choices = [(key, f"{venue.name}, all tables") for key, venue in self._venues.items()]
        choices += [(key, f"{area.venue.name}, {area.name}") for key, area in self._areas.items()]
        self.fields["tables"].choices = choices  # type: ignore[attr-defined]

    def chosen(self) -> tuple[Venue, Area | None]:
        """Return the venue, and the area if only its tables are wanted. Valid forms only."""
        key = self.cleaned_data["tables"]
        area = self._areas.get(key)
        return (area.venue, area) if area else (self._venues[key], None)


class CodePages(ReadOnlyAdmin):
    """The part of the tables' page about their codes. Managers only: a code opens bills, and a new one ends the old."""

    actions_detail: tuple[str, ...] = ("guest_page", "code_svg", "code_png", "new_code")

    def has_codes_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @action(description="What guests see", url_path="guest-page", permissions=["codes"], icon="visibility")
    def guest_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the page that the table's code opens."""
        return redirect(qr.address_of(self._table(request, object_id).token or ""))

    @action(description="QR code (SVG)", url_path="code-svg", permissions=["codes"], icon="qr_code")
    def code_svg(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download the table's QR code as an SVG file."""
        return self._download(request, object_id, "svg")

    @action(description="QR code (PNG)", url_path="code-png", permissions=["codes"], icon="qr_code")
    def code_png(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Download the table's QR code as a PNG file."""
        return self._download(request, object_id, "png")

    def _download(self, request: HttpRequest, object_id: str, kind: str) -> HttpResponse:
        table = self._table(request, object_id)
        draw, type_ = {"svg": (qr.svg, "image/svg+xml"), "png": (qr.png, "image/png")}[kind]
        return _file(draw(table.token or ""), type_, f"{table.venue.slug}-table-{table.number}.{kind}")

    @action(description="New QR code", url_path="new-code", permissions=["codes"], icon="autorenew")
    def new_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then replace the table's code."""
        table = self._table(request, object_id)
        back = reverse("admin:tables_table_change", args=[table.pk])
        if request.method == "POST":
            rotate(table=table)
            self.log_change(request, table, "New QR code.")
            messages.success(request, f"{table} has a new QR code. Print it, and remove the old one from the table.")
            return redirect(back)
        return confirm_page(
            request,
            self,
            f"New QR code for {table}",
            question=f"Replace the QR code of {table}?",
            consequence="The printed code stops working at once: guests who scan it are asked to speak to the staff.",
            button="Replace the code",
            back=back,
            danger=True,
        )

    def _table(self, request: HttpRequest, object_id: str) -> Table:
        table: Table = get_object_or_404(self.get_queryset(request).select_related("venue"), pk=object_id)
        if table.token is None and give_tokens(venue=table.venue):
            table.refresh_from_db(fields=["token"])
        return table

    @action(description="Print QR codes", url_path="codes", permissions=["codes"], icon="qr_code_2")
    def codes(self, request: HttpRequest) -> HttpResponse:
        """Ask which codes to print, and on which paper; then download the sheet."""
        form = SheetForm(request.GET if "tables" in request.GET else None, venues=managed_venues_of(request.user))
        if form.is_valid():
            venue, area = form.chosen()
            if cards := _cards(venue, area):
                name = "-".join(filter(None, (venue.slug, slugify(area.name) if area else "", "qr-codes")))
                return _file(sheet.pdf(cards, paper=form.cleaned_data["paper"]), "application/pdf", f"{name}.pdf")
            form.add_error("tables", "There are no tables here. Sync the floor plan first.")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Print QR codes", "form": form}
        return TemplateResponse(request, "admin/tables/codes.html", context)


def _cards(venue: Venue, area: Area | None) -> list[sheet.Card]:
    give_tokens(venue=venue)
    tables = Table.objects.filter(venue=venue, archived_at=None).order_by("area__position", "number", "pos_id")
    if area is not None:
        tables = tables.filter(area=area)
    settings = PayAtTable.objects.filter(venue=venue).first() or PayAtTable(venue=venue)
    return [
        sheet.Card(token=table.token or "", table=table.name or str(table), venue=venue.name, text=settings.sheet_text)
        for table in tables
    ]


def _file(content: bytes, type_: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=type_)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
