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

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database("what the till says is between it and storekit; test_vendor_words uses both kinds"),
]
State = Injection.State


def found(**columns: Any) -> Injection:
    """Wait for the injection with these values."""
    (row,) = eventually(lambda: list(Injection.objects.filter(**columns)))
    return row


def send_those_that_wait() -> None:
    """Let their minute be over in two seconds, for the ticker to find."""
    Injection.objects.filter(state=State.WAITING).update(next_attempt_at=timezone.now() + timedelta(seconds=2))


def has_status(service: Service, order_id: str, status: str) -> bool:
    return bool(service.read(order_id)["status"] == status)


def first_sku(order: dict[str, Any]) -> str:
    return str(order["items"][0]["sku"])


def test_a_bare_failure_fails_the_order_and_reaches_the_venue_within_seconds(service: Service, mails: Path) -> None:
    service.pos.switch_on(refuse_orders="the payment amount is greater than the amount due")
    started = time.monotonic()
    placed = service.place()
    text = written(mails)
    # Generous, for a busy machine; `make bench` measures it.
    assert time.monotonic() - started < 12
    assert "the payment amount is greater than the amount due" in text
    assert "Sending it again does not help" in text
    failed = service.read(placed["id"])["pos"]
    assert (failed["state"], failed["attempts"]) == ("failed", 1)
    notification = Notification.objects.get(status="FAILURE")
    assert sorted(notification.body) == ["reason", "status", "thirdPartyReference"]


def test_a_restricted_item_is_snoozed_by_its_name_and_the_rest_still_sells(service: Service, mails: Path) -> None:
    order = service.order()
    service.pos.switch_on(webhooks_off=True)
    service.pos.control(f"items/{first_sku(order)}/restrict")
    service.pos.clear_faults()
    service.place()
    (snooze,) = eventually(lambda: list(Snooze.objects.filter(cause="order_failure")))
    assert snooze.sku == first_sku(order)
    assert "sold out, so snoozed until" in written(mails)
    (error,) = service.post(service.order()).json()["errors"]
    assert error["code"] == "unavailable"
    assert Snooze.objects.filter(cause="order_failure").count() == 1


def test_an_item_on_no_menu_of_the_till_blames_no_sku(service: Service, mails: Path) -> None:
    sku = first_sku(service.order())
    service.pos.control(f"items/{sku}/disconnect")
    service.place()
    failed = found(state=State.FAILED)
    assert failed.error_code == "disconnected_item"
    assert f"({sku})" in failed.error
    assert "the till does not say which" in written(mails)


def test_a_till_with_an_old_menu_gets_the_order_once_more_after_a_minute_then_is_to_be_reloaded(
    service: Service, mails: Path
) -> None:
    service.pos.switch_on(stale_tills=1)
    service.place()
    waiting = found(revision=2)
    assert (waiting.state, waiting.error_code) == (State.WAITING, "stale_menu")
    assert waiting.next_attempt_at is not None
    assert timedelta(seconds=40) < waiting.next_attempt_at - timezone.now() < timedelta(seconds=61)
    send_those_that_wait()
    found(state=State.CONFIRMED)
    assert len(service.pos.orders_on_the_till()) == 1
    assert list(mails.glob("*.log")) == []

    # Another order, and a till that keeps its old menu.
    service.pos.switch_on(stale_tills=2)
    service.place()
    found(revision=2, state=State.WAITING)
    send_those_that_wait()
    found(state=State.FAILED)
    assert "Reload the iPads" in written(mails)


def test_an_order_for_later_goes_by_itself_when_the_till_is_ready(service: Service, mails: Path) -> None:
    service.pos.control("readiness", accepting=False)
    eventually(lambda: Connection.objects.filter(pos_ready=False).exists())
    dinner = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    later = service.place(scheduled_for=dinner.isoformat())
    text = written(mails)
    assert "open the Control center" in text
    assert "storekit sends it again as soon as the till takes online orders" in text
    assert service.post(service.order()).json()["errors"][0]["code"] == "pos_not_ready"
    # The till's word may be late, too: then the order is taken, and the till refuses it.
    Connection.objects.update(pos_ready=True, not_ready_reason="")
    now = service.place()
    eventually(lambda: Injection.objects.filter(state=State.FAILED).count() == 2)
    # The late word has arrived.
    Connection.objects.update(pos_ready=False)

    service.pos.control("readiness", status="READY")

    eventually(lambda: service.is_confirmed(later["id"]), seconds=30)
    assert service.read(now["id"])["pos"]["state"] == "failed"
    send_again(order=Injection.objects.get(state=State.FAILED).order, by="Anna")
    send_those_that_wait()
    eventually(lambda: service.is_confirmed(now["id"]))
    assert len(service.pos.orders_on_the_till()) == 2


def test_a_guest_known_under_another_reference_is_sent_without_the_address(
    service: Service, running_worker: Worker
) -> None:
    order = service.order()
    service.pos.control("consumers", email=order["customer"]["email"], reference="another-integration")
    placed = service.place()
    eventually(lambda: service.is_confirmed(placed["id"]))
    (on_till,) = service.pos.orders_on_the_till()
    assert "email" not in on_till["body"]["customerInfo"]


def test_an_order_that_is_only_received_fails_at_once(service: Service, mails: Path) -> None:
    service.pos.set_habits(acceptance="received")
    placed = service.place()
    assert "Ask Lightspeed's support to enable" in written(mails)
    failed = service.read(placed["id"])["pos"]
    assert (failed["state"], failed["attempts"]) == ("failed", 1)


def test_delivered_instead_of_success_or_the_closed_check_confirms_and_completes(
    service: Service, running_worker: Worker
) -> None:
    service.pos.set_habits(arrival="DELIVERED")
    placed = service.place()
    eventually(lambda: service.is_confirmed(placed["id"]))
    account = service.read(placed["id"])["pos"]["account"]
    for action, reached in (("ready", "ready"), ("delivered", "completed")):
        service.pos.control(f"checks/{account}/{action}")
        eventually(partial(has_status, service, placed["id"], reached))

    service.pos.set_habits(arrival="SILENT")
    unheard = service.place()
    eventually(lambda: len(service.pos.orders_on_the_till()) == 2)
    assert service.read(unheard["id"])["pos"]["state"] == "accepted"
    account = next(one["account"] for one in service.pos.orders_on_the_till() if one["account"] != account)
    service.pos.control(f"checks/{account}/close")
    eventually(lambda: service.read(unheard["id"])["pos"]["state"] == "confirmed")
    assert service.read(unheard["id"])["status"] == "completed"
