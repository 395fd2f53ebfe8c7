"""Delivery of notifications: a short delay, Basic authentication, and retries until the response is 200."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import requests

from integrations.sandbox.api.web import json_response
from integrations.sandbox.records import Endpoint, Notification
from integrations.sandbox.state import store

DELAY = 0.05
TIMEOUT = 5
# Eight attempts within about a minute.
BACKOFF = [0.5, 1, 2, 4, 8, 16, 32]
SHUFFLE_WINDOW = 0.5
SHUFFLE_GAP = 0.05

_workers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="webhook")
_shuffled: list[Notification] = []


def send(endpoint: Endpoint, body: dict[str, Any]) -> None:
    """Send a notification, subject to the current faults."""
    # Freeze the body now: later changes at the till cause notifications of their own.
    fixed = json.loads(json_response(body).content)
    notification = Notification(endpoint.endpoint_id, endpoint.url, fixed)
    store.notifications.append(notification)
    if store.faults.webhooks_off:
        return
    for _ in range(2 if store.faults.webhook_twice else 1):
        if store.faults.webhook_shuffle:
            _hold_back(notification)
        else:
            _schedule(notification, DELAY + store.faults.webhook_delay)


def _hold_back(notification: Notification) -> None:
    """Collect notifications briefly, then send them in reverse order."""
    if not _shuffled:
        store.later(SHUFFLE_WINDOW + store.faults.webhook_delay, _release_held)
    _shuffled.append(notification)


def _release_held() -> None:
    held = list(reversed(_shuffled))
    _shuffled.clear()
    for place, notification in enumerate(held):
        _schedule(notification, place * SHUFFLE_GAP)


def discard_held() -> None:
    """Discard held notifications, when the sandbox is reset."""
    _shuffled.clear()


def _schedule(notification: Notification, seconds: float) -> None:
    store.later(seconds, lambda: _submit(notification))


def _submit(notification: Notification) -> None:
    endpoint = store.endpoints.get(notification.endpoint_id)
    if endpoint is None:
        return
    notification.attempts += 1
    notification.url = endpoint.url
    login = (endpoint.username or "", endpoint.password or "") if endpoint.with_basic_auth else None
    _workers.submit(partial(_post, notification, endpoint.url, login, notification.attempts))


def _post(notification: Notification, url: str, login: tuple[str, str] | None, attempt: int) -> None:
    with requests.Session() as session:
        # Ignore proxies and netrc files of the developer's machine.
        session.trust_env = False
        try:
            status = session.post(
                url, json=notification.body, auth=login, timeout=TIMEOUT, allow_redirects=False
            ).status_code
        except requests.RequestException:
            status = None
    with store.lock:
        notification.answer_status = status
        notification.delivered = notification.delivered or status == 200
        store.touch()
        still_known = any(notification is known for known in store.notifications)
        if status != 200 and attempt <= len(BACKOFF) and still_known:
            _schedule(notification, BACKOFF[attempt - 1])
