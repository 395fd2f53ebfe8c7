"""The admin page that syncs a venue's menu: choose what to sync, start it, and follow the run."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from integrations.connect.service import pos_for
from integrations.pos import PosError, PosMenuName
from menus.admin.plans import MenuPlanPages, queue_and_follow, sync_page
from menus.models import Menu
from menus.stock import reconciliation
from storekit.models import Venue
from storekit.staff import managed_venues_of


class SyncForm(forms.Form):
    """Which of the POS's menus to sync, and how."""

    menu = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget())
    extent = forms.ChoiceField(
        required=False,
        label="What to sync",
        choices=[("full", "The whole menu"), ("light", "Prices and availability only")],
        initial="full",
        widget=UnfoldAdminRadioSelectWidget(),
    )
    preview = forms.BooleanField(
        required=False,
        label="Preview changes first",
        help_text="Nothing changes until you apply the preview.",
        widget=UnfoldBooleanWidget(),
    )
    force = forms.BooleanField(
        required=False,
        label="Skip the safety checks",
        help_text="Otherwise, a menu that is empty or lacks more than a third of the products waits for your approval.",
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, menus: tuple[PosMenuName, ...], chosen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["menu"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  # narrows the type for mypy
        choice.choices = [(menu.id, menu.name) for menu in menus]
        choice.initial = chosen
        if not menus:
            # Without a list, the sync uses the menu chosen before.
            del self.fields["menu"]

    @property
    def options(self) -> dict[str, Any]:
        """Return the form's values as options of a sync run."""
        data = self.cleaned_data
        return {
            "menu_id": data.get("menu") or None,
            "force": data["force"],
            "light": data["extent"] == "light",
            "preview": data["preview"],
        }


class MenuSyncPages(MenuPlanPages):
    """Mixed into the menu's admin page. Only managers see the button and can sync."""

    actions_list = ("sync",)
    actions_detail = ("sync_this", "compare_stock", "go_back")

    def has_sync_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Sync menu", url_path="sync", permissions=["sync"], icon="sync")
    def sync(self, request: HttpRequest) -> HttpResponse:
        """Ask for the venue if the user manages several, then what to sync, and queue the sync."""
        venues = managed_venues_of(request.user)
        if slug := request.GET.get("venue"):
            return self._sync_venue(request, get_object_or_404(venues, slug=slug))
        found = list(venues)
        if len(found) == 1:
            return self._sync_venue(request, found[0])
        return self.show(request, "sync_venues", "Sync menu", venues=found)

    @action(description="Sync menu", url_path="sync-this", permissions=["sync"], icon="sync")
    def sync_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirect to the sync page of this menu's venue."""
        menu: Menu = get_object_or_404(self.get_queryset(request), pk=object_id)  # type: ignore[attr-defined]
        return redirect(sync_page(menu.venue))

    @action(description="Compare stock with the POS", url_path="stock", permissions=["view"], icon="inventory_2")
    def compare_stock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for confirmation; posting requests a comparison of every item with the till."""
        page: Any = self
        menu: Menu = get_object_or_404(page.get_queryset(request), pk=object_id)
        if request.method != "POST":
            return self.show(request, "stock", "Compare stock with the POS", menu=menu)
        reconciliation.request(venue=menu.venue)
        messages.success(request, "Comparing stock with the POS. The result will appear on this page shortly.")
        return redirect("admin:menus_menu_change", menu.pk)

    @action(description="Restore a version", url_path="go-back", permissions=["sync"], icon="history")
    def go_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirect to the versions that this menu can go back to."""
        menu: Menu = get_object_or_404(self.get_queryset(request), pk=object_id)  # type: ignore[attr-defined]
        return redirect("admin:menus_menu_states", menu.pk)

    def _sync_venue(self, request: HttpRequest, venue: Venue) -> HttpResponse:
        menus, problem = _menus_of(venue)
        chosen = Menu.objects.filter(venue=venue).values_list("pos_menu_id", flat=True).first() or ""
        form = SyncForm(request.POST or None, menus=menus, chosen=chosen)
        if request.method == "POST" and not problem and form.is_valid():
            return queue_and_follow(request, venue, form.options)
        return self.show(
            request, "sync", f"Sync the menu of {venue.name}", form=form, problem=problem, has_menus=bool(menus)
        )

    def show(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        """Render one of the menu's templates."""
        page: Any = self
        return TemplateResponse(
            request,
            f"admin/menus/menu/{template}.html",
            {**page.admin_site.each_context(request), "opts": page.opts, "title": title, **context},
        )


def _menus_of(venue: Venue) -> tuple[tuple[PosMenuName, ...], str]:
    try:
        return pos_for(venue=venue).menus(), ""
    except PosError as error:
        return (), str(error)
