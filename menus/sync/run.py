"""Start a menu sync: by hand, from a command, or from a queued run."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.db.models import Q

from integrations.connect.service import pos_for
from integrations.models import SyncRun
from integrations.syncs.runs import sync_run
from menus.sync.menu_sync import MenuSync, SyncOptions
from storekit.models import Venue

OnProgress = Callable[[int, str], None]


def sync_menu(
    *,
    venue: Venue,
    menu_id: str | None = None,
    started_by: str,
    force: bool = False,
    light: bool = False,
    preview: bool = False,
    on_progress: OnProgress | None = None,
) -> SyncRun:
    """Sync one of the POS's menus into the venue's menu, and return the run with its counts or its error.

    If the POS's menu has no products, or the sync would archive more than a third of ours, the run ends as HELD with
    its plan and nothing is written.

    Args:
        menu_id: the POS's id of the menu, remembered for the next sync. None uses the remembered one, or the
            location's only menu.
        force: apply a plan that would be held, and compare even if nothing seems to have changed. If a held plan is
            waiting, it is applied only if the POS's menu is still the same; otherwise the new plan is held.
        light: update only the prices and availability of what is on the menu.
        preview: write nothing; end as HELD with the plan, unless there is nothing to change.
        on_progress: called with the percentage done and the step, as the sync proceeds.

    Raises:
        SyncAlreadyRunning: another sync of this venue's menu is queued or running.
    """
    options = SyncOptions(menu_id=menu_id, force=force, light=light, preview=preview)
    return _run(venue=venue, options=options, started_by=started_by, on_progress=on_progress)


def preview_sync(
    *,
    venue: Venue,
    menu_id: str | None = None,
    started_by: str,
    light: bool = False,
    on_progress: OnProgress | None = None,
) -> SyncRun:
    """Preview a sync: return a HELD run with the plan, or a succeeded one if nothing differs. Writes nothing."""
    return sync_menu(
        venue=venue, menu_id=menu_id, started_by=started_by, light=light, preview=True, on_progress=on_progress
    )


def apply_held(*, run: SyncRun, started_by: str, on_progress: OnProgress | None = None) -> SyncRun:
    """Sync again and write the held run's plan, if the POS's menu is still the same; otherwise hold the new plan.

    Raises:
        SyncAlreadyRunning: another sync of this venue's menu is queued or running.
    """
    options = _options_from(options_to_apply(run=run))
    return _run(venue=run.connection.venue, options=options, started_by=started_by, on_progress=on_progress)


def options_to_apply(*, run: SyncRun) -> dict[str, Any]:
    """Return the options for `queue_sync` with which a new run applies the held run's plan."""
    plan = run.plan
    if "state_id" in plan:
        return {"undo": True, "state_id": plan["state_id"]}
    return asdict(SyncOptions(menu_id=plan.get("menu_id"), force=True, light=bool(plan.get("light")), held_run=run.pk))


def run_queued(*, run: SyncRun) -> SyncRun:
    """Carry out a queued sync with the options that it was queued with.

    Raises:
        SyncAlreadyRunning: the run has already started.
    """
    return _run(venue=run.connection.venue, options=_options_from(run.options), started_by=run.started_by, queued=run)


def supersede_older(*, run: SyncRun) -> None:
    """Mark older held runs as superseded once a newer run has succeeded or is held with a plan of its own.

    A light sync does not supersede the plan of a full one, because it does none of its work.
    """
    if run.state not in (SyncRun.State.SUCCEEDED, SyncRun.State.HELD):
        return
    older = SyncRun.objects.filter(connection=run.connection, kind=run.kind, state=SyncRun.State.HELD, pk__lt=run.pk)
    if run.options.get("light"):
        older = older.filter(Q(plan__light=True) | Q(plan__has_key="state_id"))
    older.update(state=SyncRun.State.SUPERSEDED)


def _options_from(options: Mapping[str, Any]) -> SyncOptions:
    return SyncOptions(**{name: options[name] for name in SyncOptions.__dataclass_fields__ if name in options})


def _run(
    *,
    venue: Venue,
    options: SyncOptions,
    started_by: str,
    on_progress: OnProgress | None = None,
    queued: SyncRun | None = None,
) -> SyncRun:
    with sync_run(
        venue=venue,
        kind=SyncRun.Kind.MENU,
        started_by=started_by,
        on_progress=on_progress,
        options=asdict(options),
        queued=queued,
    ) as progress:
        scheduled = queued is not None and queued.scheduled
        sync = MenuSync(venue, options, pos_for(venue), progress, scheduled=scheduled)
        progress.count(**sync())
    supersede_older(run=progress.run)
    return progress.run
