"""Periodic work on connections and syncs. The rows say what is due, so a run that was cut short loses nothing."""

import logging
import time
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q, QuerySet

from integrations.adapters import current_environment
from integrations.connect import consent_alerts, service, tokens
from integrations.connect.consents import forget_expired_consents
from integrations.connect.readiness import apply_readiness, ask_readiness
from integrations.models import Connection, TokenPair
from integrations.pos import PosError
from integrations.syncs import alerts, queue, schedules
from integrations.webhooks import ledger
from integrations.webhooks.health import check_webhook
from storekit import retention
from storekit.db import clock
from storekit.queue.worker_threads import Lane

logger = logging.getLogger(__name__)

# Seconds. Leaves room for one more call within the task queue's time-out of 60 s.
_BUDGET_SECONDS = 35.0
# Longer than the ten minutes between two runs, so that no token expires between them; shorter than the 25 minutes that
# a token lives, so that not every run renews every token. At least five minutes are left when one is renewed.
_EXPIRING_WITHIN = timedelta(minutes=15)
# A refresh token lapses after 40 days without use (https://api-docs.lsk.lightspeed.app/).
_IDLE_FOR = timedelta(days=3)
_CHECK_EVERY = timedelta(hours=1)


# The next minute asks again.
_ASK_WITHIN = timedelta(seconds=50)

# One thread a venue, so that its notifications are processed in the order in which they came.
NOTIFICATIONS = Lane("notifications", threads=4, per_key=1)
TOKENS = Lane("tokens", threads=4, per_key=1)
CONSENTS = Lane("consents", threads=4, per_key=1)
HOUSEKEEPING = Lane("housekeeping", threads=3, per_key=1)


def sweep_notifications() -> str:
    """Queue the notifications whose next attempt is due."""
    return f"{ledger.enqueue_due()} queued"


def sweep_syncs() -> str:
    """Queue the scheduled syncs that are due, and pick up those whose worker died."""
    abandoned = queue.enqueue_due()
    return f"{schedules.enqueue_due()} due, {abandoned} left behind"


def send_sync_alerts() -> str:
    """E-mail venues about scheduled syncs that failed or wait for a decision."""
    return str(HOUSEKEEPING.hand_over("sync alerts", lambda: f"{alerts.send_due()} sent"))


def drain_notifications(venue_id: int) -> str:
    """Process the venue's due notifications."""
    return str(NOTIFICATIONS.hand_over(venue_id, partial(ledger.drain, venue_id=venue_id)))


def forget_old_notifications() -> str:
    """Delete old notifications. Only for tasks that an earlier release queued."""
    return f"{sum(retention.forget_old(model='integrations.Notification').values())} deleted"


def handle_readiness_notification(notification_id: int) -> str:
    """Process a notification about whether the POS takes online orders."""
    return ledger.process(notification_id=notification_id, handle=apply_readiness)


def check_webhooks() -> str:
    """Check the webhooks that were not checked for an hour."""
    return str(HOUSEKEEPING.hand_over("webhooks", _check_webhooks))


def _check_webhooks() -> str:
    """Check the webhooks that were not checked for an hour; stop after 35 seconds.

    The order is random, so that a POS that does not answer cannot hold up the other venues run after run.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    repaired = 0
    for connection in _webhooks_to_check():
        if time.monotonic() > deadline:
            break
        try:
            repaired += bool(check_webhook(connection=connection))
        except PosError as error:
            logger.warning("The webhook of %s could not be checked: %s", connection.venue.slug, error.code)
    return f"{repaired} repaired"


def _webhooks_to_check() -> QuerySet[Connection]:
    long_ago = Q(webhook_checked_at=None) | Q(webhook_checked_at__lt=clock.now() - _CHECK_EVERY)
    return _active_connections().filter(long_ago, webhook_registered_at__isnull=False).order_by("?")


def refresh_tokens() -> str:
    """Renew tokens before they lapse, register missing webhooks, and finish disconnects that were cut short."""
    return str(HOUSEKEEPING.hand_over("tokens", _refresh_tokens))


def _refresh_tokens() -> str:
    """Renew tokens before they lapse, register missing webhooks, and finish disconnects that were cut short.

    Stops after 35 seconds; the most urgent work comes first.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    forget_expired_consents()
    refreshed = 0
    for pair in _pairs_to_refresh():
        if time.monotonic() > deadline:
            break
        # Within 25 minutes every token is due, so many are renewed at once.
        refreshed += bool(TOKENS.hand_over(pair.pk, partial(_refresh, pair)))
    for connection in _without_webhook():
        if time.monotonic() > deadline:
            break
        _register_webhook(connection)
    for connection in service.half_disconnected():
        if time.monotonic() > deadline:
            break
        service.disconnect(connection=connection)
    return f"{refreshed} refreshed"


def check_consents() -> str:
    """Ask each connected POS whether it takes orders, so that the end of a consent is found without an order."""
    start_by = clock.now() + _ASK_WITHIN
    connections = list(_active_connections())
    for connection in connections:
        CONSENTS.hand_over(connection.venue_id, partial(_check_consent, connection, start_by))
    return f"{len(connections)} asked"


def _check_consent(connection: Connection, start_by: datetime) -> None:
    # Its outcome is on the connection: whether the till is ready, or that the venue has to reconnect.
    if clock.now() > start_by:
        return
    try:
        ask_readiness(venue=connection.venue)
    except PosError as error:
        logger.info("The access of %s could not be checked: %s", connection.venue.slug, error.code)


def send_consent_alerts() -> str:
    """E-mail the venues whose consent has ended: at once, and as reminders until they are connected again."""
    return str(HOUSEKEEPING.hand_over("consent alerts", lambda: f"{consent_alerts.send_due()} sent"))


def _pairs_to_refresh() -> QuerySet[TokenPair]:
    now = clock.now()
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
    return _active_connections().filter(webhook_registered_at=None)


def _active_connections() -> QuerySet[Connection]:
    return service.active_connections().select_related("venue")


def _register_webhook(connection: Connection) -> None:
    try:
        service.register_webhook(connection=connection)
    except PosError as error:
        logger.warning("The webhook of %s was not registered: %s", connection.venue.slug, error.code)
