"""Notifications from the POS: stored first, processed by a task, kept as a ledger that can be replayed.

Lightspeed's notifications carry no event id, may arrive twice and out of order, and may be sent again unless answered
with 200 (Lightspeed's K-Series API documentation, https://api-docs.lsk.lightspeed.app/). So a fact is identified by its
fingerprint, and "received" and "processed" are two columns.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.module_loading import import_string

from integrations.adapters import adapter_of
from integrations.models import Connection, Notification
from integrations.pos import BadAnswer, ReceivedNotification
from storekit.db import clock
from storekit.db.due_rows import CLOCK_SKEW, claim_by_moment, due_now, enqueue_each, enqueue_on_commit
from storekit.models import Venue
from storekit.queue.registry import NOTIFICATION_HANDLERS

logger = logging.getLogger(__name__)

DRAIN_TASK = "integrations.tasks.drain_notifications"
MAX_ATTEMPTS = 8
# Few enough to be processed well within the lease.
_BATCH = 50
LEASE = timedelta(seconds=30)
"""How long a batch is claimed for. What a killed worker held waits for so long, confirmations of orders included."""
_FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = _FIRST_DELAY * 2 ** (MAX_ATTEMPTS - 2)
_MAX_ERROR_LENGTH = 2000


@dataclass(frozen=True)
class Receipt:
    """The outcome of a delivery: the row that holds its fact, and whether that row existed before."""

    notification_id: int
    seen_before: bool


# --- Receiving -------------------------------------------------------------------------------------------------------


def credentials_match(*, connection: Connection, username: str, password: str) -> bool:
    """Return whether these are the connection's credentials, in constant time."""
    right_name = hmac.compare_digest(username.encode(), connection.webhook_username.encode())
    right_password = hmac.compare_digest(password.encode(), connection.webhook_password.encode())
    return right_name and right_password


def receive(*, connection: Connection, body: dict[str, Any]) -> Receipt:
    """Store a notification, once for each fact, and queue the task that processes it."""
    row = _row_for(connection, _storable(body))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        known = Notification.objects.filter(connection=connection, fingerprint=row.fingerprint)
        known.update(times_received=F("times_received") + 1)
        return Receipt(notification_id=known.values_list("pk", flat=True).get(), seen_before=True)
    if row.next_attempt_at is not None and not _is_queued(connection):
        enqueue_on_commit(DRAIN_TASK, connection.venue_id)
    return Receipt(notification_id=row.pk, seen_before=False)


def _is_queued(connection: Connection) -> bool:
    """Return whether a task has been queued for an earlier notification that is still due.

    The task drains the venue's whole queue, so a burst of notifications needs one. If it has just taken its last look,
    the ticker finds this row within two seconds.
    """
    due = Notification.objects.filter(connection=connection, processed_at=None, next_attempt_at__lte=due_now())
    # The row that was just stored is one of them.
    return len(due.values_list("pk")[:2]) > 1


def _row_for(connection: Connection, body: dict[str, Any]) -> Notification:
    now = clock.now()
    try:
        received = _parsed(connection, body)
    except BadAnswer as error:
        # Stored and answered with 200 all the same: sending it again would not help.
        return _unusable_row(connection, body, str(error))
    ignored = _why_ignored(connection, received)
    return Notification(
        connection=connection,
        type=received.type[:20],
        status=received.status[:40],
        reference=received.reference[:64],
        account=received.account[:64],
        # What is ignored must not make the same fact, sent again once it counts, look as if it was seen before.
        fingerprint=_ignored_fingerprint(received, ignored) if ignored else received.fingerprint,
        body=body,
        processed_at=now if ignored else None,
        result=ignored,
        next_attempt_at=None if ignored else now - CLOCK_SKEW,
    )


def _parsed(connection: Connection, body: dict[str, Any]) -> ReceivedNotification:
    return adapter_of(connection).parse_notification(body, currency=connection.venue.currency)


def _unusable_row(connection: Connection, body: dict[str, Any], reason: str) -> Notification:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    return Notification(
        connection=connection,
        fingerprint=digest,
        body=body,
        processed_at=clock.now(),
        result="not understood",
        error=reason,
    )


def _why_ignored(connection: Connection, received: ReceivedNotification) -> str:
    """Return why it will not be processed, or an empty string."""
    if connection.status == Connection.Status.DISCONNECTED:
        return "not connected"
    if received.business_location_id and received.business_location_id != connection.business_location_id:
        return "foreign location"
    if received.type not in NOTIFICATION_HANDLERS:
        return "not used yet"
    if not received.status and not received.reference:
        return "not understood"
    return ""


def _ignored_fingerprint(received: ReceivedNotification, reason: str) -> str:
    parts = (received.fingerprint, reason, str(received.business_location_id))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _storable(value: Any) -> Any:
    """Return the JSON without what PostgreSQL cannot store: null characters and lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value


# --- Processing ------------------------------------------------------------------------------------------------------


def process(*, notification_id: int, handle: Callable[[Venue, Any], str]) -> str:
    """Process a notification with `handle`, unless that is done or under way, and record the outcome.

    `handle` is given the venue and the fact, whose class depends on the notification's type (see
    `integrations.pos.PosFact`), and returns a short result for the ledger. It may be called again for the same fact, if
    a process dies or staff replay it, so it must be idempotent. Its errors are recorded and retried with growing
    delays, eight attempts in all; they are not raised.

    Returns the recorded result, "error", or "nothing to do" if another worker has the row or it is already processed.
    """
    rows = _claim([notification_id])
    return _process(rows[0], handle) if rows else "nothing to do"


def drain(*, venue_id: int) -> int:
    """Process the venue's due notifications in batches, in the order in which they came; return how many.

    Safe to call at any time and from any number of processes: each claims batches of its own.
    """
    count = 0
    while ids := list(
        _due().filter(connection__venue=venue_id).order_by("received_at").values_list("pk", flat=True)[:_BATCH]
    ):
        rows = _claim(ids)
        for row in rows:
            _process(row, import_string(NOTIFICATION_HANDLERS[row.type]))
        count += len(rows)
        if not rows:
            # Another process has claimed them all.
            break
    return count


def _process(row: Notification, handle: Callable[[Venue, Any], str]) -> str:
    try:
        fact = _parsed(row.connection, row.body).fact
        result = handle(row.connection.venue, fact) if fact is not None else "nothing to do"
    except Exception as error:
        logger.exception("Notification %s was not processed, attempt %s", row.pk, row.attempts)
        _record(row, error=f"{type(error).__name__}: {error}"[:_MAX_ERROR_LENGTH], next_attempt_at=_next_attempt(row))
        return "error"
    _record(row, processed_at=clock.now(), result=result[:200], error="", next_attempt_at=None)
    return result


def _due() -> QuerySet[Notification]:
    return Notification.objects.filter(
        processed_at=None,
        next_attempt_at__lte=clock.now(),
        attempts__lt=MAX_ATTEMPTS,
        type__in=NOTIFICATION_HANDLERS,
    )


def _claim(ids: Collection[int]) -> list[Notification]:
    """Claim the rows for the lease and return them; if the process dies, they are free again after that."""
    until = claim_by_moment(_due().filter(pk__in=ids), lease=LEASE, attempts=F("attempts") + 1)
    if until is None:
        return []
    ours = Notification.objects.filter(pk__in=ids, processed_at=None, next_attempt_at=until)
    return list(ours.select_related("connection__venue").order_by("received_at"))


def _record(row: Notification, **outcome: Any) -> None:
    # Only the holder of the lease may record: if another worker has claimed the row since, the lease has moved.
    Notification.objects.filter(pk=row.pk, processed_at=None, next_attempt_at=row.next_attempt_at).update(**outcome)


def _next_attempt(row: Notification) -> datetime | None:
    if row.attempts >= MAX_ATTEMPTS:
        return None
    return clock.now() + _FIRST_DELAY * 2 ** (row.attempts - 1)


# --- Sweeping and replaying ------------------------------------------------------------------------------------------


def enqueue_due() -> int:
    """Queue the draining of each venue with due notifications; return how many. Give up what stopped its worker.

    A notification whose process died on every attempt is given up.
    """
    unprocessed = Notification.objects.filter(processed_at=None, next_attempt_at__lte=clock.now())
    unprocessed.filter(attempts__gte=MAX_ATTEMPTS).update(
        next_attempt_at=None, error="Given up: the worker stopped on every attempt."
    )
    return enqueue_each(DRAIN_TASK, _venues_of(_due()))


def enqueue_newly_due(*, since: datetime, until: datetime) -> int:
    """Queue the draining of each venue with a notification due after `since` and by `until`; return how many.

    A new notification is stored as due since `CLOCK_SKEW` ago. It is found here if no task drains it: the task of an
    earlier one may have died with its process, and while that one is due no other is queued.
    """
    newly_due = _due().filter(next_attempt_at__gt=since - CLOCK_SKEW, next_attempt_at__lte=until)
    return enqueue_each(DRAIN_TASK, _venues_of(newly_due))


def _venues_of(due: QuerySet[Notification]) -> list[int]:
    return list(due.order_by().values_list("connection__venue", flat=True).distinct())


def replay(*, notification_ids: Collection[int]) -> int:
    """Queue notifications to be processed again, whatever their result; return how many. Skip types without a task."""
    usable = Notification.objects.filter(pk__in=notification_ids, type__in=NOTIFICATION_HANDLERS)
    rows = list(usable.exclude(result="foreign location").select_related("connection"))
    with transaction.atomic():
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(
            processed_at=None, result="", error="", attempts=0, next_attempt_at=clock.now()
        )
    for venue_id in {row.connection.venue_id for row in rows}:
        enqueue_on_commit(DRAIN_TASK, venue_id)
    return len(rows)
