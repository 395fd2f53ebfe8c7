"""Webhooks: registration, the notifications sent, and retries.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import pytest

from tests.sandbox.pos import HIGH_STREET, RIVERSIDE, Json, Pos
from tests.sandbox.process import eventually
from tests.sandbox.receiver import Receiver

WEBHOOK = "/o/wh/1/webhook"
ENDPOINT: Json = {"endpointId": "kitchen", "url": "https://shop.example/hooks"}


def test_an_endpoint_is_created_shown_and_removed(pos: Pos) -> None:
    login = {"withBasicAuth": True, "username": "u", "password": "p"}
    made = pos.call("PUT", WEBHOOK, ENDPOINT | login).json()
    assert made["endpointId"] == "kitchen"
    assert "password" not in made
    assert pos.call("GET", f"{WEBHOOK}/kitchen").json() == made
    assert pos.call("DELETE", f"{WEBHOOK}/kitchen").status_code == 200
    assert pos.call("GET", f"{WEBHOOK}/kitchen").status_code == 404
    assert pos.call("DELETE", f"{WEBHOOK}/kitchen").status_code == 404


def test_endpoint_ids_are_case_sensitive(pos: Pos) -> None:
    pos.call("PUT", WEBHOOK, ENDPOINT)
    assert pos.call("GET", f"{WEBHOOK}/Kitchen").status_code == 404


def test_flags_left_out_of_an_update_fall_back_to_their_defaults(pos: Pos) -> None:
    pos.call("PUT", WEBHOOK, ENDPOINT | {"provideAccount": True, "subscribeTo": []})
    updated = pos.call("POST", WEBHOOK, ENDPOINT | {"url": "https://shop.example/new"}).json()
    assert updated["url"] == "https://shop.example/new"
    assert updated["provideAccount"] is False


def test_put_creates_a_new_endpoint_and_post_updates_an_existing_one(pos: Pos) -> None:
    assert pos.call("POST", WEBHOOK, ENDPOINT).status_code == 404
    assert pos.call("PUT", WEBHOOK, ENDPOINT).status_code == 200
    assert pos.call("PUT", WEBHOOK, ENDPOINT).status_code == 400


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "http://shop.example/hooks"}, "url"),
        ({"url": "ftp://127.0.0.1/hooks"}, "url"),
        ({"withBasicAuth": "yes"}, "withBasicAuth"),
        ({"withBasicAuth": True, "username": "u"}, "username"),
        ({"subscribeTo": [{"resource": "item", "name": "SOLD"}]}, "subscribeTo[0]"),
        ({"endpointId": 7}, "endpointId"),
    ],
)
def test_an_invalid_registration_is_refused(pos: Pos, changes: Json, field: str) -> None:
    answer = pos.call("PUT", WEBHOOK, ENDPOINT | changes)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_locations_are_added_and_removed(pos: Pos) -> None:
    pos.call("PUT", WEBHOOK, ENDPOINT)
    path = f"{WEBHOOK}/kitchen/business-locations"
    assert pos.call("GET", path).json() == []
    assert pos.call("PUT", f"{path}/{RIVERSIDE}").status_code == 200
    assert pos.call("PUT", f"{path}/1").status_code == 403
    assert [location["businessLocationId"] for location in pos.call("GET", path).json()] == [RIVERSIDE]
    assert pos.call("DELETE", f"{path}/{RIVERSIDE}").status_code == 200
    assert pos.call("DELETE", f"{path}/{RIVERSIDE}").status_code == 404
    assert pos.call("GET", f"{WEBHOOK}/nobody/business-locations").status_code == 404


def test_an_accepted_order_is_notified_with_the_endpoints_credentials(notified: Pos, receiver: Receiver) -> None:
    order = notified.order()
    notified.send(order)
    sent = receiver.wait_for(type="ORDER", status="SUCCESS")[0]
    assert sent["thirdPartyReference"] == order["thirdPartyReference"]
    assert sent["businessLocationId"] == HIGH_STREET
    assert sent["ikentooAccountIdentifier"] == notified.outcome(order["thirdPartyReference"])["account"]
    assert sent["ikentooAccountId"].isdecimal()
    assert "account" not in sent
    assert receiver.logins == ["pos:pa:ss"]


def test_a_refused_order_is_notified_with_the_reason(notified: Pos, receiver: Receiver) -> None:
    """Source: the vendor's API documentation. Usually it has no type; see test_failed_orders.py."""
    notified.habits(bare_order_failures=False)
    notified.send(notified.order([{"quantity": 1, "sku": "CHEESECAKE"}]))
    sent = receiver.wait_for(type="ORDER", status="FAILURE")[0]
    assert sent["reason"] == "Could not add item Baked cheesecake (check sales restrictions)"
    assert "ikentooAccountIdentifier" not in sent


def test_the_account_is_included_when_requested(anonymous: Pos, receiver: Receiver) -> None:
    anonymous.log_in()
    anonymous.register(receiver.url, provideAccount=True)
    anonymous.send(anonymous.order())
    account = receiver.wait_for(status="SUCCESS")[0]["account"]
    assert account["currentAmount"] == 12.5


def test_actions_of_staff_on_an_order_are_notified(notified: Pos, receiver: Receiver) -> None:
    order = notified.order(accountProfileCode="delivery")
    account = notified.take(order)["ikaccountId"]
    for action, status in [("ready", "READY_FOR_PICKUP"), ("in-delivery", "IN_DELIVERY"), ("close", "CLOSED")]:
        notified.control("POST", f"checks/{account}/{action}")
        sent = receiver.wait_for(type="ORDER", status=status)[0]
        assert sent["thirdPartyReference"] == order["thirdPartyReference"]


def test_delivered_is_sent_only_to_subscribers(anonymous: Pos, receiver: Receiver) -> None:
    anonymous.log_in()
    anonymous.register(receiver.url, subscribeTo=[{"resource": "order", "name": "DELIVERED"}])
    anonymous.control("POST", f"checks/{anonymous.take(anonymous.order())['ikaccountId']}/delivered")
    receiver.wait_for(type="ORDER", status="DELIVERED")


def test_a_check_opened_by_staff_is_notified_without_a_reference(notified: Pos, receiver: Receiver) -> None:
    check = notified.control("POST", "checks", {"tableNumber": 3, "items": [{"sku": "COLA01", "quantity": 1}]})
    sent = receiver.wait_for(type="ORDER", status="CHECK_WAS_UPDATED")[0]
    assert sent["ikentooAccountIdentifier"] == check["ikaccountId"]
    assert "thirdPartyReference" not in sent


def test_a_restriction_is_notified_with_its_count_and_its_removal_too(notified: Pos, receiver: Receiver) -> None:
    notified.control("POST", "items/COLA01/restrict", {"count": 4})
    sent = receiver.wait_for(type="ITEM", sku="COLA01", status="RESTRICTED")[0]
    assert (sent["count"], sent["businessLocationId"]) == (4, HIGH_STREET)
    notified.take(notified.order([{"quantity": 3, "sku": "COLA01"}]))
    receiver.wait_for(type="ITEM", sku="COLA01", status="RESTRICTED", count=1)
    notified.control("POST", "items/COLA01/release")
    lifted = receiver.wait_for(type="ITEM", sku="COLA01", status="NOT_RESTRICTED")[0]
    assert lifted["count"] is None
    assert lifted["countUpdatedAt"] > sent["countUpdatedAt"]


def test_readiness_is_notified(notified: Pos, receiver: Receiver) -> None:
    notified.control("POST", "readiness", {"status": "NOT_READY"})
    sent = receiver.wait_for(type="ORDER_API", status="NOT_READY")[0]
    assert sent["posStatus"]["acceptingOnlineOrders"] is False


def test_items_are_notified_only_for_added_locations_and_subscriptions(anonymous: Pos, receiver: Receiver) -> None:
    anonymous.log_in()
    anonymous.register(receiver.url, subscribeTo=[{"resource": "order_api", "name": "ONLINE_ORDER_READINESS"}])
    anonymous.control("POST", "items/COLA01/restrict", {"count": 4})
    anonymous.call("DELETE", f"{WEBHOOK}/storekit/business-locations/{HIGH_STREET}")
    anonymous.control("POST", "readiness", {"status": "NOT_READY"})
    assert anonymous.state()["notifications"] == []


def test_a_notification_is_retried_until_the_response_is_200(notified: Pos, receiver: Receiver) -> None:
    receiver.answers = [500, 204]
    notified.send(notified.order())
    receiver.wait_for(3, type="ORDER", status="SUCCESS")
    sent = eventually(lambda: [row for row in notified.state()["notifications"] if row["delivered"]])[0]
    assert (sent["attempts"], sent["answerStatus"]) == (3, 200)
    assert sent["url"] == receiver.url


def test_a_notification_to_a_dead_address_stays_undelivered(pos: Pos) -> None:
    pos.send(pos.order())
    attempted = eventually(lambda: [row for row in pos.state()["notifications"] if row["attempts"]])[0]
    assert attempted["delivered"] is False
    assert attempted["answerStatus"] is None


def test_notifications_can_be_duplicated(notified: Pos, receiver: Receiver) -> None:
    notified.faults(webhook_twice=True)
    notified.send(notified.order())
    receiver.wait_for(2, type="ORDER", status="SUCCESS")


def test_notifications_can_be_reordered(notified: Pos, receiver: Receiver) -> None:
    notified.faults(webhook_shuffle=True)
    account = notified.take(notified.order())["ikaccountId"]
    notified.control("POST", f"checks/{account}/close")
    receiver.wait_for(type="ORDER", status="SUCCESS")
    assert [body["status"] for body in receiver.bodies] == ["CLOSED", "SUCCESS"]


def test_notifications_can_be_switched_off(notified: Pos, receiver: Receiver) -> None:
    notified.faults(webhooks_off=True)
    notified.take(notified.order())
    notified.faults(webhooks_off=False)
    notified.take(notified.order(thirdPartyReference="the-second"))
    receiver.wait_for(thirdPartyReference="the-second")
    assert len(receiver.bodies) == 1


def test_nothing_is_sent_to_a_removed_endpoint(notified: Pos, receiver: Receiver) -> None:
    notified.faults(webhook_delay=0.2)
    notified.take(notified.order())
    notified.call("DELETE", f"{WEBHOOK}/storekit")
    notified.register(receiver.url, endpointId="another")
    notified.control("POST", "items/COLA01/restrict", {"count": 4})
    receiver.wait_for(type="ITEM")
    assert [body["type"] for body in receiver.bodies] == ["ITEM"]
