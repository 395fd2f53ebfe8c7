"""Acceptance and arrival: what the POS says of an order, and what it may leave out.

Sources: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/) and integrators' logs.
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.pos import Json, Pos
from tests.sandbox.receiver import Receiver


def subscribed(anonymous: Pos, receiver: Receiver, *subscriptions: Json) -> Pos:
    anonymous.log_in()
    anonymous.register(receiver.url, subscribeTo=list(subscriptions))
    anonymous.faults(order_delay=0.01)
    return anonymous


DELIVERED = {"resource": "order", "name": "DELIVERED"}


def test_a_business_whose_api_was_never_enabled_only_receives_orders(notified: Pos, receiver: Receiver) -> None:
    """The order never reaches a till; repeating it does not help."""
    notified.habits(acceptance="received")
    order = notified.order()
    for _ in range(2):
        assert notified.send(order).json() == {"status": "received"}
    notified.habits(acceptance="ok")
    notified.take(notified.order(thirdPartyReference="the-next"))
    receiver.wait_for(thirdPartyReference="the-next")
    assert len(receiver.bodies) == 1
    statuses = {row["reference"]: row["status"] for row in notified.state()["orders"]}
    assert statuses == {order["thirdPartyReference"]: "ignored", "the-next": "on_till"}


def test_an_arrived_order_may_be_delivered_instead_of_success(anonymous: Pos, receiver: Receiver) -> None:
    pos = subscribed(anonymous, receiver, DELIVERED)
    pos.habits(arrival="DELIVERED")
    pos.take(pos.order())
    receiver.wait_for(type="ORDER", status="DELIVERED")
    assert len(receiver.bodies) == 1


def test_delivered_needs_its_subscription(anonymous: Pos, receiver: Receiver) -> None:
    pos = subscribed(anonymous, receiver)
    pos.habits(arrival="DELIVERED")
    account = pos.take(pos.order())["ikaccountId"]
    pos.control("POST", f"checks/{account}/delivered")
    pos.control("POST", f"checks/{account}/close")
    receiver.wait_for(type="ORDER", status="CLOSED")
    assert len(receiver.bodies) == 1


def test_the_arrival_may_not_be_notified_at_all(notified: Pos, receiver: Receiver) -> None:
    """The order is among the open checks, and its CLOSED comes."""
    notified.habits(arrival="SILENT")
    account = notified.take(notified.order())["ikaccountId"]
    notified.control("POST", f"checks/{account}/close")
    assert receiver.wait_for(type="ORDER")[0]["status"] == "CLOSED"
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(("as_number", "kind"), [(True, int), (False, str)])
def test_the_account_id_is_a_number_or_a_string(notified: Pos, receiver: Receiver, as_number: bool, kind: type) -> None:
    notified.habits(account_id_as_number=as_number)
    notified.take(notified.order())
    assert type(receiver.wait_for(status="SUCCESS")[0]["ikentooAccountId"]) is kind


def test_the_lifetime_of_a_scheduled_order_counts_from_its_time(pos: Pos) -> None:
    pos.faults(till_asleep=True, validity=0.001)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    pos.send(pos.order(scheduledTimeForOrderAsIso8601=soon, maxTimeToAttemptOrderDeliverToPos=60_000))
    later = pos.order(maxTimeToAttemptOrderDeliverToPos=60_000)
    pos.send(later)
    assert pos.outcome(later["thirdPartyReference"])["status"] == "failed"
    assert [row["status"] for row in pos.state()["orders"]] == ["accepted", "failed"]


def test_a_payment_in_an_order_needs_only_its_amount(pos: Pos) -> None:
    check = pos.take(pos.order(payment={"paymentAmount": 12.5}))
    assert check["paidAmount"] == 12.5


def test_a_delivery_order_requires_a_customer(pos: Pos) -> None:
    answer = pos.send(pos.order(accountProfileCode="delivery", customerInfo=None))
    assert answer.json()["errors"][0]["field"] == "customerInfo"


def test_a_custom_name_is_refused_where_the_menu_does_not_enable_it(pos: Pos) -> None:
    answer = pos.send(pos.order([{"quantity": 1, "sku": "COLA01", "customItemName": "Cola, no ice"}]))
    assert answer.json()["errors"][0]["field"] == "items[0].customItemName"
    pos.habits(strict_custom_names=False)
    check = pos.take(pos.order([{"quantity": 1, "sku": "COLA01", "customItemName": "Cola, no ice"}]))
    assert check["salesEntries"][0]["itemName"] == "Cola"


def test_only_a_manual_discount_can_be_overridden(pos: Pos) -> None:
    def order(**discount: object) -> Json:
        return pos.order([{"quantity": 1, "sku": "BURGER01", **discount}])

    answer = pos.send(order(discountCode="HALF", discountAmountOverride=1))
    assert answer.json()["errors"][0]["field"] == "items[0].discountCode"
    assert pos.take(order(discountCode="HALF"))["currentAmount"] == 6.25
    pos.control("POST", "discounts/AUTO/add", {"discountAmount": 2, "manual": False})
    assert pos.send(order(discountCode="AUTO", discountPercentOverride=5)).status_code == 400
    assert pos.take(order(discountCode="FIVE", discountAmountOverride=1))["currentAmount"] == 11.5


@pytest.mark.parametrize("override", ["discountAmountOverride", "discountPercentOverride"])
def test_an_override_needs_a_discount_code(pos: Pos, override: str) -> None:
    answer = pos.send(pos.order([{"quantity": 1, "sku": "BURGER01", override: 1}]))
    assert answer.json()["errors"][0]["field"] == "items[0].discountCode"


def test_only_active_order_profiles_are_listed_and_accepted(pos: Pos) -> None:
    def listed() -> set[str]:
        return {row["code"] for row in pos.get("/o/op/data/account-profiles").json()["accountProfileList"]}

    assert "oldapp" not in listed()
    assert pos.send(pos.order(accountProfileCode="oldapp")).json()["errors"][0]["field"] == "accountProfileCode"
    assert pos.get("/o/op/2/menu/load/168", accountProfile="oldapp").status_code == 400
    pos.control("POST", "profiles/oldapp/activate")
    pos.control("POST", "profiles/dinein/deactivate")
    assert "oldapp" in listed()
    assert "dinein" not in listed()
    pos.take(pos.order(accountProfileCode="oldapp"))
