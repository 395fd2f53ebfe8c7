"""E-mails to a venue whose consent has ended: at once, after an hour, and each day until it is connected again.

The connection's row says when the next one is due (`next_consent_alert_at`), so a mail server that is down only delays
it, and a killed process repeats it after the claim.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils.formats import date_format

from integrations.models import Connection
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment
from storekit.mail import send_to_venue

logger = logging.getLogger(__name__)

# Also how long a claim lasts: much longer than sending one e-mail takes.
RETRY_AFTER = timedelta(minutes=5)
FIRST_REMINDER_AFTER = timedelta(hours=1)
REMIND_EVERY = timedelta(days=1)
# Below the task queue's time-out of 60 s, with room for one more e-mail.
_BUDGET_SECONDS = 35.0


def send_due() -> int:
    """Send the e-mails that are due, one to each venue that has to reconnect; return how many went out."""
    deadline = time.monotonic() + _BUDGET_SECONDS
    sent = 0
    # Without a moment: the consent had ended before there were these e-mails.
    due = Q(next_consent_alert_at=None) | Q(next_consent_alert_at__lte=clock.now())
    ended = Connection.objects.filter(due, status=Connection.Status.RECONNECT_NEEDED)
    for connection in ended.select_related("venue").order_by(F("next_consent_alert_at").asc(nulls_first=True)):
        if time.monotonic() > deadline:
            break
        sent += _send(connection)
    return sent


def _send(connection: Connection) -> bool:
    """Send one e-mail, if no other process is at it; return whether it was sent."""
    row = Connection.objects.filter(pk=connection.pk, status=Connection.Status.RECONNECT_NEEDED)
    claimed = claim_by_moment(
        row.filter(next_consent_alert_at=connection.next_consent_alert_at),
        column="next_consent_alert_at",
        lease=RETRY_AFTER,
    )
    if claimed is None:
        return False
    number, ended_at = connection.consent_alerts, connection.consent_ended_at
    context = {
        "is_reminder": number > 0,
        "reason": connection.status_reason,
        "ended": date_format(ended_at.astimezone(connection.venue.zone), "l j F, H:i") if ended_at else "",
        "link": f"{settings.PUBLIC_URL}{reverse('integrations:connect')}?venue={connection.venue.slug}",
    }
    # The same for each attempt at one e-mail, and another for each reminder and for each end of a consent.
    name = f"consent-{connection.pk}-{int(ended_at.timestamp()) if ended_at else 0}-{number}"
    if send_to_venue(venue=connection.venue, template="emails/consent_ended", context=context, name=name):
        return False
    after = REMIND_EVERY if number else FIRST_REMINDER_AFTER
    row.filter(next_consent_alert_at=claimed).update(
        consent_alerts=F("consent_alerts") + 1, next_consent_alert_at=clock.now() + after
    )
    return True
