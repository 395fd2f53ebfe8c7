"""The back office's page that syncs a venue's menu: choose the menu, press the button, watch the run."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django_q.tasks import async_task
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanWidget

from integrations.connections import pos_for
from integrations.models import SyncRun
from integrations.pos import PosError, PosMenuName
from menus.models import Menu
from storekit.models import Venue
from storekit.staff import managed_venues_of


class SyncForm(forms.Form):
    """Which of the POS's menus to take."""

    menu = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget())
    force = forms.BooleanField(
        required=False,
        label="Also when the POS sends no products",
        help_text="Without this, an empty menu is taken for a mistake and the menu that guests see stays.",
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, menus: tuple[PosMenuName, ...], chosen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["menu"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  # tells the type checker what is said above
        choice.choices = [(menu.id, menu.name) for menu in menus]
        choice.initial = chosen
        if not menus:
            # Without the list a sync takes the menu that was chosen before.
            del self.fields["menu"]


class MenuSyncPages:
    """The pages, mixed into the menu's admin page. Managers sync; other staff do not see the button."""

    actions_list = ("sync",)
    actions_detail = ("sync_this",)

    def has_sync_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Sync menu", url_path="sync", permissions=["sync"], icon="sync")
    def sync(self, request: HttpRequest) -> HttpResponse:
        """Asks for the venue when the person manages several, then for the menu, and queues the sync."""
        venues = managed_venues_of(request.user)
        if slug := request.GET.get("venue"):
            return self._sync_venue(request, get_object_or_404(venues, slug=slug))
        found = list(venues)
        if len(found) == 1:
            return self._sync_venue(request, found[0])
        return self._page(request, "sync_venues", "Sync menu", venues=found)

    @action(description="Sync menu", url_path="sync-this", permissions=["sync"], icon="sync")
    def sync_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the page of this menu's venue."""
        menu: Menu = get_object_or_404(self.get_queryset(request), pk=object_id)  # type: ignore[attr-defined]
        return redirect(f"{reverse('admin:menus_menu_sync')}?{urlencode({'venue': menu.venue.slug})}")

    def _sync_venue(self, request: HttpRequest, venue: Venue) -> HttpResponse:
        menus, problem = _menus_of(venue)
        chosen = Menu.objects.filter(venue=venue).values_list("pos_menu_id", flat=True).first() or ""
        form = SyncForm(request.POST or None, menus=menus, chosen=chosen)
        if request.method == "POST" and not problem and form.is_valid():
            return _queue(
                request, venue, menu_id=form.cleaned_data.get("menu") or None, force=form.cleaned_data["force"]
            )
        return self._page(
            request, "sync", f"Sync the menu of {venue.name}", form=form, problem=problem, has_menus=bool(menus)
        )

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
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


def _queue(request: HttpRequest, venue: Venue, *, menu_id: str | None, force: bool) -> HttpResponse:
    async_task("menus.tasks.sync_menu", venue.pk, menu_id, str(request.user), force)
    messages.success(request, f"The menu sync of {venue.name} is queued. It shows below as soon as it starts.")
    query = urlencode({"venue": venue.slug, "kind__exact": SyncRun.Kind.MENU.value})
    return redirect(f"{reverse('admin:integrations_syncrun_changelist')}?{query}")
