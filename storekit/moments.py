"""How far ahead the moments of the project's own rows may lie, and those of the queue."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from storekit.accounts import mails
from storekit.db import moments
from storekit.db.moments import Ahead
from storekit.queue import outage

_MOMENTS = (
    Ahead("storekit.AccountMail", "next_attempt_at", where=Q(attempts=0)),
    Ahead("storekit.AccountMail", "next_attempt_at", mails.LONGEST_DELAY),
    Ahead("storekit.WorkerOutage", "next_attempt_at", outage.LEASE, where=Q(mails=0) | Q(over=True)),
    Ahead("storekit.WorkerOutage", "next_attempt_at", outage.FIRST_REMINDER_AFTER, where=Q(mails=1)),
    Ahead("storekit.WorkerOutage", "next_attempt_at", outage.REMIND_EVERY),
    # The queue in the database: when a task that a worker took is given to another.
    Ahead("django_q.OrmQ", "lock", timedelta(seconds=settings.Q_CLUSTER["retry"])),
)


def put_right(*, now: datetime) -> int:
    """Put right moments that lie too far ahead; return how many."""
    return moments.put_right(_MOMENTS, now=now)
