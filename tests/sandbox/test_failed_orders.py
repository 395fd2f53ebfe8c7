"""Failed orders and payments: their notifications, and the reasons in Lightspeed's words.

Source: integrators' logs, unless a test names the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from typing import Any

import pytest

from tests.sandbox.pos import HIGH_STREET, Json, Pos
from tests.sandbox.receiver import Receiver

COLA: Json = {"quantity": 1, "sku": "COLA01"}


def reason_of(pos: Pos, order: Json, kind: str = "toGo") -> str:
    """Send an order that is accepted and then fails. Return the reason."""
    answer = pos.send(order, kind)
    assert answer.status_code == 200, answer.text
    outcome = pos.outcome(order["thirdPartyReference"])
    assert outcome["status"] == "failed", outcome
    return str(outcome["reason"])


def test_a_bare_failed_order_has_only_its_status_reason_and_reference(notified: Pos, receiver: Receiver) -> None:
    notified.faults(refuse_orders="No staff")
    order = notified.order()
    notified.send(order)
    sent = receiver.wait_for(status="FAILURE")[0]
    assert sent == {
        "status": "FAILURE",
        "reason": "No staff",
        "thirdPartyReference": order["thirdPartyReference"],
    }


def test_a_bare_failed_payment_has_only_its_status_reason_and_reference(notified: Pos, receiver: Receiver) -> None:
    check = notified.control("POST", "checks", {"tableNumber": 4, "items": [COLA]})
    body = {
        "businessLocationId": HIGH_STREET,
        "endpointId": "storekit",
        "paymentAmount": "3.01",
        "thirdPartyPaymentReference": "pay-1",
        "iKaccountIdentifier": check["ikaccountId"],
        "paymentMethod": "APM",
    }
    notified.call("POST", "/o/op/1/pay", body)
    sent = receiver.wait_for(status="FAILURE")[0]
    assert sent == {
        "status": "FAILURE",
        "reason": "the payment amount is greater than the amount due",
        "thirdPartyReference": "pay-1",
    }


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([{"quantity": 1, "sku": "CHEESECAKE"}], "Could not add item Baked cheesecake (check sales restrictions)"),
        (
            [{"quantity": 1, "sku": "MEAL01", "subItems": [{"quantity": 6, "sku": "BROWNIE"}]}],
            "Could not add item Chocolate brownie (check sales restrictions)",
        ),
    ],
)
def test_a_restricted_item_is_named_by_its_name(pos: Pos, items: list[Json], reason: str) -> None:
    assert reason_of(pos, pos.order(items)) == reason


def test_a_restricted_topping_is_named_by_its_name(pos: Pos) -> None:
    pos.control("POST", "items/BACONX/restrict", {"count": 0})
    burger = {"quantity": 1, "sku": "BURGER01", "subItems": [{"quantity": 1, "sku": "BACONX"}]}
    assert reason_of(pos, pos.order([burger])) == "Could not add item Bacon (check sales restrictions)"


def test_an_unknown_sku_may_fail_at_the_till_and_is_then_named(pos: Pos) -> None:
    assert reason_of(pos, pos.order([{"quantity": 1, "sku": "GONE01"}])) == "Could not add item GONE01 (not found)"


def test_a_disconnected_item_fails_with_an_id_that_is_not_its_sku(pos: Pos) -> None:
    pos.control("POST", "items/COLA01/disconnect")
    words = reason_of(pos, pos.order([COLA]))
    identifier = words.removeprefix("Could not add item ").removesuffix(" (not found)")
    assert identifier.isdecimal()
    assert len(identifier) == 14
    pos.control("POST", "items/COLA01/connect")
    pos.take(pos.order([COLA]))


def test_a_till_with_an_old_menu_fails_some_orders(pos: Pos) -> None:
    pos.faults(stale_tills=1)
    words = reason_of(pos, pos.order([COLA]))
    assert words.startswith("No such item id: ")
    assert words.endswith(f", sku: COLA01, blId: {HIGH_STREET}")
    pos.take(pos.order([COLA]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, "The specified business location doesn't accept online orders at the moment."),
        ({"opened": False}, "The specified business location doesn't accept online orders at the moment."),
        ({"accepting": False}, "The specified business location doesn't accept online orders at the moment."),
        ({"devices": 0}, "No devices available to handle the task, the task has been rejected."),
    ],
)
def test_a_location_that_is_not_ready_fails_orders(pos: Pos, change: Json, reason: str) -> None:
    pos.control("POST", "readiness", change)
    assert reason_of(pos, pos.order()) == reason
    pos.control("POST", "readiness", {"status": "READY"})
    pos.take(pos.order())


def test_an_overpaid_order_fails(pos: Pos) -> None:
    payment = {"paymentMethod": "STOREKIT", "paymentAmount": "3.01"}
    assert reason_of(pos, pos.order([COLA], payment=payment)) == "the payment amount is greater than the amount due"


@pytest.mark.parametrize(
    ("items", "payment", "reason"),
    [
        ([{"quantity": 1, "sku": "CHEESECAKE"}], None, "Could not add item Baked cheesecake (restricted)"),
        (
            [COLA],
            {"paymentMethod": "STOREKIT", "paymentAmount": "3.01"},
            "Could not add payment: the amount is more than what is due",
        ),
    ],
)
def test_by_habit_the_reasons_are_in_other_words(
    pos: Pos, items: list[Json], payment: Json | None, reason: str
) -> None:
    """Words that nobody has seen yet are shown to staff as they are."""
    pos.habits(vendor_reasons=False)
    assert reason_of(pos, pos.order(items, payment=payment)) == reason


def test_an_underpaid_order_is_taken_and_leaves_its_check_open(pos: Pos) -> None:
    check = pos.take(pos.order([COLA], payment={"paymentMethod": "STOREKIT", "paymentAmount": "2.99"}))
    assert (check["currentAmount"], check["paidAmount"]) == (3.0, 2.99)


def test_a_sleeping_till_fails_orders_when_their_time_is_up(pos: Pos) -> None:
    pos.faults(till_asleep=True, validity=0.001)
    assert reason_of(pos, pos.order(maxTimeToAttemptOrderDeliverToPos=60_000)) == "Not processed before validity ended"


@pytest.mark.parametrize("kind", ["UPDATE_FAILED", "NATIVE_PAYMENT_NOT_SUPPORTED"])
def test_a_payment_can_fail_for_any_documented_reason(notified: Pos, receiver: Receiver, kind: str) -> None:
    """Source: the vendor's API documentation."""
    notified.habits(bare_payment_failures=False)
    notified.faults(refuse_payments=kind)
    check = notified.control("POST", "checks", {"items": [COLA]})
    body: dict[str, Any] = {
        "businessLocationId": HIGH_STREET,
        "endpointId": "storekit",
        "paymentAmount": 3,
        "thirdPartyPaymentReference": "pay-1",
        "iKaccountIdentifier": check["ikaccountId"],
    }
    notified.call("POST", "/o/op/1/pay", body)
    assert receiver.wait_for(type="PAYMENT", status="FAILURE")[0]["errors"] == {"account": {"type": kind}}


def test_the_till_page_offers_every_reason(pos: Pos) -> None:
    page = pos.http.get(f"{pos.base_url}/till", timeout=5).text
    for words in (
        "(check sales restrictions)",
        "Could not add item BURGER01 (not found)",
        "No such item id: ",
        "accept online orders at the moment.",
        "No devices available to handle the task, the task has been rejected.",
        "Not processed before validity ended",
        "the payment amount is greater than the amount due",
        "A consumer already exists for this email address with a different external reference.",
    ):
        assert f"{words}" in page
