"""Tell the venues, from the web processes, that no worker is running: nobody else can while none is.

Each web process looks every twenty seconds. A venue's row says what was sent and when the next e-mail is due, so that
one process sends it: at once, after an hour, each day, and once more when a worker runs again.
"""

import logging
import threading
import time
from datetime import datetime, timedelta
from functools import partial

from django import db
from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.module_loading import import_string

from storekit.db import clock
from storekit.db.due_rows import claim_by_moment, due_now
from storekit.mail import send_to_venue
from storekit.models import Venue, WorkerOutage
from storekit.queue import registry
from storekit.queue.heartbeat import ALIVE_FOR, WorkerHealth, worker_health

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""How long a claim lasts: much longer than sending one e-mail takes. So it is also when a failed one is repeated."""
FIRST_REMINDER_AFTER = timedelta(hours=1)
REMIND_EVERY = timedelta(days=1)
_TOLD_OF_THE_END_FOR = timedelta(days=1)
_EVERY_SECONDS = 20.0


def start_watch() -> None:
    """Look after the workers from a thread of this process. Call it once in each web process, after it was forked."""
    threading.Thread(target=_watch, name="worker watch", daemon=True).start()


def look(*, up_for: timedelta) -> int:
    """Send the e-mails about the workers that are due; return how many went out.

    Args:
        up_for: how long this process has run. When everything is started again at the same time, the workers have a
            minute to begin.
    """
    health = worker_health()
    if health.alive:
        return _tell_of_the_end()
    if up_for < ALIVE_FOR:
        return 0
    _record(health)
    due = WorkerOutage.objects.filter(over=False, next_attempt_at__lte=clock.now()).select_related("venue")
    return sum(map(_tell_of_the_outage, due))


def _watch() -> None:
    began = time.monotonic()
    while True:
        time.sleep(_EVERY_SECONDS)
        try:
            look(up_for=timedelta(seconds=time.monotonic() - began))
        except Exception:
            # Most likely the database is away, which the web process says elsewhere.
            logger.exception("The workers could not be looked after")
        finally:
            db.connections.close_all()


def _record(health: WorkerHealth) -> None:
    """Give each venue that takes orders a row; one that has just been told of the end is told again."""
    now = clock.now()
    since = now - health.last_beat if health.last_beat is not None else None
    venues: list[int] = import_string(registry.SELLING_VENUES)()
    rows = [WorkerOutage(venue_id=pk, since=since, next_attempt_at=due_now()) for pk in venues]
    WorkerOutage.objects.bulk_create(rows, ignore_conflicts=True)
    WorkerOutage.objects.filter(over=True).update(over=False, since=since, mails=0, next_attempt_at=due_now())


def _tell_of_the_outage(row: WorkerOutage) -> bool:
    mine = WorkerOutage.objects.filter(pk=row.pk, over=False)
    claimed = claim_by_moment(mine.filter(next_attempt_at=row.next_attempt_at), lease=LEASE)
    if claimed is None or _send(row, "emails/worker_outage"):
        return False
    after = REMIND_EVERY if row.mails else FIRST_REMINDER_AFTER
    mine.filter(next_attempt_at=claimed).update(mails=F("mails") + 1, next_attempt_at=clock.now() + after)
    return True


def _tell_of_the_end() -> int:
    if not WorkerOutage.objects.exists():
        return 0
    # A venue that was not told of its beginning is not told of its end.
    WorkerOutage.objects.filter(over=False, mails=0).delete()
    WorkerOutage.objects.filter(over=False).update(over=True, ended_at=clock.now(), next_attempt_at=due_now())
    WorkerOutage.objects.filter(over=True, ended_at__lt=clock.now() - _TOLD_OF_THE_END_FOR).delete()
    due = WorkerOutage.objects.filter(over=True, next_attempt_at__lte=clock.now()).select_related("venue")
    return sum(map(_tell_one_of_the_end, due))


def _tell_one_of_the_end(row: WorkerOutage) -> bool:
    mine = WorkerOutage.objects.filter(pk=row.pk, over=True)
    claimed = claim_by_moment(mine.filter(next_attempt_at=row.next_attempt_at), lease=LEASE)
    if claimed is None or _send(row, "emails/worker_outage_over"):
        return False
    mine.filter(next_attempt_at=claimed).delete()
    return True


def _send(row: WorkerOutage, template: str) -> str:
    moment = partial(_local, row.venue)
    context = {
        "is_reminder": row.mails > 0,
        "since": moment(row.since) if row.since else "",
        "ended": moment(row.ended_at) if row.ended_at else "",
        "link": f"{settings.PUBLIC_URL}{reverse('admin:index')}",
    }
    begun = int(row.since.timestamp()) if row.since else 0
    name = f"worker-outage-{row.venue_id}-{begun}-{'over' if row.over else row.mails}"
    return send_to_venue(venue=row.venue, template=template, context=context, name=name)


def _local(venue: Venue, moment: datetime) -> str:
    return date_format(moment.astimezone(venue.zone), "l j F, H:i")
