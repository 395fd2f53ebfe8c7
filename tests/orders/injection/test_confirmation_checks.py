"""Orders accepted and never confirmed: after the deadline storekit searches the open checks, then alerts the venue."""

from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.utils import timezone

from integrations.pos import OrderEvent, OrderUpdate
from orders.injection.confirmation_checks import GRACE, MOST_CHECKS
from orders.injection.pos_events import apply_order_update
from orders.injection.send import inject
from orders.models import CheckIdentifier, Injection, InjectionAttempt, Order
from orders.staff_actions import send_again
from orders.tasks import look_for_order, sweep_unconfirmed
from tests import factories
from tests.orders.sending import CHECKS, NOW, TO_GO, alerts, minutes_later, queued

State = Injection.State
ONE_CHECK = CHECKS.replace("/order/table/getCheck", "/order/accounts/A7.7")


@pytest.fixture
def unconfirmed(waiting: Injection) -> Injection:
    """Accepted for a till that should have had it by now."""
    Injection.objects.update(
        state=State.ACCEPTED, next_attempt_at=None, accepted_at=NOW, attempts=1, deliver_by=NOW - GRACE
    )
    InjectionAttempt.objects.create(
        injection=waiting, number=1, reference=waiting.reference, lease=waiting.order_id, outcome="accepted"
    )
    waiting.refresh_from_db()
    return waiting


def check(**fields: Any) -> dict[str, Any]:
    """One open check as the POS answers it, of somebody else."""
    return {
        "ikaccountId": "A1.1",
        "name": "Grace",
        "currentAmount": 20,
        "paidAmount": 0,
        "salesEntries": [],
        "paymentEntries": [],
    } | fields


def paid_with(reference: str, **fields: Any) -> dict[str, Any]:
    return {"paymentEntries": [{"externalReference": reference, "amountPaid": 10} | fields]}


def test_an_order_whose_payment_is_on_an_open_check_is_confirmed_by_it(
    unconfirmed: Injection, pos: responses.RequestsMock
) -> None:
    pos.get(CHECKS, json=[check(), check(ikaccountId="A78094.48", **paid_with(unconfirmed.reference))])
    assert look_for_order(unconfirmed.pk) == "confirmed"
    unconfirmed.refresh_from_db()
    assert (unconfirmed.account, unconfirmed.confirmed_at) == ("A78094.48", NOW)
    assert Order.objects.get().status == Order.Status.CONFIRMED
    assert alerts() == []


def test_an_inactive_payment_does_not_confirm_an_order(unconfirmed: Injection, pos: responses.RequestsMock) -> None:
    pos.get(CHECKS, json=[check(**paid_with(unconfirmed.reference, active=False))])
    assert look_for_order(unconfirmed.pk) == "failed"


def test_an_order_that_is_not_found_fails_and_the_venue_is_alerted(
    unconfirmed: Injection, pos: responses.RequestsMock
) -> None:
    pos.get(CHECKS, json=[check()])
    assert look_for_order(unconfirmed.pk) == "failed"
    unconfirmed.refresh_from_db()
    assert (unconfirmed.error_code, unconfirmed.failures, unconfirmed.failed_at) == ("never_confirmed", 1, NOW)
    assert "no till confirmed it in time" in unconfirmed.error
    assert "Check the till" in unconfirmed.error
    assert "A1.1" not in unconfirmed.error
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "Ada L.", "currentAmount": "10.00"}, True),
        ({"name": "Ada L.", "currentAmount": "12.00"}, False),
        ({"name": "Grace", "currentAmount": "10.00"}, False),
    ],
)
def test_a_check_with_the_guests_name_and_the_same_total_is_named(
    unconfirmed: Injection, pos: responses.RequestsMock, fields: dict[str, Any], named: bool
) -> None:
    pos.get(CHECKS, json=[check(ikaccountId="A7.7", **fields)])
    look_for_order(unconfirmed.pk)
    unconfirmed.refresh_from_db()
    assert ("A7.7" in unconfirmed.error) is named


@pytest.mark.parametrize(("sku", "named"), [("BURGER", True), ("SALAD", False)])
def test_a_free_order_is_matched_by_its_items(
    unconfirmed: Injection, pos: responses.RequestsMock, sku: str, named: bool
) -> None:
    Order.objects.update(total=0, discount=10, payment_amount=0)
    entries = [{"itemSku": sku, "quantity": 1}]
    pos.get(CHECKS, json=[check(ikaccountId="A7.7", name="Ada", currentAmount=0, salesEntries=entries)])
    look_for_order(unconfirmed.pk)
    unconfirmed.refresh_from_db()
    assert ("A7.7" in unconfirmed.error) is named


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ([], "It was to be added to check A7.7, which is no longer open."),
        ([check(ikaccountId="A7.7")], "does not have all of its items"),
        ([check(ikaccountId="A7.7", salesEntries=[{"itemSku": "BURGER", "quantity": "2.0"}])], "it is probably there"),
    ],
)
def test_an_order_added_to_an_open_check_is_searched_for_there(
    unconfirmed: Injection, pos: responses.RequestsMock, checks: list[dict[str, Any]], words: str
) -> None:
    Order.objects.update(open_account="A7.7", payment_status="unpaid", payment_amount=0)
    pos.get(CHECKS, json=checks)
    pos.get(ONE_CHECK, json={"message": "account not found for BL 123"}, status=404)
    assert look_for_order(unconfirmed.pk) == "failed", "nothing there is certain"
    unconfirmed.refresh_from_db()
    assert words in unconfirmed.error


@pytest.mark.parametrize("listed", [[], [check()]])
def test_a_bill_that_is_not_listed_is_asked_for_before_it_is_called_gone(
    unconfirmed: Injection, pos: responses.RequestsMock, listed: list[dict[str, Any]]
) -> None:
    """Lightspeed lists checks of the past 15 hours, and answers with a renamed one to its former identifier."""
    Order.objects.update(open_account="A7.7", payment_status="unpaid", payment_amount=0)
    pos.get(CHECKS, json=listed)
    lines = [{"itemSku": "BURGER", "quantity": "2.0"}]
    pos.get(ONE_CHECK, json=check(ikaccountId="A7.9", salesEntries=lines))
    look_for_order(unconfirmed.pk)
    unconfirmed.refresh_from_db()
    assert "it is probably there" in unconfirmed.error


def test_a_renamed_bill_is_searched_for_by_its_present_identifier(
    unconfirmed: Injection, pos: responses.RequestsMock
) -> None:
    Order.objects.update(open_account="A7.7", payment_status="unpaid", payment_amount=0)
    first = factories.OrderFactory(venue=unconfirmed.order.venue)
    Injection.objects.filter(order=first).update(state="confirmed", account="A7.9", next_attempt_at=None)
    CheckIdentifier.objects.create(injection=first.injection, identifier="A7.7")
    pos.get(CHECKS, json=[check(ikaccountId="A7.9", salesEntries=[{"itemSku": "BURGER", "quantity": "2.0"}])])
    look_for_order(unconfirmed.pk)
    unconfirmed.refresh_from_db()
    assert "check A7.9, which has all of its items: it is probably there" in unconfirmed.error


# --- When ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        {"deliver_by": NOW - GRACE + timedelta(seconds=1)},
        {"deliver_by": None},
        {"state": State.CONFIRMED},
        {"state": State.FAILED},
        {"lease_until": NOW + timedelta(seconds=1)},
    ],
)
def test_an_order_that_is_not_overdue_is_not_checked(
    unconfirmed: Injection, pos: responses.RequestsMock, columns: dict[str, Any]
) -> None:
    Injection.objects.update(**columns)
    assert look_for_order(unconfirmed.pk) == "not due"
    assert sweep_unconfirmed() == "0 to check"
    assert len(pos.calls) == 0


def test_an_order_without_a_deadline_is_checked_after_an_hour(
    unconfirmed: Injection, pos: responses.RequestsMock
) -> None:
    Injection.objects.update(deliver_by=None, accepted_at=NOW - timedelta(hours=1))
    pos.get(CHECKS, json=[])
    assert sweep_unconfirmed() == "1 to check"
    assert look_for_order(unconfirmed.pk) == "failed"


def test_the_sweep_finds_overdue_orders(unconfirmed: Injection) -> None:
    assert sweep_unconfirmed() == "1 to check"
    assert queued() == [("orders.tasks.look_for_order", unconfirmed.pk)]


def test_a_pos_that_cannot_be_reached_is_asked_a_few_more_times(
    unconfirmed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, status=503)
    words = []
    for _ in range(MOST_CHECKS):
        words.append(look_for_order(unconfirmed.pk))
        assert look_for_order(unconfirmed.pk) == "not due"
        unconfirmed.refresh_from_db()
        clock.move_to(unconfirmed.lease_until or timezone.now())
    assert words == ["accepted", "accepted", "accepted", "failed"]
    assert timezone.now() - NOW <= timedelta(minutes=3)
    assert (unconfirmed.error_code, len(pos.calls)) == ("never_confirmed", MOST_CHECKS)
    assert "storekit could not look it up" in unconfirmed.error


def test_a_pos_that_can_be_reached_again_confirms_the_order(
    unconfirmed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, status=503)
    look_for_order(unconfirmed.pk)
    pos.replace(responses.GET, CHECKS, json=[check(**paid_with(unconfirmed.reference))])
    minutes_later(clock, 1)
    assert look_for_order(unconfirmed.pk) == "confirmed"


def test_a_check_that_kills_its_process_every_time_is_given_up(
    unconfirmed: Injection, clock: time_machine.Traveller
) -> None:
    Injection.objects.update(confirmation_checks=MOST_CHECKS)
    assert look_for_order(unconfirmed.pk) == "failed"


# --- What happens before the check -----------------------------------------------------------------------------------


def said(injection: Injection, event: OrderEvent) -> str:
    update = OrderUpdate(event=event, reference=injection.reference, account="A9.9", reason="no")
    return apply_order_update(injection.order.venue, update)


def test_a_confirmation_during_the_check_wins(unconfirmed: Injection, pos: responses.RequestsMock) -> None:
    def answer(_: object) -> tuple[int, dict[str, str], str]:
        said(unconfirmed, OrderEvent.CONFIRMED)
        return 200, {}, "[]"

    pos.add_callback(responses.GET, CHECKS, callback=answer)
    assert look_for_order(unconfirmed.pk) == "superseded"
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.account) == (State.CONFIRMED, "A9.9")


def test_a_late_confirmation_still_confirms(unconfirmed: Injection, pos: responses.RequestsMock) -> None:
    pos.get(CHECKS, json=[])
    look_for_order(unconfirmed.pk)
    assert said(unconfirmed, OrderEvent.CONFIRMED) == "confirmed"
    unconfirmed.refresh_from_db()
    assert (unconfirmed.state, unconfirmed.error) == (State.CONFIRMED, "")


def test_a_late_confirmation_after_an_alert_warns_of_a_duplicate(
    unconfirmed: Injection, pos: responses.RequestsMock
) -> None:
    pos.get(CHECKS, json=[])
    look_for_order(unconfirmed.pk)
    unconfirmed.order.alerts.filter(channel="email").update(sent_at=NOW, next_attempt_at=None)
    said(unconfirmed, OrderEvent.CONFIRMED)
    assert alerts()[:2] == [("double", "email", 1), ("double", "till", 1)]


def test_an_order_cancelled_before_the_check_alerts_only_the_till(
    unconfirmed: Injection, pos: responses.RequestsMock
) -> None:
    Order.objects.update(status=Order.Status.CANCELLED)
    pos.get(CHECKS, json=[])
    assert look_for_order(unconfirmed.pk) == "failed"
    assert alerts() == [("cancelled", "till", 1)]


# --- Sent again by a person, and known to the POS already ------------------------------------------------------------


@pytest.fixture
def sent_again(unconfirmed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller) -> Injection:
    """It was never confirmed and is not on any check; a quarter of an hour later somebody sends it again."""
    InjectionAttempt.objects.update(started_at=NOW - timedelta(minutes=11))
    pos.get(CHECKS, json=[check()])
    assert look_for_order(unconfirmed.pk) == "failed"
    pos.post(TO_GO, status=409, json={"status": "fail", "msg": "reference has already been used"})
    minutes_later(clock, 4)
    send_again(order=Order.objects.get(), by="Ben")
    assert inject(injection_id=unconfirmed.pk) == "accepted"
    return unconfirmed


def test_an_order_that_the_pos_has_had_for_long_is_checked_at_once(sent_again: Injection) -> None:
    assert sweep_unconfirmed() == "1 to check"
    assert look_for_order(sent_again.pk) == "failed"
    assert alerts() == [("failed", "email", 1), ("failed", "email", 2), ("failed", "till", 1), ("failed", "till", 2)]


@pytest.mark.django_db(transaction=True)
def test_the_check_is_queued_when_the_duplicate_is_recorded(sent_again: Injection) -> None:
    assert ("orders.tasks.look_for_order", sent_again.pk) in queued()


def test_staff_are_warned_not_to_send_it_again(unconfirmed: Injection, pos: responses.RequestsMock) -> None:
    pos.get(CHECKS, json=[check()])
    look_for_order(unconfirmed.pk)
    unconfirmed.refresh_from_db()
    assert "enter it by hand" in unconfirmed.error
    assert "Do not send it again: the POS would only answer that it already has it." in unconfirmed.error


def test_an_order_that_may_have_just_arrived_keeps_its_full_deadline(
    unconfirmed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    InjectionAttempt.objects.update(started_at=NOW - timedelta(minutes=11))
    pos.get(CHECKS, json=[check()])
    look_for_order(unconfirmed.pk)
    send_again(order=Order.objects.get(), by="Ben")
    pos.post(TO_GO, body=requests.ReadTimeout("no answer"))
    assert inject(injection_id=unconfirmed.pk) == "waiting"
    pos.replace(responses.POST, TO_GO, status=409, json={"status": "fail", "msg": "reference has already been used"})
    minutes_later(clock, 1)
    assert inject(injection_id=unconfirmed.pk) == "accepted"
    unconfirmed.refresh_from_db()
    assert unconfirmed.deliver_by is not None
    assert unconfirmed.deliver_by - NOW == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=6))


# --- A POS that asks for a wait --------------------------------------------------------------------------------------


def test_the_wait_that_the_pos_asks_for_is_kept(
    unconfirmed: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, status=429, headers={"Retry-After": "120"})
    assert look_for_order(unconfirmed.pk) == "accepted"
    minutes_later(clock, 1.9)
    assert look_for_order(unconfirmed.pk) == "not due"
    minutes_later(clock, 0.2)
    assert look_for_order(unconfirmed.pk) == "accepted"


def test_a_wait_that_leaves_no_time_to_act_is_not_accepted(unconfirmed: Injection, pos: responses.RequestsMock) -> None:
    pos.get(CHECKS, status=429, headers={"Retry-After": "3600"})
    assert look_for_order(unconfirmed.pk) == "failed"
    assert alerts() == [("failed", "email", 1), ("failed", "till", 1)]
