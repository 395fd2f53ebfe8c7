"""Roll the menu back to how it was before a sync."""

from collections.abc import Callable
from functools import partial

from django.db import transaction

from integrations.models import SyncRun
from integrations.pos import MenuSnapshot
from integrations.syncs.runs import Progress, SyncFailed, SyncHeld, sync_run
from menus.models import Menu, RestorePoint
from menus.sync.apply import PlanOutdated, apply_plan
from menus.sync.diff import MenuPlan, StoredMenu
from menus.sync.restore_points import PastMenu, past_menu, plan_rollback, save_restore_point
from menus.sync.run import supersede_older
from menus.sync.stored_menu import load_stored
from menus.sync.summary import Json, summarise_plan
from menus.versions import MenuBusy, read_one_version
from storekit.models import Venue

_TRIES = 5


def undo(
    *,
    venue: Venue,
    state_id: int | None = None,
    started_by: str,
    preview: bool = False,
    on_progress: Callable[[int, str], None] | None = None,
    queued: SyncRun | None = None,
) -> SyncRun:
    """Roll the menu back to a restore point, by default the newest, in one transaction; return the run with its counts.

    Entries created since are archived, archived ones come back, and ids stay the same. The current menu is saved as the
    newest restore point, so a rollback can be undone too. Scheduled syncs do not bring back the menu that was rolled
    back from for as long as the POS still has it.

    Raises:
        SyncAlreadyRunning: another sync of this venue's menu is queued or running, or the queued run has already
            started.
    """
    with sync_run(
        venue=venue,
        kind=SyncRun.Kind.MENU,
        started_by=started_by,
        on_progress=on_progress,
        options={"undo": True, "state_id": state_id, "preview": preview},
        queued=queued,
    ) as progress:
        _roll_back(venue, state_id, preview, progress)
    supersede_older(run=progress.run)
    return progress.run


def restore_points_of(*, venue: Venue) -> list[RestorePoint]:
    """Return the restore points, newest first, with their content deferred."""
    return list(RestorePoint.objects.filter(menu__venue=venue).defer("content").select_related("run"))


def preview_rollback(*, state: RestorePoint) -> Json:
    """Return what rolling back to the state would change, as `menus.sync.summary.summarise_plan` does."""
    _, stored = read_one_version(venue=state.menu.venue, read=partial(load_stored, venue=state.menu.venue))
    plan = plan_rollback(past=past_menu(state=state, stored=stored), stored=stored)
    return summarise_plan(plan=plan, stored=stored)


def _roll_back(venue: Venue, state_id: int | None, preview: bool, progress: Progress) -> None:
    progress.report(10, "Finding the earlier menu")
    states = RestorePoint.objects.filter(menu__venue=venue)
    state = states.first() if state_id is None else states.filter(pk=state_id).first()
    if state is None:
        raise SyncFailed("That version of the menu is no longer available. Only the last ten are kept.")
    for _ in range(_TRIES):
        progress.report(40, "Comparing")
        try:
            version, stored = read_one_version(venue=venue, read=partial(load_stored, venue=venue))
        except MenuBusy:
            continue
        past = past_menu(state=state, stored=stored)
        plan = plan_rollback(past=past, stored=stored)
        progress.count(**plan.counts)
        if preview and plan:
            shown = {"reason": "", "state_id": state.pk, "version": version}
            raise SyncHeld("", plan=shown | summarise_plan(plan=plan, stored=stored), counts=plan.counts)
        if not plan:
            return
        progress.report(70, "Writing the changes")
        try:
            _write(venue, past, plan, stored, version, progress.run)
        except PlanOutdated:
            continue
        return
    raise SyncFailed("The menu kept changing during the rollback. Try again in a minute.")


def _write(venue: Venue, past: PastMenu, plan: MenuPlan, stored: StoredMenu, version: int, run: SyncRun) -> None:
    with transaction.atomic():
        menu = Menu.objects.get(venue=venue)
        # Before the first sync no POS menu was chosen. Keep today's choice then, so that schedules know what to sync.
        chosen = (past.pos_menu_id, past.pos_menu_name) if past.pos_menu_id else (menu.pos_menu_id, menu.pos_menu_name)
        target = MenuSnapshot(*chosen, categories=(), products=(), groups=())
        save_restore_point(menu=menu, plan=plan, stored=stored, version=version, run=run)
        apply_plan(venue=venue, plan=plan, version=version, snapshot=target)
        # Undoing an undo restores the earlier menu, so what is kept from coming back is again the other response.
        reverted = past.reverted_digest if past.answer == menu.answer else menu.answer
        Menu.objects.filter(pk=menu.pk).update(digest="", reverted_digest=reverted)
