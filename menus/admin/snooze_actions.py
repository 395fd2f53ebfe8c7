"""Snooze and wake in the admin: buttons and list actions for products and choices."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from menus.models import Modifier, Product
from menus.snoozes.service import HowLong, snooze, wake
from menus.stock.levels import UNTIL_FURTHER_NOTICE
from storekit.models import Venue

_MAX_NAMED = 20


class SnoozeForm(forms.Form):
    """How long to snooze, and why."""

    how_long = forms.ChoiceField(
        label="Snooze for",
        choices=[
            (HowLong.HOUR, "One hour"),
            (HowLong.TOMORROW, "Until tomorrow, 8 am"),
            (HowLong.FURTHER_NOTICE, "Until further notice"),
        ],
        initial=HowLong.TOMORROW,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    reason = forms.CharField(
        required=False,
        max_length=300,
        label="Reason (shown in the report, not to guests)",
        widget=UnfoldAdminTextInputWidget(),
    )


class SnoozeActions:
    """Mixed into the pages of products and choices. All staff of the venue may snooze and wake."""

    actions: Sequence[Any] = ("snooze_chosen", "wake_chosen")

    def has_snooze_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.has_view_permission(request, obj))  # type: ignore[attr-defined]

    @admin.action(description="Snooze selected items", permissions=["snooze"])
    def snooze_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._snooze(request, queryset, self._list, chosen="snooze_chosen")

    @admin.action(description="End the snooze of selected items", permissions=["snooze"])
    def wake_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._wake(request, queryset)

    @action(description="Snooze", url_path="snooze", permissions=["snooze"], icon="snooze")
    def snooze_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long and why; posting snoozes the item."""
        return self._snooze(request, self._one(request, object_id), self._page_of(object_id)) or redirect(
            self._page_of(object_id)
        )

    @action(description="End snooze", url_path="wake", permissions=["snooze"], icon="alarm")
    def wake_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for confirmation; posting wakes the item."""
        rows = self._one(request, object_id)
        back = self._page_of(object_id)
        if request.method != "POST":
            return confirmation_page(self, request, rows, "wake", "End snooze", back)
        self._wake(request, rows)
        return redirect(back)

    # --- Shared by buttons and list actions

    def _snooze(self, request: HttpRequest, rows: QuerySet[Any], back: str, *, chosen: str = "") -> HttpResponse | None:
        """Show the form, or return None once the items are snoozed."""
        sent = request.method == "POST" and "how_long" in request.POST
        form = SnoozeForm(request.POST if sent else None)
        if not (sent and form.is_valid()):
            hidden = [("action", chosen), *((ACTION_CHECKBOX_NAME, row.pk) for row in rows)] if chosen else []
            return confirmation_page(self, request, rows, "snooze", "Snooze", back, form=form, hidden=hidden)
        snoozed = 0
        for venue, skus in _by_venue(rows):
            snoozed += len(
                snooze(
                    venue=venue,
                    skus=skus,
                    how_long=HowLong(form.cleaned_data["how_long"]),
                    by=str(request.user),
                    reason=form.cleaned_data["reason"],
                )
            )
        if snoozed:
            them = "it" if snoozed == 1 else "them"
            messages.success(request, f"{_items(snoozed)} snoozed. Guests can no longer order {them}.")
        else:
            messages.warning(request, "No item was snoozed. Only items with a SKU can be.")
        return None

    def _wake(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        woken = sum(wake(venue=venue, skus=skus, by=str(request.user)) for venue, skus in _by_venue(rows))
        if woken:
            messages.success(request, "Snooze ended. Guests can order again, unless the item is sold out on the till.")
        else:
            messages.warning(
                request, "None of these items was snoozed. If one is sold out on the till, put it back on sale there."
            )

    def _one(self, request: HttpRequest, object_id: str) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.get_queryset(request)  # type: ignore[attr-defined]
        return rows.filter(pk=get_object_or_404(rows, pk=object_id).pk)

    @property
    def _list(self) -> str:
        return reverse(f"admin:menus_{self.opts.model_name}_changelist")  # type: ignore[attr-defined]

    def _page_of(self, object_id: str) -> str:
        return reverse(f"admin:menus_{self.opts.model_name}_change", args=[object_id])  # type: ignore[attr-defined]


def confirmation_page(
    page: Any, request: HttpRequest, rows: QuerySet[Any], template: str, title: str, back: str, **more: Any
) -> TemplateResponse:
    """Return the page that asks for confirmation before items are snoozed or woken."""
    count, named = rows.count(), list(rows[:_MAX_NAMED])
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": f"{title}: {named[0].name}" if count == 1 else f"{title}: {count} items",
        "items": named,
        "more": count - len(named),
        "back": back,
        **more,
    }
    return TemplateResponse(request, f"admin/menus/snooze/{template}.html", context)


def state_of(entry: Product | Modifier, venue: Venue) -> str:
    """Describe an item's availability: whether it can be ordered and, if not, why and until when."""
    if entry.sold_out:
        return "Sold out on the till"
    if entry.snoozed_until is not None and entry.snoozed_until > timezone.now():
        if entry.snoozed_until >= UNTIL_FURTHER_NOTICE:
            return "Snoozed until further notice"
        return f"Snoozed until {entry.snoozed_until.astimezone(venue.zone):%-d %b, %H:%M}"
    return "On sale" if entry.stock is None else f"{entry.stock} left"


def state_colour(state: str) -> str:
    """Return unfold's name for the colour of a state."""
    if state.startswith(("Sold", "Snoozed")):
        return "danger" if state.startswith("Sold") else "warning"
    return "success" if state == "On sale" else "info"


def _by_venue(rows: QuerySet[Any]) -> list[tuple[Venue, list[str]]]:
    """Return the rows' SKUs by venue. The rows are already limited to the user's venues."""
    is_choice = rows.model is Modifier
    skus: dict[Venue, list[str]] = {}
    for row in rows.select_related("group__venue" if is_choice else "venue"):
        skus.setdefault(row.group.venue if is_choice else row.venue, []).append(row.sku)
    return list(skus.items())


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
