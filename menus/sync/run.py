"""Bringing the venue's menu in step with the POS: what staff, schedules and commands ask for."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.db.models import Q

from integrations.models import SyncRun
from integrations.syncs.runs import run_sync
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
    """Syncs one of the POS's menus into the venue's, and returns the run with its counts, or with its error.

    A menu without products, or one that would take more than a third of them off, is held: the run ends as HELD with
    its plan, and nothing is written.

    Args:
        menu_id: the POS's id of the menu, remembered for the next time; None for the one remembered, or else the only
            one that the location has.
        force: apply what would be held, and compare even when nothing seems to have changed. Where a plan waits to be
            looked at, it is applied if the POS's menu is still the same; otherwise the new plan is held.
        light: prices and availability of what is on the menu only.
        preview: end as HELD with the plan, unless nothing differs; nothing is written.
        on_progress: called with the per cent done and the step, as the run goes on.

    Raises:
        SyncAlreadyRunning: when this venue's menu is being synced at the moment.
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
    """What a sync would do: a HELD run with its plan, or a succeeded one when nothing differs. Nothing is written."""
    return sync_menu(
        venue=venue, menu_id=menu_id, started_by=started_by, light=light, preview=True, on_progress=on_progress
    )


def apply_held(*, run: SyncRun, started_by: str, on_progress: OnProgress | None = None) -> SyncRun:
    """Syncs again and writes the plan that a person has looked at, if the POS's menu is still the one of that plan.

    Otherwise the new run is held too, with the new plan.

    Raises:
        SyncAlreadyRunning: when this venue's menu is being synced at the moment.
    """
    options = _options_from(options_to_apply(run=run))
    return _run(venue=run.connection.venue, options=options, started_by=started_by, on_progress=on_progress)


def options_to_apply(*, run: SyncRun) -> dict[str, Any]:
    """The options of a run that applies a held one's plan, for a queue."""
    plan = run.plan
    if "state_id" in plan:
        return {"undo": True, "state_id": plan["state_id"]}
    return asdict(SyncOptions(menu_id=plan.get("menu_id"), force=True, light=bool(plan.get("light")), held_run=run.pk))


def run_queued(*, run: SyncRun) -> SyncRun:
    """Carries out a sync that was queued, as its options say.

    Raises:
        SyncAlreadyRunning: when it has begun already.
    """
    return _run(venue=run.connection.venue, options=_options_from(run.options), started_by=run.started_by, queued=run)


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
    scheduled = queued is not None and queued.scheduled
    run = run_sync(
        venue=venue,
        kind=SyncRun.Kind.MENU,
        started_by=started_by,
        work=lambda pos, progress: MenuSync(venue, options, pos, progress, scheduled=scheduled).outcome(),
        on_progress=on_progress,
        options=asdict(options),
        queued=queued,
    )
    supersede_older(run=run)
    return run


def supersede_older(*, run: SyncRun) -> None:
    """Takes older plans away from people once a newer run has ended well or with a plan of its own.

    A light sync does nothing of what a whole one's plan waits to do, so that plan goes on waiting.
    """
    if run.state not in (SyncRun.State.SUCCEEDED, SyncRun.State.HELD):
        return
    older = SyncRun.objects.filter(connection=run.connection, kind=run.kind, state=SyncRun.State.HELD, pk__lt=run.pk)
    if run.options.get("light"):
        older = older.filter(Q(plan__light=True) | Q(plan__has_key="state_id"))
    older.update(state=SyncRun.State.SUPERSEDED)
