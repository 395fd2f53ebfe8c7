"""Faults that a test can switch on between a shop and its POS."""

import time

import pytest
import requests

from tests.sandbox.pos import CLIENT, Json, Pos
from tests.sandbox.process import eventually

BUSINESSES = "/o/op/data/businesses"


def seconds_of(pos: Pos, path: str = BUSINESSES) -> float:
    started = time.monotonic()
    pos.get(path)
    return time.monotonic() - started


def test_offline_cuts_api_connections_only(pos: Pos) -> None:
    pos.faults(offline=True)
    with pytest.raises(requests.ConnectionError):
        pos.get(BUSINESSES)
    assert requests.get(f"{pos.base_url}/till", timeout=5).status_code == 200
    assert pos.token(grant_type="refresh_token", refresh_token="x").status_code == 400
    pos.faults(offline_auth=True)
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{pos.openid}/token", auth=CLIENT, timeout=5)
    pos.control("DELETE", "faults")
    assert pos.get(BUSINESSES).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_api_can_return_errors(pos: Pos, status: int) -> None:
    pos.faults(error_status=status)
    answer = pos.get(BUSINESSES)
    assert answer.status_code == status
    assert "Retry-After" not in answer.headers
    pos.faults(error_status=0)
    assert pos.get(BUSINESSES).status_code == 200


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), ("Wed, 21 Oct 2026 07:28:00 GMT",) * 2, (None, None)])
def test_the_api_can_throttle(pos: Pos, retry_after: object, header: str | None) -> None:
    pos.faults(throttle=True, retry_after=retry_after)
    answer = pos.get(BUSINESSES)
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == header


def test_failures_can_be_limited_to_a_number_of_calls(pos: Pos) -> None:
    pos.faults(error_status=503, failures_left=2)
    assert [pos.get(BUSINESSES).status_code for _ in range(3)] == [503, 503, 200]


def test_the_api_can_be_slow(pos: Pos) -> None:
    pos.faults(slow=0.3)
    assert seconds_of(pos) >= 0.3
    pos.faults(slow=0)
    assert seconds_of(pos) < 0.3


def test_the_response_to_an_accepted_order_can_be_lost(pos: Pos) -> None:
    pos.faults(lose_answer=1)
    order = pos.order()
    with pytest.raises(requests.ConnectionError):
        pos.send(order)
    assert pos.send(order).status_code == 409
    assert pos.outcome(order["thirdPartyReference"])["status"] == "on_till"
    assert pos.state()["calls"]["POST /o/op/1/order/toGo"] == 2


def test_an_order_is_accepted_before_its_delayed_response(pos: Pos) -> None:
    pos.faults(slow_answer=30)
    order = pos.order()
    with pytest.raises(requests.ReadTimeout):
        pos.http.post(f"{pos.base_url}/o/op/1/order/toGo", json=order, timeout=0.3)
    assert pos.outcome(order["thirdPartyReference"])["status"] == "on_till"


def test_the_token_endpoint_can_be_slow_or_fail(pos: Pos) -> None:
    pos.faults(slow_token=0.3)
    started = time.monotonic()
    pos.token(grant_type="refresh_token", refresh_token="x")
    assert time.monotonic() - started >= 0.3
    pos.faults(slow_token=0, token_error_status=503)
    assert pos.token(grant_type="refresh_token", refresh_token="x").status_code == 503


def test_orders_are_refused_by_the_till_or_at_once(pos: Pos) -> None:
    pos.faults(refuse_orders="The oven is broken")
    order = pos.order()
    pos.send(order)
    assert pos.outcome(order["thirdPartyReference"])["reason"] == "The oven is broken"
    pos.faults(refuse_orders="", reject_orders="Not today")
    answer = pos.send(pos.order())
    assert (answer.status_code, answer.json()["message"]) == (400, "Not today")


def test_an_order_can_reach_the_till_late(pos: Pos) -> None:
    pos.faults(order_delay=30)
    pos.send(pos.order())
    assert pos.state()["orders"][0]["status"] == "accepted"


def test_an_order_can_expire_sooner_than_requested(pos: Pos) -> None:
    pos.faults(till_asleep=True, validity=0.001)
    order = pos.order(maxTimeToAttemptOrderDeliverToPos=60_000)
    pos.send(order)
    assert pos.outcome(order["thirdPartyReference"])["reason"] == "Not processed before validity ended"


@pytest.mark.parametrize(
    "faults", [{"ofline": True}, {"offline": 1}, {"slow": "a bit"}, {"slow": -1}, {"lose_answer": 1.5}, []]
)
def test_an_unknown_fault_or_value_is_refused(pos: Pos, faults: Json) -> None:
    answer = pos.call("PUT", "/sandbox/faults", faults)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_a_reset_restores_the_initial_state(pos: Pos) -> None:
    pos.take(pos.order([{"quantity": 5, "sku": "BROWNIE"}]))
    pos.control("PUT", "menus/168", {"menuEntryGroups": []})
    pos.faults(offline=True)
    pos.control("POST", "reset")
    state = pos.state()
    assert not any(state[table] for table in ("orders", "checks", "payments", "endpoints", "notifications", "messages"))
    assert state["calls"] == {}
    assert state["faults"]["offline"] is False
    assert pos.get(BUSINESSES).status_code == 401
    pos.log_in()
    availability = "/o/op/1/itemAvailability"
    assert {row["count"] for row in pos.get(availability, skus="BROWNIE,CHEESECAKE").json()["data"]} == {5, None}
    assert len(pos.get("/o/op/2/menu/load/168").json()["menuEntryGroups"]) == 4


def test_calls_are_counted_by_route(pos: Pos) -> None:
    pos.get("/o/op/2/menu/load/168")
    pos.get("/o/op/2/menu/load/999")
    calls = pos.state()["calls"]
    assert calls["GET /o/op/2/menu/load/{menuId}"] == 2
    assert calls["POST token authorization_code"] == 1
    assert calls["PUT /o/wh/1/webhook"] == 1


def test_an_unknown_path_or_method_is_an_error_in_springs_shape(pos: Pos) -> None:
    assert pos.get("/o/op/1/menu/load/168").status_code == 404
    answer = pos.call("DELETE", BUSINESSES)
    assert answer.status_code == 405
    assert answer.json()["error"] == "Method Not Allowed"


def test_an_order_takes_a_few_milliseconds(pos: Pos) -> None:
    orders = [pos.order() for _ in range(50)]
    pos.faults(webhooks_off=True)
    started = time.monotonic()
    statuses = {pos.send(order).status_code for order in orders}
    assert statuses == {200}
    assert time.monotonic() - started < 50 * 0.05
    eventually(lambda: all(row["status"] == "on_till" for row in pos.state()["orders"]))
