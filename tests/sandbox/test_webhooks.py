"""Webhooks: who is registered, who is told what, and what becomes of a notification that nobody takes."""

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


def test_names_of_endpoints_are_case_sensitive(pos: Pos) -> None:
    pos.call("PUT", WEBHOOK, ENDPOINT)
    assert pos.call("GET", f"{WEBHOOK}/Kitchen").status_code == 404


def test_an_update_replaces_what_is_left_out_by_the_defaults(pos: Pos) -> None:
    pos.call("PUT", WEBHOOK, ENDPOINT | {"provideAccount": True, "subscribeTo": []})
    updated = pos.call("POST", WEBHOOK, ENDPOINT | {"url": "https://shop.example/new"}).json()
    assert updated["url"] == "https://shop.example/new"
    assert updated["provideAccount"] is False


def test_an_update_needs_an_endpoint_and_a_creation_needs_none(pos: Pos) -> None:
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
def test_a_bad_registration_is_refused(pos: Pos, changes: Json, field: str) -> None:
    answer = pos.call("PUT", WEBHOOK, ENDPOINT | changes)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_locations_are_added_and_removed(pos: Pos) -> None:
    pos.call("PUT", WEBHOOK, ENDPOINT)
    path = f"{WEBHOOK}/kitchen/business-locations"
    assert pos.call("GET", path).json() == []
    assert pos.call("PUT", f"{path}/{RIVERSIDE}").status_code == 200
    assert pos.call("PUT", f"{path}/1").status_code == 403
    assert [location["id"] for location in pos.call("GET", path).json()] == [RIVERSIDE]
    assert pos.call("DELETE", f"{path}/{RIVERSIDE}").status_code == 200
    assert pos.call("DELETE", f"{path}/{RIVERSIDE}").status_code == 404
    assert pos.call("GET", f"{WEBHOOK}/nobody/business-locations").status_code == 404


def test_a_taken_order_is_told_with_the_endpoints_credentials(heard: Pos, receiver: Receiver) -> None:
    order = heard.order()
    heard.send(order)
    told = receiver.wait_for(type="ORDER", status="SUCCESS")[0]
    assert told["thirdPartyReference"] == order["thirdPartyReference"]
    assert told["businessLocationId"] == HIGH_STREET
    assert told["ikentooAccountIdentifier"] == heard.outcome(order["thirdPartyReference"])["account"]
    assert told["ikentooAccountId"].isdecimal()
    assert "account" not in told
    assert receiver.logins == ["pos:pa:ss"]


def test_a_refused_order_is_told_with_the_reason(heard: Pos, receiver: Receiver) -> None:
    heard.send(heard.order([{"quantity": 1, "sku": "CHEESECAKE"}]))
    told = receiver.wait_for(type="ORDER", status="FAILURE")[0]
    assert told["reason"] == "Could not add item Baked cheesecake (restricted)"
    assert "ikentooAccountIdentifier" not in told


def test_the_account_comes_along_when_asked_for(stranger: Pos, receiver: Receiver) -> None:
    stranger.log_in()
    stranger.register(receiver.url, provideAccount=True)
    stranger.send(stranger.order())
    account = receiver.wait_for(status="SUCCESS")[0]["account"]
    assert account["currentAmount"] == 12.5


def test_what_staff_do_to_an_order_is_told(heard: Pos, receiver: Receiver) -> None:
    order = heard.order(accountProfileCode="delivery")
    account = heard.take(order)["ikaccountId"]
    for action, status in [("ready", "READY_FOR_PICKUP"), ("in-delivery", "IN_DELIVERY"), ("close", "CLOSED")]:
        heard.steer("POST", f"checks/{account}/{action}")
        told = receiver.wait_for(type="ORDER", status=status)[0]
        assert told["thirdPartyReference"] == order["thirdPartyReference"]


def test_a_delivery_is_told_to_those_who_subscribed(stranger: Pos, receiver: Receiver) -> None:
    stranger.log_in()
    stranger.register(receiver.url, subscribeTo=[{"resource": "order", "name": "DELIVERED"}])
    stranger.steer("POST", f"checks/{stranger.take(stranger.order())['ikaccountId']}/delivered")
    receiver.wait_for(type="ORDER", status="DELIVERED")


def test_a_check_of_staff_is_told_without_a_reference(heard: Pos, receiver: Receiver) -> None:
    check = heard.steer("POST", "checks", {"tableNumber": 3, "items": [{"sku": "COLA01", "quantity": 1}]})
    told = receiver.wait_for(type="ORDER", status="CHECK_WAS_UPDATED")[0]
    assert told["ikentooAccountIdentifier"] == check["ikaccountId"]
    assert "thirdPartyReference" not in told


def test_a_restriction_is_told_with_its_count_and_lifted_again(heard: Pos, receiver: Receiver) -> None:
    heard.steer("POST", "items/COLA01/restrict", {"count": 4})
    told = receiver.wait_for(type="ITEM", sku="COLA01", status="RESTRICTED")[0]
    assert (told["count"], told["businessLocationId"]) == (4, HIGH_STREET)
    heard.take(heard.order([{"quantity": 3, "sku": "COLA01"}]))
    receiver.wait_for(type="ITEM", sku="COLA01", status="RESTRICTED", count=1)
    heard.steer("POST", "items/COLA01/release")
    lifted = receiver.wait_for(type="ITEM", sku="COLA01", status="NOT_RESTRICTED")[0]
    assert lifted["count"] is None
    assert lifted["countUpdatedAt"] > told["countUpdatedAt"]


def test_readiness_is_told(heard: Pos, receiver: Receiver) -> None:
    heard.steer("POST", "readiness", {"status": "NOT_READY"})
    told = receiver.wait_for(type="ORDER_API", status="NOT_READY")[0]
    assert told["posStatus"]["acceptingOnlineOrders"] is False


def test_items_are_told_to_those_who_added_the_location_and_subscribed(stranger: Pos, receiver: Receiver) -> None:
    stranger.log_in()
    stranger.register(receiver.url, subscribeTo=[{"resource": "order_api", "name": "ONLINE_ORDER_READINESS"}])
    stranger.steer("POST", "items/COLA01/restrict", {"count": 4})
    stranger.call("DELETE", f"{WEBHOOK}/storekit/business-locations/{HIGH_STREET}")
    stranger.steer("POST", "readiness", {"status": "NOT_READY"})
    assert stranger.state()["notifications"] == []


def test_a_notification_is_sent_again_until_it_is_answered_with_200(heard: Pos, receiver: Receiver) -> None:
    receiver.answers = [500, 204]
    heard.send(heard.order())
    receiver.wait_for(3, type="ORDER", status="SUCCESS")
    sent = eventually(lambda: [row for row in heard.state()["notifications"] if row["delivered"]])[0]
    assert (sent["attempts"], sent["answerStatus"]) == (3, 200)
    assert sent["url"] == receiver.url


def test_a_notification_that_nobody_hears_stays_undelivered(pos: Pos) -> None:
    pos.send(pos.order())
    attempted = eventually(lambda: [row for row in pos.state()["notifications"] if row["attempts"]])[0]
    assert attempted["delivered"] is False
    assert attempted["answerStatus"] is None


def test_notifications_come_twice_when_asked(heard: Pos, receiver: Receiver) -> None:
    heard.faults(webhook_twice=True)
    heard.send(heard.order())
    receiver.wait_for(2, type="ORDER", status="SUCCESS")


def test_notifications_come_out_of_order_when_asked(heard: Pos, receiver: Receiver) -> None:
    heard.faults(webhook_shuffle=True)
    account = heard.take(heard.order())["ikaccountId"]
    heard.steer("POST", f"checks/{account}/close")
    receiver.wait_for(type="ORDER", status="SUCCESS")
    assert [body["status"] for body in receiver.bodies] == ["CLOSED", "SUCCESS"]


def test_notifications_stay_away_when_asked(heard: Pos, receiver: Receiver) -> None:
    heard.faults(webhooks_off=True)
    heard.take(heard.order())
    heard.faults(webhooks_off=False)
    heard.take(heard.order(thirdPartyReference="the-second"))
    receiver.wait_for(thirdPartyReference="the-second")
    assert len(receiver.bodies) == 1


def test_nothing_is_told_to_an_endpoint_that_was_removed(heard: Pos, receiver: Receiver) -> None:
    heard.faults(webhook_delay=0.2)
    heard.take(heard.order())
    heard.call("DELETE", f"{WEBHOOK}/storekit")
    heard.register(receiver.url, endpointId="another")
    heard.steer("POST", "items/COLA01/restrict", {"count": 4})
    receiver.wait_for(type="ITEM")
    assert [body["type"] for body in receiver.bodies] == ["ITEM"]
