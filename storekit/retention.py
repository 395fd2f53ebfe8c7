"""How long each kind of record is kept: the one table of ages, and the deletion of what is older.

The ground may not import the apps, so the table names their models. Orders and their lines are the venue's books and
have no age here. A line for each row of the table is in docs/operations.md.
"""

import time
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.apps import apps
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from storekit.models import Venue


@dataclass(frozen=True)
class Age:
    """How long the rows of one model are kept.

    Args:
        what: what the rows are, in the words of docs/operations.md.
        model: the model's label.
        days: how many days a row is kept.
        since: the column from which they count. A row in which it is empty is kept.
        only: which rows; the others are not finished, and are kept.
        last_of: columns; the last row of each combination is kept however old it is.
    """

    what: str
    model: str
    days: int
    since: str
    only: Q = field(default_factory=Q)
    last_of: tuple[str, ...] = ()


_SETTLED = ("confirmed", "failed")
_ENDED = ("captured", "released", "refunded")

AGES: tuple[Age, ...] = (
    Age("Attempts to send an order", "orders.InjectionAttempt", 365, "started_at", Q(injection__state__in=_SETTLED)),
    # A check's names are needed while it is open, which is a matter of hours.
    Age("Names of an order's check", "orders.CheckIdentifier", 90, "injection__accepted_at"),
    # Staff name checks after guests. A bill that guests have paid belongs to the payments, which are the venue's books.
    Age("Bills that are closed", "tables.Bill", 90, "closed_at", Q(guest_payments=None)),
    Age("Attempts to carry out a payment", "tables.PaymentAttempt", 365, "started_at", Q(payment__state__in=_ENDED)),
    Age("Alerts about payments", "tables.PaymentAlert", 365, "created_at", Q(next_attempt_at=None)),
    Age("Charges of the sandbox provider", "tables.SandboxCharge", 90, "created_at"),
    # Their differences go with them.
    Age("Comparisons of payments with the till", "tables.Reconciliation", 730, "finished_at"),
    Age("Alerts about orders", "orders.Alert", 365, "created_at", Q(next_attempt_at=None)),
    Age("Staff's actions on orders", "orders.StaffAction", 730, "at"),
    Age("Notifications from the POS", "integrations.Notification", 90, "processed_at"),
    Age(
        "Notifications that were given up",
        "integrations.Notification",
        180,
        "received_at",
        Q(processed_at=None, next_attempt_at=None),
    ),
    # The home page names the last sync, and the last that succeeded.
    Age("Syncs", "integrations.SyncRun", 365, "finished_at", last_of=("connection", "kind", "state")),
    Age("Restore points of the menu", "menus.RestorePoint", 365, "taken_at"),
    Age("Snoozes that have ended", "menus.Snooze", 730, "ended_at"),
    # They hold guests' names, and nobody repeats a request after so long.
    Age("Answers to repeated requests", "storekit.IdempotentAnswer", 30, "created_at"),
    Age("Invitations that nobody accepted", "storekit.Invitation", 30, "created_at"),
    Age("Changes made in the back office", "admin.LogEntry", 730, "action_time"),
    Age("Log-ins, after they have expired", "sessions.Session", 1, "expire_date"),
    # The queue deletes tasks that succeeded by itself, but never those that failed.
    Age("Background tasks that failed", "django_q.Task", 90, "stopped", Q(success=False)),
)

STEP = 500
"""How many rows one transaction deletes: few enough that an order waits for none."""
# Half of the time that the queue gives a task.
_SECONDS = 30.0
_NIGHT = range(2, 6)


def is_night(now: datetime) -> bool:
    """Return whether it is between two and six o'clock where most venues are."""
    counted = Venue.objects.order_by().values("timezone").annotate(venues=Count("pk"))
    name = counted.order_by("-venues", "timezone").values_list("timezone", flat=True).first()
    return now.astimezone(zoneinfo.ZoneInfo(name or "UTC")).hour in _NIGHT


def forget_old(
    *, model: str = "", step: int = STEP, seconds: float = _SECONDS, clock: Callable[[], float] = time.monotonic
) -> dict[str, int]:
    """Delete the rows that are older than their age in steps, each its own transaction; return how many, by `what`.

    Stops after `seconds`, having taken a step of every kind at least; the next call goes on. Safe to call at any time
    and from several processes.

    Args:
        model: the label of the only model whose rows are deleted; empty for all.
        step: how many rows one step deletes.
        seconds: after how many seconds no further step begins.
        clock: seconds that only rise.
    """
    until = clock() + seconds
    deleted: dict[str, int] = {}
    left = [age for age in AGES if model in ("", age.model)]
    while left:
        # In turns, so that a mountain of one kind keeps no other from being deleted.
        for age in list(left):
            count = _step(age, step)
            if count:
                deleted[age.what] = deleted.get(age.what, 0) + count
            if count < step:
                left.remove(age)
        if clock() >= until:
            break
    return deleted


def too_old(age: Age, *, now: datetime) -> QuerySet[Model]:
    """Return the rows that are older than they are kept."""
    manager = apps.get_model(age.model)._default_manager
    rows = manager.filter(age.only, **{f"{age.since}__lt": now - timedelta(days=age.days)})
    if age.last_of:
        same = {column: OuterRef(column) for column in age.last_of}
        later = manager.filter(**same, **{f"{age.since}__gt": OuterRef(age.since)})
        rows = rows.filter(Exists(later))
    return rows


def _step(age: Age, step: int) -> int:
    rows = too_old(age, now=timezone.now())
    # By key, as old rows come first in it: the search ends at the first `step` of them.
    keys = list(rows.order_by("pk").values_list("pk", flat=True)[:step])
    if keys:
        # The condition again: what a person has taken up since (a replayed notification) stays.
        rows.filter(pk__in=keys).order_by().delete()
    return len(keys)
