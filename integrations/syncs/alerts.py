"""E-mails to a venue about scheduled syncs that failed or need approval.

The run's row says when its alert is due (`next_alert_at`), so no sync waits for an e-mail, and a mail server that is
down only delays one.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.utils.formats import date_format

from integrations.models import SyncRun
from integrations.syncs.runs import run_page
from storekit.db import clock
from storekit.mail import send_to_venue

logger = logging.getLogger(__name__)

# Also how long a claim lasts: much longer than sending one e-mail takes.
RETRY_AFTER = timedelta(minutes=10)
_GIVE_UP_AFTER = timedelta(days=1)
# Below the task queue's time-out of 60 s, with room for one more e-mail.
_BUDGET_SECONDS = 35.0


def send_due() -> int:
    """Send the alerts that are due, one e-mail per run, and return how many went out. Failed ones are retried."""
    deadline = time.monotonic() + _BUDGET_SECONDS
    # A superseded plan no longer needs approval.
    SyncRun.objects.filter(next_alert_at__isnull=False, state=SyncRun.State.SUPERSEDED).update(next_alert_at=None)
    sent = 0
    due = SyncRun.objects.filter(next_alert_at__lte=clock.now()).order_by("next_alert_at")
    for run in due.select_related("connection__venue"):
        if time.monotonic() > deadline:
            break
        sent += _claim(run) and _send(run)
    return sent


def _claim(run: SyncRun) -> bool:
    """Claim the run's alert, so that only one of several processes sends it."""
    now = clock.now()
    given_up = run.finished_at is not None and run.finished_at < now - _GIVE_UP_AFTER
    claimed = SyncRun.objects.filter(pk=run.pk, next_alert_at=run.next_alert_at).update(
        next_alert_at=None if given_up else now + RETRY_AFTER
    )
    if given_up and claimed:
        logger.error("Gave up alerting the venue about sync run %s: no e-mail could be sent for a day", run.pk)
    return bool(claimed) and not given_up


def _send(run: SyncRun) -> bool:
    venue = run.connection.venue
    reason, _, detail = run.error.partition("\n")
    context = {
        "run": run,
        "kind": run.get_kind_display().lower(),
        "held": run.state == SyncRun.State.HELD,
        "reason": reason,
        "detail": detail.strip(),
        "started": date_format(run.started_at.astimezone(venue.zone), "l j F, H:i"),
        "link": settings.PUBLIC_URL + run_page(run=run),
    }
    if send_to_venue(venue=venue, template="emails/sync_alert", context=context, name=f"sync-run-{run.pk}"):
        return False
    SyncRun.objects.filter(pk=run.pk).update(next_alert_at=None, alerted_at=clock.now())
    return True
