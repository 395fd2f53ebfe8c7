"""The progress of a sync run as its page shows it: for the template, and as JSON for the script that follows it."""

from datetime import timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format

from integrations.models import SyncRun
from storekit.db import clock

State = SyncRun.State

PLAN_PAGES = {"menu": "admin:menus_menu_plan"}
"""URL name of the page on which a held run's plan is reviewed and applied, by kind. It takes the run's id."""

_TONES = {State.SUCCEEDED: "good", State.HELD: "warning", State.FAILED: "bad"}
# While the run is active, because its page asks once a second.
_SHOWN_WARNINGS = 50
_SLOW_TO_START = timedelta(seconds=6)


def progress_of(run: SyncRun) -> dict[str, Any]:
    """Return the run's progress as JSON for its page.

    `percent` is None until the run starts. `status` and `hint` change only when there is something new to read out.
    """
    shown = run.warnings[:_SHOWN_WARNINGS] if is_active(run) else run.warnings
    return {
        "state": run.state,
        "active": is_active(run),
        "tone": _TONES.get(State(run.state), ""),
        "percent": None if run.state == State.QUEUED else run.progress,
        "status": _status(run),
        "hint": _hint(run),
        "duration": duration(run),
        "counts": changes(run),
        "warnings": shown,
        "more_warnings": len(run.warnings) - len(shown),
        "error": run.error,
        "plan": _plan_page(run),
    }


def is_active(run: SyncRun) -> bool:
    """Return whether the run is queued or running."""
    return run.state in (State.QUEUED, State.RUNNING)


def duration(run: SyncRun) -> str:
    """Return how long the run took, or has taken so far: `12.3 s` or `2 min 5 s`."""
    seconds = ((run.finished_at or clock.now()) - run.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def changes(run: SyncRun) -> str:
    """Return the run's counts as text, such as `2 created, 40 unchanged`; empty while there are none."""
    return ", ".join(f"{count} {name}" for name, count in run.counts.items())


def _status(run: SyncRun) -> str:
    match run.state:
        case State.QUEUED:
            return "Waiting to start"
        case State.RUNNING:
            return run.step or "Starting"
        case State.SUCCEEDED if run.options.get("undo"):
            return "The earlier menu is restored"
        case State.SUCCEEDED if run.options.get("preview"):
            return "Nothing to change: up to date with the POS"
        case State.SUCCEEDED:
            return "Up to date with the POS"
        case State.SUPERSEDED if not run.plan:
            return "Replaced by another sync: nothing was changed"
        case State.SUPERSEDED:
            return "Out of date: a later sync replaced this plan, and nothing was changed"
        case State.HELD:
            return "Waiting for approval: nothing has changed yet"
        case _:
            return "Failed: nothing was changed"


def _hint(run: SyncRun) -> str:
    """Return why the run may not be moving; empty if it is."""
    now = clock.now()
    if run.state == State.QUEUED and now - run.started_at > _SLOW_TO_START:
        return (
            "Not started yet. You can leave this page: the sync starts as soon as a background worker is free. If no "
            "worker is running, ask your storekit administrator to start one with “manage.py qcluster”."
        )
    if run.state == State.RUNNING and run.lease_until <= now:
        return "The sync has stopped; its process was probably killed. It will be marked as failed within a minute."
    if run.state == State.RUNNING and run.lease_until - now < timedelta(minutes=4):
        until = date_format(run.lease_until.astimezone(run.connection.venue.zone), "H:i")
        return f"No progress for over a minute: the POS may be slow. If this goes on, the sync fails at {until}."
    return ""


def _plan_page(run: SyncRun) -> str:
    if run.state != State.HELD or run.kind not in PLAN_PAGES:
        return ""
    try:
        return reverse(PLAN_PAGES[run.kind], args=[run.pk])
    except NoReverseMatch:
        return ""
