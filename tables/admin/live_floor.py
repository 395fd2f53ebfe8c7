"""The live floor in the back office: a page for each venue that brings itself up to date, for a tablet on the bar."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import get_conditional_response

from storekit.admin_base.local_time import short_moment
from storekit.admin_base.site import VenueAdmin
from storekit.db import clock
from storekit.models import Venue
from storekit.money.words import format_money
from tables.bills.refreshing import refresh_bills
from tables.live_floor import LiveFloor, Tile, TileState, live_floor
from tables.models import CheckList, PayAtTable

_READ_AFTER = timedelta(seconds=10)


@dataclass(frozen=True)
class ShownTile:
    """A tile of the page."""

    key: str
    title: str
    name: str
    state: TileState
    due: str
    detail: str
    url: str


@dataclass(frozen=True)
class ShownArea:
    """An area of the page."""

    name: str
    tiles: list[ShownTile]


class LiveFloorPages(VenueAdmin):
    """The pages of the live floor, mixed into the admin of the venues that use pay at table."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("floor/", wrap(self.first_floor_view), name="tables_payattable_floors"),
            path("<int:object_id>/floor/", wrap(self.floor_view), name="tables_payattable_floor"),
            path("<int:object_id>/floor/tiles/", wrap(self.tiles_view), name="tables_payattable_floor_tiles"),
            path("<int:object_id>/floor/read/", wrap(self.read_view), name="tables_payattable_floor_read"),
            *super().get_urls(),
        ]

    def first_floor_view(self, request: HttpRequest) -> HttpResponse:
        """Open the floor of the user's venue; of the first by name, if there are several."""
        first = self.get_queryset(request).order_by("-enabled", "venue__name").first()
        if first is not None:
            return redirect("admin:tables_payattable_floor", first.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Live floor"}
        return TemplateResponse(request, "admin/tables/floor/page.html", context)

    def floor_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the page, with the floor as it is known now."""
        row = self._row_or_404(request, object_id)
        others = self.get_queryset(request).order_by("venue__name").select_related("venue")[:50]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Live floor of {row.venue}",
            "row": row,
            "rows": others if len(others) > 1 else (),
            **_shown(row.venue),
        }
        return TemplateResponse(request, "admin/tables/floor/page.html", context)

    def tiles_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Return the part of the page that changes; 304 if it is what the ETag stands for."""
        row = self._row_or_404(request, object_id)
        body = render_to_string("admin/tables/floor/tiles.html", _shown(row.venue)).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        response = get_conditional_response(request, etag=etag) or HttpResponse(body)
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        return response

    def read_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Read the venue's checks from the POS if that was a while ago. For the script, which then asks for tiles."""
        row = self._row_or_404(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        recent = CheckList.objects.filter(venue=row.venue, fetched_at__gt=clock.now() - _READ_AFTER)
        if not recent.exists():
            refresh_bills(venue=row.venue, patience=0)
        return HttpResponse(status=204)

    def _row_or_404(self, request: HttpRequest, object_id: int) -> PayAtTable:
        row: PayAtTable = get_object_or_404(self.get_queryset(request).select_related("venue"), pk=object_id)
        return row


def _shown(venue: Venue) -> dict[str, Any]:
    """Return what the tiles' template shows."""
    floor = live_floor(venue=venue)
    return {
        "areas": [ShownArea(area.name, [_tile(tile, venue) for tile in area.tiles]) for area in floor.areas],
        "needing": [
            {
                "url": reverse("admin:tables_payment_change", args=[payment.pk]),
                "what": f"{format_money(payment.amount + payment.tip, venue)}, "
                f"{payment.table or payment.bill}, {short_moment(payment.created_at, venue)}",
                "why": payment.error.partition("\n")[0] or payment.get_state_display(),
            }
            for payment in floor.payments
        ],
        "status": _status(floor),
        "old": _old(floor, venue),
    }


def _tile(tile: Tile, venue: Venue) -> ShownTile:
    details = []
    if tile.paying:
        details.append(f"{format_money(tile.paying, venue)} being paid")
    if len(tile.bills) > 1:
        details.append(f"{len(tile.bills)} bills")
    return ShownTile(
        key=f"{tile.number}-{tile.name}",
        title="No table" if tile.number is None else str(tile.number),
        name=tile.name if tile.name not in ("", str(tile.number)) else "",
        state=tile.state,
        due=format_money(tile.due, venue) if tile.due else "",
        detail=", ".join(details),
        url=_url(tile, venue),
    )


def _url(tile: Tile, venue: Venue) -> str:
    if not tile.bills:
        return ""
    if len(tile.bills) == 1:
        return reverse("admin:tables_bill_change", args=[tile.bills[0]])
    table = {} if tile.number is None else {"table": tile.number}
    return f"{reverse('admin:tables_bill_changelist')}?{urlencode({'venue': venue.slug, **table})}"


def _status(floor: LiveFloor) -> str:
    """Return the floor in one sentence, which changes only when there is something to read out."""
    if floor.payments:
        count = len(floor.payments)
        return "1 payment needs you" if count == 1 else f"{count} payments need you"
    parts = [
        f"{count} {state.words.lower()}"
        for state in (TileState.TILL, TileState.PAYING, TileState.OPEN, TileState.PAID)
        if (count := floor.count(state))
    ]
    return ", ".join(parts) or "No open bills"


def _old(floor: LiveFloor, venue: Venue) -> str:
    if not floor.is_old:
        return ""
    at = floor.checks.fetched_at if floor.checks else None
    since = f"The till was last read {short_moment(at, venue)}." if at else "The till has not been read yet."
    return f"{since} {floor.checks.error}".strip() if floor.checks else since
