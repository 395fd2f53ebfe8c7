"""What the page of a sync shows while it runs, for the page itself and for the script that keeps it fresh."""

from datetime import timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format

from integrations.models import SyncRun

State = SyncRun.State

PLAN_PAGES = {"menu": "admin:menus_menu_plan"}
"""Where a held run's plan is looked at and applied, by its kind; the address takes the run's id."""

_TONES = {State.SUCCEEDED: "good", State.HELD: "warning", State.FAILED: "bad"}
# Of a run that goes on, since its page asks again and again.
_SHOWN_WARNINGS = 50
_SLOW_TO_BEGIN = timedelta(seconds=6)


def progress_of(run: SyncRun) -> dict[str, Any]:
    """How far a run has come, as JSON.

    `percent` is None while nothing has begun, `said` a sentence that changes only when there is something new to say.
    """
    shown = run.warnings[:_SHOWN_WARNINGS] if is_active(run) else run.warnings
    return {
        "state": run.state,
        "active": is_active(run),
        "tone": _TONES.get(State(run.state), ""),
        "percent": None if run.state == State.QUEUED else run.progress,
        "said": _said(run),
        "hint": _hint(run),
        "took": duration(run),
        "counts": changes(run),
        "warnings": shown,
        "more_warnings": len(run.warnings) - len(shown),
        "error": run.error,
        "plan": _plan_page(run),
    }


def is_active(run: SyncRun) -> bool:
    """Whether there is more to come."""
    return run.state in (State.QUEUED, State.RUNNING)


def duration(run: SyncRun) -> str:
    """`12.3 s` or `2 min 5 s`, up to now for a run that has not ended."""
    seconds = ((run.finished_at or timezone.now()) - run.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def changes(run: SyncRun) -> str:
    """`2 created, 40 unchanged`, or nothing as long as nothing is known."""
    return ", ".join(f"{count} {name}" for name, count in run.counts.items())


def _said(run: SyncRun) -> str:
    match run.state:
        case State.QUEUED:
            return "Waiting to begin"
        case State.RUNNING:
            return run.step or "Beginning"
        case State.SUCCEEDED if run.options.get("undo"):
            return "The menu is as it was"
        case State.SUCCEEDED if run.options.get("preview"):
            return "Nothing would change: in step with the POS"
        case State.SUCCEEDED:
            return "In step with the POS"
        case State.SUPERSEDED if not run.plan:
            return "Nothing was changed: another sync went ahead of it"
        case State.SUPERSEDED:
            return "Nothing was changed, and a later sync has made the plan pointless"
        case State.HELD:
            return "Waiting for a person: nothing was changed"
        case _:
            return "Failed: what was there before stays"


def _hint(run: SyncRun) -> str:
    """Why it may be that nothing moves, or nothing."""
    now = timezone.now()
    if run.state == State.QUEUED and now - run.started_at > _SLOW_TO_BEGIN:
        return (
            "Nothing has begun yet. The background workers may all be busy, or none is running: whoever looks after "
            "storekit starts one with “manage.py qcluster”. The sync begins by itself as soon as there is one; you may "
            "leave this page."
        )
    if run.state == State.RUNNING and run.lease_until <= now:
        return "It has not been heard of for a while. Its process was probably killed; it is given up within a minute."
    if run.state == State.RUNNING and run.lease_until - now < timedelta(minutes=4):
        until = date_format(run.lease_until.astimezone(run.connection.venue.zone), "H:i")
        return f"No news for more than a minute: the POS may be slow. If none comes, the sync is given up at {until}."
    return ""


def _plan_page(run: SyncRun) -> str:
    if run.state != State.HELD or run.kind not in PLAN_PAGES:
        return ""
    try:
        return reverse(PLAN_PAGES[run.kind], args=[run.pk])
    except NoReverseMatch:
        return ""
