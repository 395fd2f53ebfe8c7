"""Bringing the venue's menu in step with the POS: ask, compare, write what differs."""

from collections.abc import Callable

from integrations.models import SyncRun
from integrations.pos import MenuSnapshot, PointOfSale
from integrations.syncs import Progress, SyncFailed, run_sync
from menus.applying import PlanOutdated, apply_plan, load_held
from menus.models import Menu
from menus.planning import HeldMenu, MenuPlan, plan_sync
from menus.versions import read_one_version
from storekit.models import Venue

OnProgress = Callable[[int, str], None]

_TRIES = 5


def sync_menu(
    *,
    venue: Venue,
    menu_id: str | None = None,
    started_by: str,
    force: bool = False,
    on_progress: OnProgress | None = None,
) -> SyncRun:
    """Syncs one of the POS's menus into the venue's, and returns the run with its counts, or with its error.

    Args:
        menu_id: the POS's id of the menu, remembered for the next time; None for the one remembered, or else the only
            one that the location has.
        force: also take over a menu without products when there are products now.
        on_progress: called with the per cent done and the step, as the run goes on.

    Raises:
        SyncAlreadyRunning: when this venue's menu is being synced at the moment.
    """

    def work(pos: PointOfSale, progress: Progress) -> dict[str, int]:
        progress.report(5, "Choosing the menu")
        chosen = menu_id or _chosen_menu(venue, pos)
        progress.report(15, "Loading the menu from the POS")
        snapshot = pos.menu(chosen)
        for warning in snapshot.warnings:
            progress.warn(warning)
        progress.report(60, "Comparing")
        plan = _bring_in_step(venue, snapshot, force=force, progress=progress)
        for warning in plan.warnings:
            progress.warn(warning)
        return plan.counts

    return run_sync(venue=venue, kind=SyncRun.Kind.MENU, started_by=started_by, work=work, on_progress=on_progress)


def _chosen_menu(venue: Venue, pos: PointOfSale) -> str:
    remembered = Menu.objects.filter(venue=venue).values_list("pos_menu_id", flat=True).first()
    if remembered:
        return remembered
    menus = pos.menus()
    if not menus:
        raise SyncFailed("The POS location has no menu yet. Make one in the POS's back office, then sync again.")
    if len(menus) > 1:
        listed = ", ".join(f"{menu.id} ({menu.name})" for menu in menus)
        raise SyncFailed(
            f"The POS location has several menus: {listed}. "
            "Choose one with --menu ID, or on the back office's page Sync menu; it is remembered."
        )
    return menus[0].id


def _bring_in_step(venue: Venue, snapshot: MenuSnapshot, *, force: bool, progress: Progress) -> MenuPlan:
    menu, _ = Menu.objects.get_or_create(venue=venue)
    for _ in range(_TRIES):
        version, held = read_one_version(venue=venue, read=lambda: load_held(venue=venue))
        _refuse_if_emptied(snapshot, held, force=force)
        plan = plan_sync(snapshot=snapshot, held=held)
        if not plan and (menu.pos_menu_id, menu.pos_menu_name) == (snapshot.menu_id, snapshot.name[:200]):
            return plan
        progress.report(75, "Writing what differs")
        try:
            apply_plan(venue=venue, plan=plan, version=version, snapshot=snapshot)
        except PlanOutdated:
            continue
        return plan
    raise SyncFailed("The menu was being changed all the while. Sync again in a minute.")


def _refuse_if_emptied(snapshot: MenuSnapshot, held: HeldMenu, *, force: bool) -> None:
    if not snapshot.products and held.has_products and not force:
        raise SyncFailed(
            f"The POS sent the menu {snapshot.name} without any product. Nothing was changed: the menu that guests see "
            "stays. If it is meant to be empty, sync once more with --force."
        )
