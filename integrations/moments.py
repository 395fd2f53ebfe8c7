"""How far ahead the moments of connections, notifications and syncs may lie."""

from datetime import datetime

from django.db.models import Q

from integrations.connect import breaker, consent_alerts, tokens
from integrations.models import SyncRun
from integrations.pos import POS_CLOCK_TOLERANCE
from integrations.syncs import alerts, runs
from integrations.webhooks import ledger
from storekit.db import moments
from storekit.db.moments import Ahead, Reckoned

_CONNECTION, _NOTIFICATION, _SYNC = "integrations.Connection", "integrations.Notification", "integrations.SyncRun"
_UNPROCESSED = Q(processed_at=None)
_ACTIVE = Q(state__in=[SyncRun.State.QUEUED, SyncRun.State.RUNNING])

_MOMENTS = (
    Ahead(_NOTIFICATION, "next_attempt_at", where=_UNPROCESSED & Q(attempts=0)),
    Ahead(_NOTIFICATION, "next_attempt_at", ledger.LONGEST_DELAY, where=_UNPROCESSED),
    Ahead(_SYNC, "lease_until", runs.LEASE, where=_ACTIVE, then=runs.LEASE),
    Ahead(_SYNC, "next_alert_at", alerts.RETRY_AFTER),
    Ahead(_CONNECTION, "breaker_open_until", breaker.TRIAL),
    Ahead(_CONNECTION, "next_consent_alert_at", consent_alerts.RETRY_AFTER, where=Q(consent_alerts=0)),
    Ahead(_CONNECTION, "next_consent_alert_at", consent_alerts.FIRST_REMINDER_AFTER, where=Q(consent_alerts=1)),
    Ahead(_CONNECTION, "next_consent_alert_at", consent_alerts.REMIND_EVERY),
    # What the POS says later must not look older, and nothing is checked or compared by a moment that is still to come.
    Ahead(_CONNECTION, "readiness_at", POS_CLOCK_TOLERANCE),
    Ahead(_CONNECTION, "connected_at"),
    Ahead(_CONNECTION, "webhook_registered_at"),
    Ahead(_CONNECTION, "webhook_checked_at"),
    Ahead("integrations.TokenPair", "refreshing_until", tokens.LEASE, then=tokens.LEASE),
    Reckoned("integrations.TokenPair", since="refreshed_at", until="expires_at"),
    Reckoned("integrations.WaitingConsent", since="given_at", until="expires_at"),
)


def put_right(*, now: datetime) -> int:
    """Put right moments that lie too far ahead; return how many. Scheduled syncs are checked by their own sweep."""
    return moments.put_right(_MOMENTS, now=now)
