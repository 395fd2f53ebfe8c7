"""The till fails orders in Lightspeed's own words, without type or location: each has its reaction, over sockets."""

import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Connection, Notification
from menus.models import Snooze
from orders.models import Injection
from orders.staff_actions import send_again
from tests.e2e.conftest import Service
from tests.e2e.mail import written
from tests.support.processes import Worker
from tests.support.sandbox import eventually

pytestmark = pytest.mark.django_db(transaction=True)
State = Injection.State

REAL = {
    "bare_order_failures": True,
    "vendor_reasons": True,
    "readiness_enforced": True,
    "unknown_items_fail_later": True,
    "devices_as_flag": True,
}


@pytest.fixture
def real(service: Service) -> Service:
    """The venue in service; its POS fails orders as the real one does."""
    service.pos.set_habits(**REAL)
    return service


def found(**columns: Any) -> Injection:
    """Wait for the injection with these values."""
    (row,) = eventually(lambda: list(Injection.objects.filter(**columns)))
    return row


def has_status(service: Service, order_id: str, status: str) -> bool:
    return bool(service.read(order_id)["status"] == status)


def first_sku(order: dict[str, Any]) -> str:
    return str(order["items"][0]["sku"])


def test_a_bare_failure_fails_the_order_and_reaches_the_venue_within_seconds(real: Service, mails: Path) -> None:
    real.pos.switch_on(refuse_orders="the payment amount is greater than the amount due")
    started = time.monotonic()
    placed = real.place()
    text = written(mails)
    # Generous, for a busy machine; `make bench` measures it.
    assert time.monotonic() - started < 12
    assert "the payment amount is greater than the amount due" in text
    assert "Sending it again does not help" in text
    failed = real.read(placed["id"])["pos"]
    assert (failed["state"], failed["attempts"]) == ("failed", 1)
    notification = Notification.objects.get(status="FAILURE")
    assert sorted(notification.body) == ["reason", "status", "thirdPartyReference"]


def test_a_restricted_item_is_snoozed_by_its_name_and_the_rest_still_sells(real: Service, mails: Path) -> None:
    order = real.order()
    real.pos.switch_on(webhooks_off=True)
    real.pos.control(f"items/{first_sku(order)}/restrict")
    real.pos.clear_faults()
    real.place()
    (snooze,) = eventually(lambda: list(Snooze.objects.filter(cause="order_failure")))
    assert snooze.sku == first_sku(order)
    assert "sold out, so snoozed until" in written(mails)
    (error,) = real.post(real.order()).json()["errors"]
    assert error["code"] == "unavailable"
    assert Snooze.objects.filter(cause="order_failure").count() == 1


def test_an_item_on_no_menu_of_the_till_blames_no_sku(real: Service, mails: Path) -> None:
    sku = first_sku(real.order())
    real.pos.control(f"items/{sku}/disconnect")
    real.place()
    failed = found(state=State.FAILED)
    assert failed.error_code == "disconnected_item"
    assert f"({sku})" in failed.error
    assert "the till does not say which" in written(mails)


def test_a_till_with_an_old_menu_gets_the_order_once_more_after_a_minute(real: Service, mails: Path) -> None:
    real.pos.switch_on(stale_tills=1)
    real.place()
    waiting = found(revision=2)
    assert (waiting.state, waiting.error_code) == (State.WAITING, "stale_menu")
    assert waiting.next_attempt_at is not None
    assert timedelta(seconds=40) < waiting.next_attempt_at - timezone.now() < timedelta(seconds=61)
    Injection.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=2))
    found(state=State.CONFIRMED)
    assert len(real.pos.orders_on_the_till()) == 1
    assert list(mails.glob("*.log")) == []


def test_a_till_that_keeps_its_old_menu_is_to_be_reloaded(real: Service, mails: Path) -> None:
    real.pos.switch_on(stale_tills=2)
    real.place()
    found(revision=2)
    Injection.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=2))
    found(state=State.FAILED)
    assert "Reload the iPads" in written(mails)


@pytest.mark.parametrize(
    ("readiness", "advice"),
    [({"accepting": False}, "open the Control center"), ({"devices": 0}, "Wake an iPad")],
)
def test_an_order_for_later_goes_by_itself_when_the_till_is_ready(
    real: Service, mails: Path, readiness: dict[str, Any], advice: str
) -> None:
    real.pos.control("readiness", **readiness)
    eventually(lambda: Connection.objects.filter(pos_ready=False).exists())
    dinner = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    later = real.place(scheduled_for=dinner.isoformat())
    text = written(mails)
    assert advice in text
    assert "storekit sends it again as soon as the till takes online orders" in text
    now = real.place()
    eventually(lambda: Injection.objects.filter(state=State.FAILED).count() == 2)

    real.pos.control("readiness", status="READY")

    eventually(lambda: real.is_confirmed(later["id"]), seconds=30)
    assert real.read(now["id"])["pos"]["state"] == "failed"
    send_again(order=Injection.objects.get(state=State.FAILED).order, by="Anna")
    Injection.objects.filter(state=State.WAITING).update(next_attempt_at=timezone.now() + timedelta(seconds=2))
    eventually(lambda: real.is_confirmed(now["id"]))
    assert len(real.pos.orders_on_the_till()) == 2


def test_a_guest_known_under_another_reference_is_sent_without_the_address(
    real: Service, running_worker: Worker
) -> None:
    order = real.order()
    real.pos.control("consumers", email=order["customer"]["email"], reference="another-integration")
    placed = real.place()
    eventually(lambda: real.is_confirmed(placed["id"]))
    (on_till,) = real.pos.orders_on_the_till()
    assert "email" not in on_till["body"]["customerInfo"]


def test_an_order_that_is_only_received_fails_at_once(real: Service, mails: Path) -> None:
    real.pos.set_habits(acceptance="received")
    placed = real.place()
    assert "Ask Lightspeed's support to enable" in written(mails)
    failed = real.read(placed["id"])["pos"]
    assert (failed["state"], failed["attempts"]) == ("failed", 1)


def test_delivered_instead_of_success_confirms_and_later_completes(real: Service, running_worker: Worker) -> None:
    real.pos.set_habits(arrival="DELIVERED")
    placed = real.place()
    eventually(lambda: real.is_confirmed(placed["id"]))
    account = real.read(placed["id"])["pos"]["account"]
    for action, reached in (("ready", "ready"), ("delivered", "completed")):
        real.pos.control(f"checks/{account}/{action}")
        eventually(partial(has_status, real, placed["id"], reached))


def test_a_silent_pos_confirms_by_closing_the_check(real: Service, running_worker: Worker) -> None:
    real.pos.set_habits(arrival="SILENT")
    placed = real.place()
    (on_till,) = eventually(real.pos.orders_on_the_till)
    assert real.read(placed["id"])["pos"]["state"] == "accepted"
    real.pos.control(f"checks/{on_till['account']}/close")
    eventually(lambda: real.read(placed["id"])["pos"]["state"] == "confirmed")
    assert real.read(placed["id"])["status"] == "completed"
