"""One e-mail to a venue about a night whose payments and till disagree.

The row says when it is due (`next_alert_at`), so a mail server that is down only delays it.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from storekit.db import clock
from storekit.db.due_rows import claim_by_moment
from storekit.mail import send_to_venue
from storekit.money.words import format_money
from tables.models import Difference, Reconciliation

logger = logging.getLogger(__name__)

# Also how long a claim lasts: much longer than sending one e-mail takes.
RETRY_AFTER = timedelta(minutes=10)
_GIVE_UP_AFTER = timedelta(days=1)
_MOST_AT_ONCE = 20
_MOST_LISTED = 20


def send_due() -> int:
    """Send the e-mails that are due and return how many went out. Failed ones are tried again for a day."""
    due = Reconciliation.objects.filter(next_alert_at__lte=clock.now()).order_by("next_alert_at")
    return sum(_send(row) for row in due.select_related("venue")[:_MOST_AT_ONCE])


def _send(row: Reconciliation) -> bool:
    due = Reconciliation.objects.filter(pk=row.pk, next_alert_at=row.next_alert_at)
    lease = claim_by_moment(due, column="next_alert_at", lease=RETRY_AFTER)
    if lease is None:
        return False
    mine = Reconciliation.objects.filter(pk=row.pk, next_alert_at=lease)
    if row.finished_at is not None and row.finished_at < clock.now() - _GIVE_UP_AFTER:
        mine.update(next_alert_at=None)
        logger.error("Gave up telling the venue about reconciliation %s: no e-mail could be sent for a day", row.pk)
        return False
    differences = row.differences.select_related("payment__table")[: _MOST_LISTED + 1]
    context = {
        "day": date_format(row.day, "l j F"),
        "count": row.difference_count,
        "lines": [line_of(row, difference) for difference in differences[:_MOST_LISTED]],
        "more": max(0, row.difference_count - _MOST_LISTED),
        "link": settings.PUBLIC_URL + reverse("admin:tables_reconciliation_change", args=[row.pk]),
    }
    if send_to_venue(venue=row.venue, template="emails/reconciliation", context=context, name=f"payments-{row.pk}"):
        return False
    mine.update(next_alert_at=None, alerted_at=clock.now())
    return True


def line_of(row: Reconciliation, difference: Difference) -> str:
    """Return a difference in one line: the check, its cause, and both amounts."""
    till = "unknown" if difference.till is None else format_money(difference.till, row.venue)
    paid = format_money(difference.captured, row.venue)
    table = difference.payment.table if difference.payment else None
    where = f"{table}, check {difference.account}" if table else f"Check {difference.account or 'unknown'}"
    return f"{where}: {difference.get_cause_display()}. Guest {paid}, till {till}."
