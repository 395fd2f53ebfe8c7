"""Going back to the menu as it was before a sync."""

from collections.abc import Callable
from functools import partial

from django.db import transaction

from integrations.models import SyncRun
from integrations.pos import MenuSnapshot
from integrations.syncs.runs import Progress, SyncFailed, SyncHeld, run_exclusive
from menus.models import Menu, MenuState
from menus.sync.apply import PlanOutdated, apply_plan
from menus.sync.diff import MenuPlan, StoredMenu
from menus.sync.restore_points import PastMenu, keep_state, past_menu, plan_back
from menus.sync.run import supersede_older
from menus.sync.stored_menu import load_stored
from menus.sync.summary import Json, summary
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
    """Goes back to a kept state of the menu, or to the newest, in one transaction; returns the run with its counts.

    What was created since is archived, what was archived comes back, ids stay. The menu as it is now is kept as the
    newest state, so going back can be undone too. A schedule does not take over again what a person went back from, as
    long as the POS still has the same menu.

    Raises:
        SyncAlreadyRunning: when this venue's menu is being synced at the moment.
    """
    run = run_exclusive(
        venue=venue,
        kind=SyncRun.Kind.MENU,
        started_by=started_by,
        work=lambda progress: _go_back(venue, state_id, preview, progress),
        on_progress=on_progress,
        options={"undo": True, "state_id": state_id, "preview": preview},
        queued=queued,
    )
    supersede_older(run=run)
    return run


def states_of(*, venue: Venue) -> list[MenuState]:
    """The kept states, newest first, without their content."""
    return list(MenuState.objects.filter(menu__venue=venue).defer("content").select_related("run"))


def look_back(*, state: MenuState) -> Json:
    """What going back to the state would do, as `menus.sync.summary.summary`."""
    _, held = read_one_version(venue=state.menu.venue, read=partial(load_stored, venue=state.menu.venue))
    return summary(plan=plan_back(past=past_menu(state=state, held=held), held=held), held=held)


def _go_back(venue: Venue, state_id: int | None, preview: bool, progress: Progress) -> dict[str, int]:
    progress.report(10, "Looking for the menu as it was")
    states = MenuState.objects.filter(menu__venue=venue)
    state = states.first() if state_id is None else states.filter(pk=state_id).first()
    if state is None:
        raise SyncFailed("There is no such state of the menu to go back to; the last ten are kept.")
    for _ in range(_TRIES):
        progress.report(40, "Comparing")
        try:
            version, held = read_one_version(venue=venue, read=partial(load_stored, venue=venue))
        except MenuBusy:
            continue
        past = past_menu(state=state, held=held)
        plan = plan_back(past=past, held=held)
        progress.count(**plan.counts)
        if preview and plan:
            shown = {"reason": "", "state_id": state.pk, "version": version} | summary(plan=plan, held=held)
            raise SyncHeld("", plan=shown, counts=plan.counts)
        if not plan:
            return plan.counts
        progress.report(70, "Writing what differs")
        try:
            _write(venue, past, plan, held, version, progress.run_id)
        except PlanOutdated:
            continue
        return plan.counts
    raise SyncFailed("The menu was being changed all the while. Try again in a minute.")


def _write(venue: Venue, past: PastMenu, plan: MenuPlan, held: StoredMenu, version: int, run_id: int) -> None:
    with transaction.atomic():
        menu = Menu.objects.get(venue=venue)
        # Before the first sync no menu was chosen; the choice stays, so that schedules know which one to look at.
        chosen = (past.pos_menu_id, past.pos_menu_name) if past.pos_menu_id else (menu.pos_menu_id, menu.pos_menu_name)
        target = MenuSnapshot(*chosen, categories=(), products=(), groups=())
        keep_state(menu=menu, plan=plan, held=held, version=version, run=SyncRun.objects.filter(pk=run_id).first())
        apply_plan(venue=venue, plan=plan, version=version, snapshot=target)
        # The menu of that same answer, where it was an undo that is undone.
        left = past.reverted_digest if past.answer == menu.answer else menu.answer
        Menu.objects.filter(pk=menu.pk).update(digest="", reverted_digest=left)
