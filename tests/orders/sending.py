"""What tests of sending orders share: an evening, a POS that answers as set up, and short forms for its answers."""

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


def while_sending(pos: responses.RequestsMock, during: Callable[[], object], status: int = 200) -> None:
    """Have the POS answer only after `during` has run."""

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        during()
        return status, {}, '{"status": "ok"}'

    pos.add_callback(responses.POST, TO_GO, callback=answer)


def attempts(injection: Injection) -> list[tuple[int, str]]:
    return list(injection.attempt_rows.values_list("number", "outcome"))


def minutes_later(clock: time_machine.Traveller, minutes: float) -> None:
    clock.shift(timedelta(minutes=minutes))


def queued() -> list[tuple[str, Any]]:
    """Return the queued tasks, each with its id."""
    return sorted((task.func(), task.args()[0]) for task in OrmQ.objects.all())


def alerts() -> list[tuple[str, str, int]]:
    """Return the alerts to the venue, sent or not, as subject, channel and occurrence."""
    return sorted(Alert.objects.values_list("about", "channel", "occurrence"))
