"""Admin pages that preview changes to a menu: a held sync to apply, and earlier versions to go back to."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse

from integrations.models import SyncRun
from integrations.syncs.runs import SyncAlreadyRunning, latest_run_page, queue_sync, run_page
from menus.models import Menu, RestorePoint
from menus.sync.rollback import preview_rollback, restore_points_of
from menus.sync.run import options_to_apply
from menus.sync.summary import TABLE_TITLES, Json
from storekit.models import Venue
from storekit.staff import managed_venues_of

_SIGNS = (("created", "New"), ("updated", "Changed"), ("archived", "No longer on the menu"))


class MenuPlanPages:
    """Mixed into the menu's admin page. Managers only, for their own venues."""

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site  # type: ignore[attr-defined]
        return [
            path("plan/<int:run_id>/", site.admin_view(self.plan_view), name="menus_menu_plan"),
            path("go-back/<int:menu_id>/", site.admin_view(self.states_view), name="menus_menu_states"),
            path("go-back/<int:menu_id>/<int:state_id>/", site.admin_view(self.state_view), name="menus_menu_go_back"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def plan_view(self, request: HttpRequest, run_id: int) -> HttpResponse:
        """Show the plan of a held run; posting applies it."""
        runs = SyncRun.objects.select_related("connection__venue").exclude(plan={})
        venues = managed_venues_of(request.user)
        run = get_object_or_404(runs, pk=run_id, kind=SyncRun.Kind.MENU, connection__venue__in=venues)
        venue = run.connection.venue
        if request.method == "POST" and run.state == SyncRun.State.HELD:
            return queue_and_follow(request, venue, options_to_apply(run=run))
        page: Any = self
        return page.show(
            request,
            "plan",
            f"Preview of changes: {venue.name}",
            tables=_tables(run.plan),
            reason=run.error,
            warnings=run.warnings,
            button="Apply changes" if run.state == SyncRun.State.HELD else "",
            note=""
            if run.state == SyncRun.State.HELD
            else "This plan can no longer be applied: a later sync has replaced it.",
            back=run_page(run=run),
        )

    def states_view(self, request: HttpRequest, menu_id: int) -> HttpResponse:
        """List the versions of the menu from before each of the last ten syncs that changed it."""
        menu = self._managed(request, menu_id)
        page: Any = self
        return page.show(
            request,
            "states",
            f"Restore a version: {menu.venue.name}",
            menu=menu,
            states=restore_points_of(venue=menu.venue),
        )

    def state_view(self, request: HttpRequest, menu_id: int, state_id: int) -> HttpResponse:
        """Show what going back to a version would change; posting goes back."""
        menu = self._managed(request, menu_id)
        state = get_object_or_404(RestorePoint.objects.select_related("menu__venue"), pk=state_id, menu=menu)
        if request.method == "POST":
            return queue_and_follow(request, menu.venue, {"undo": True, "state_id": state.pk})
        tables = _tables(preview_rollback(state=state))
        page: Any = self
        return page.show(
            request,
            "plan",
            f"Restore version {state.version}: {menu.venue.name}",
            tables=tables,
            button="Restore this version" if tables else "",
            note="" if tables else "There is nothing to change: the menu already matches this version.",
            back=reverse("admin:menus_menu_states", args=[menu.pk]),
        )

    def _managed(self, request: HttpRequest, menu_id: int) -> Menu:
        menus = Menu.objects.select_related("venue").filter(venue__in=managed_venues_of(request.user))
        return get_object_or_404(menus, pk=menu_id)


def queue_and_follow(request: HttpRequest, venue: Venue, options: dict[str, Any]) -> HttpResponse:
    """Queue a menu sync and redirect to its page, or to the page of the one that is already running."""
    try:
        run = queue_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by=str(request.user), options=options)
    except SyncAlreadyRunning as error:
        messages.warning(request, str(error))
        return redirect(latest_run_page(venue=venue, kind=SyncRun.Kind.MENU))
    return redirect(run_page(run=run))


def sync_page(venue: Venue) -> str:
    """Return the URL of the venue's Sync menu page."""
    return f"{reverse('admin:menus_menu_sync')}?{urlencode({'venue': venue.slug})}"


def _tables(summary: Json) -> list[Json]:
    """Return the summary as tables for the template: each kind of change with its lines and how many more there are."""
    found = []
    for table, title in TABLE_TITLES.items():
        for what, heading in _SIGNS:
            count = summary.get("counts", {}).get(table, {}).get(what, 0)
            lines = summary.get(what, {}).get(table, [])
            if count:
                found.append(
                    {"title": f"{title}: {heading.lower()}", "count": count, "lines": lines, "more": count - len(lines)}
                )
    return found
