"""Periodic work on connections and syncs. The rows are the truth; the next run makes up for one that was cut short."""

import logging
import time
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from integrations.adapters import current_environment
from integrations.connect import service, tokens
from integrations.connect.readiness import apply_readiness
from integrations.models import Connection, TokenPair
from integrations.pos import PosError
from integrations.syncs import alerts, queue, schedules
from integrations.webhooks import ledger
from integrations.webhooks.health import check_webhook

logger = logging.getLogger(__name__)

# Below the task queue's time-out of 60 s, with room for one more call.
_BUDGET_SECONDS = 35.0
# Longer than the ten minutes between two runs.
_EXPIRING_WITHIN = timedelta(minutes=15)
# An unused refresh token lapses after 14 days (https://api-docs.lsk.lightspeed.app/).
_IDLE_FOR = timedelta(days=3)
_CHECKED_EVERY = timedelta(hours=1)


def sweep_notifications() -> str:
    """Queues the notifications that wait for their (next) attempt."""
    return f"{ledger.enqueue_due()} queued"


def sweep_syncs() -> str:
    """Queues the scheduled syncs that are due, and finds those that were left behind."""
    found = queue.enqueue_due()
    return f"{schedules.enqueue_due()} due, {found} left behind"


def send_sync_alerts() -> str:
    """Tells venues of scheduled syncs that failed or wait for a person."""
    return f"{alerts.send_due()} sent"


def forget_old_notifications() -> str:
    """Keeps the ledger from growing for ever."""
    return f"{ledger.forget_old()} deleted"


def handle_readiness_notification(notification_id: int) -> str:
    """Works on what the POS told us about taking online orders."""
    return ledger.process(notification_id=notification_id, handle=apply_readiness)


def check_webhooks() -> str:
    """Looks at the webhooks that nobody has looked at for an hour, for 35 seconds.

    In any order, so that those at which the POS does not answer cannot keep all others waiting for ever.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    repaired = 0
    for connection in _unchecked():
        if time.monotonic() > deadline:
            break
        try:
            repaired += bool(check_webhook(connection=connection))
        except PosError as error:
            logger.warning("The webhook of %s could not be checked: %s", connection.venue.slug, error.code)
    return f"{repaired} repaired"


def _unchecked() -> QuerySet[Connection]:
    long_ago = Q(webhook_checked_at=None) | Q(webhook_checked_at__lt=timezone.now() - _CHECKED_EVERY)
    return _connected().filter(long_ago, webhook_registered_at__isnull=False).order_by("?")


def refresh_tokens() -> str:
    """Keeps every venue's consent alive, registers webhooks that are missing, finishes disconnects that were cut short.

    Stops after 35 seconds; what is most urgent comes first.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    done = 0
    for pair in _due_pairs():
        if time.monotonic() > deadline:
            break
        done += _refresh(pair)
    for connection in _without_webhook():
        if time.monotonic() > deadline:
            break
        _register_webhook(connection)
    for connection in service.half_disconnected():
        if time.monotonic() > deadline:
            break
        service.disconnect(connection=connection)
    return f"{done} refreshed"


def _due_pairs() -> QuerySet[TokenPair]:
    now = timezone.now()
    return (
        TokenPair.objects.select_related("connection__venue")
        .filter(
            Q(expires_at__lt=now + _EXPIRING_WITHIN) | Q(refreshed_at__lt=now - _IDLE_FOR),
            connection__environment=current_environment(),
            connection__status__in=[Connection.Status.CONNECTED, Connection.Status.CHOOSING_LOCATION],
        )
        .order_by("expires_at")
    )


def _refresh(pair: TokenPair) -> bool:
    try:
        tokens.refresh(pair=pair)
    except PosError as error:
        logger.warning("Tokens of %s were not refreshed: %s", pair.connection.venue.slug, error.code)
        return False
    return True


def _without_webhook() -> QuerySet[Connection]:
    return _connected().filter(webhook_registered_at=None)


def _connected() -> QuerySet[Connection]:
    return service.active_connections().select_related("venue")


def _register_webhook(connection: Connection) -> None:
    try:
        service.register_webhook(connection=connection)
    except PosError as error:
        logger.warning("The webhook of %s was not registered: %s", connection.venue.slug, error.code)
