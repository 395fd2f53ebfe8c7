"""What tests of the way to the till share: an evening, a POS that answers as it is told, and words for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import responses
import time_machine
from django.conf import settings
from django_q.models import OrmQ

from orders.models import Alert, Injection

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
API = settings.LIGHTSPEED_API_URL
TO_GO = f"{API}/o/op/1/order/toGo"
DISCOUNTS = f"{API}/o/op/1/menu/discounts"
CHECKS = f"{API}/o/op/1/order/table/getCheck"
MESSAGE = f"{API}/o/op/1/printMsg"


def takes_orders(pos: responses.RequestsMock) -> responses.BaseResponse:
    return pos.post(TO_GO, json={"status": "ok"})


def refuses(pos: responses.RequestsMock, words: str) -> responses.BaseResponse:
    return pos.post(TO_GO, status=400, json={"status": 400, "message": words})


def while_sending(pos: responses.RequestsMock, meanwhile: Callable[[], object], status: int = 200) -> None:
    """The POS answers, but not before something else has happened."""

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        meanwhile()
        return status, {}, '{"status": "ok"}'

    pos.add_callback(responses.POST, TO_GO, callback=answer)


def attempts(injection: Injection) -> list[tuple[int, str]]:
    return list(injection.attempt_rows.values_list("number", "outcome"))


def minutes_later(clock: time_machine.Traveller, minutes: float) -> None:
    clock.shift(timedelta(minutes=minutes))


def queued() -> list[tuple[str, Any]]:
    """What waits for a worker: task and id."""
    return sorted((task.func(), task.args()[0]) for task in OrmQ.objects.all())


def alerts() -> list[tuple[str, str, int]]:
    """What the venue is to be told, or was."""
    return sorted(Alert.objects.values_list("about", "channel", "occurrence"))
