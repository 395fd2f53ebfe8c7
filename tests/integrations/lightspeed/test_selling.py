"""Whether the POS can sell: readiness, what is left of some items, its discounts; and messages on the till."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import responses
from responses import matchers

from integrations.lightspeed import client
from integrations.lightspeed.adapter import LightspeedPos
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.availability import to_readiness
from integrations.lightspeed.mapping.reference_data import to_discounts
from integrations.pos import Availability, BadAnswer, PosDiscount, Readiness, Restriction, Unreachable

API = "https://pos.example"
AT_THE_LOCATION = matchers.query_param_matcher({"businessLocationId": "7"}, strict_match=False)


class Tokens:
    def access_token(self) -> str:
        return "token"

    def renewed(self, stale: str) -> str:
        return stale


@pytest.fixture
def http() -> Iterator[LightspeedHttp]:
    with responses.mock:
        yield LightspeedHttp(API, Tokens())


@pytest.fixture
def pos(http: LightspeedHttp) -> LightspeedPos:
    return LightspeedPos(http=http, business_location_id="7", endpoint_id="e", currency="GBP")


def answers(method: str, path: str, **answer: Any) -> None:
    responses.add(method, f"{API}{path}", match=[AT_THE_LOCATION], **answer)


def sent() -> list[Any]:
    return [json.loads(call.request.body) for call in responses.calls if call.request.body]


# --- Readiness -------------------------------------------------------------------------------------------------------


def not_ready(*, enabled: Any = True, **pos_status: Any) -> dict[str, Any]:
    status = {"salesPeriod": "OPENED", "acceptingOnlineOrders": True, "availableDevices": 1} | pos_status
    configuration = {"enabled": enabled, "orderProfileId": 611, "staffId": 801}
    return {"status": "NOT_READY", "onlineOrderingApiConfiguration": configuration, "posStatus": status}


def test_ready_is_what_the_pos_calls_ready() -> None:
    assert to_readiness(not_ready() | {"status": "READY"}) == Readiness(ready=True)
    assert to_readiness({"status": "READY"}) == Readiness(ready=True)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (not_ready(enabled=False, salesPeriod="CLOSED"), "Online orders are switched off in the POS."),
        (not_ready(salesPeriod="CLOSED", acceptingOnlineOrders=False, availableDevices=0), "The till is closed."),
        (not_ready(acceptingOnlineOrders=False), "The till is not taking online orders at the moment."),
        (not_ready(availableDevices=0), "No till is switched on."),
        (not_ready(availableDevices="0"), "No till is switched on."),
        (not_ready(), "The till is not ready for online orders."),
        ({"status": "NOT_READY"}, "The till is not ready for online orders."),
        ({"status": "NOT_READY", "posStatus": None}, "The till is not ready for online orders."),
    ],
)
def test_the_first_reason_that_the_pos_gives_is_told(answer: dict[str, Any], reason: str) -> None:
    assert to_readiness(answer) == Readiness(ready=False, reason=reason)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"status": None},
        {"status": "MAYBE"},
        {"status": "NOT_READY", "posStatus": "OPENED"},
        not_ready(enabled="no"),
        not_ready(availableDevices=-1),
        not_ready(availableDevices="many"),
        not_ready(salesPeriod=7),
    ],
)
def test_a_readiness_that_is_not_as_documented_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        to_readiness(answer)


def test_readiness_is_asked_for_the_location(pos: LightspeedPos) -> None:
    answers("GET", "/o/op/1/onlineOrderReadiness", json=not_ready(availableDevices=0))
    assert pos.readiness() == Readiness(ready=False, reason="No till is switched on.")


# --- What is left of some items --------------------------------------------------------------------------------------


def test_what_is_left_is_asked_for_fifty_items_at_a_time_and_each_once(pos: LightspeedPos) -> None:
    for sku in ("S0", "S50"):
        answers("POST", "/o/op/1/itemAvailability", json={"data": [{"sku": sku, "count": 1}], "metadata": {}})
    skus = [f"S{number}" for number in range(60)]
    assert pos.availability_of([*skus, *skus]).restrictions == (Restriction("S0", 1), Restriction("S50", 1))
    assert sent() == [{"skus": skus[:50]}, {"skus": skus[50:]}]
    assert "page=0&size=50" in str(responses.calls[0].request.url)


def test_nothing_is_asked_about_no_items(pos: LightspeedPos) -> None:
    assert pos.availability_of([]).restrictions == ()
    assert len(responses.calls) == 0


def test_warnings_of_the_pos_come_with_the_answer_each_once(pos: LightspeedPos) -> None:
    """Lightspeed's API documentation: `warnings: [{information, type}]`, as when the till's app is too old."""
    old = {"information": "Update the app of the till.", "type": "APP_VERSION"}
    for warnings in ([old, {"type": "OTHER"}], [old, {"information": None}, 7]):
        answers("POST", "/o/op/1/itemAvailability", json={"data": [], "metadata": {"warnings": warnings}})
    found = pos.availability_of([f"S{number}" for number in range(51)])
    assert found == Availability((), ("Update the app of the till.", "OTHER"))


@pytest.mark.parametrize("metadata", [{}, {"warnings": None}, {"warnings": "none"}])
def test_an_answer_without_warnings_has_none(pos: LightspeedPos, metadata: Any) -> None:
    answers("POST", "/o/op/1/itemAvailability", json={"data": [], "metadata": metadata})
    assert pos.availability_of(["A"]) == Availability(())


@pytest.mark.parametrize(
    "answer", [[], {}, {"data": None}, {"data": []}, {"data": [7], "metadata": {}}, {"data": [{"count": 1}]}]
)
def test_an_answer_about_items_that_is_not_as_documented_is_refused(pos: LightspeedPos, answer: Any) -> None:
    answers("POST", "/o/op/1/itemAvailability", json=answer)
    with pytest.raises(BadAnswer):
        pos.availability_of(["A"])


# --- Discounts -------------------------------------------------------------------------------------------------------


def test_discounts_are_a_percentage_or_an_amount(pos: LightspeedPos) -> None:
    rows = [
        {"name": "Staff", "code": "STAFF10", "discountPercentage": 10},
        {"name": "Five off", "code": "FIVE", "discountAmount": "5.00", "discountPercentage": None},
        {"name": "Ten", "code": 10, "discountAmount": 10.1},
        {"name": "Without a code", "discountAmount": 1},
    ]
    answers("GET", "/o/op/1/menu/discounts", json=rows)
    assert pos.discounts() == (
        PosDiscount("STAFF10", "Staff", percent=Decimal(10)),
        PosDiscount("FIVE", "Five off", amount=Decimal("5.00")),
        PosDiscount("10", "Ten", amount=Decimal("10.1")),
    )


def test_a_pos_without_discounts_has_none(pos: LightspeedPos) -> None:
    answers("GET", "/o/op/1/menu/discounts", json=[])
    assert pos.discounts() == ()


@pytest.mark.parametrize("row", [{"code": 1.5}, {"code": "A", "name": 7}, {"code": "A", "discountAmount": "much"}])
def test_discounts_without_sense_are_refused(row: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        to_discounts([row])


# --- Open checks and messages ----------------------------------------------------------------------------------------


def test_every_open_check_of_the_location_is_read(pos: LightspeedPos) -> None:
    rows = [{"ikaccountId": "A1.1", "tableNumber": 4}, {"ikaccountId": "A2.2"}]
    answers("GET", "/o/op/1/order/table/getCheck", json=rows)
    assert [(check.account, check.table) for check in pos.open_checks()] == [("A1.1", 4), ("A2.2", None)]


@pytest.mark.parametrize("answer", [{}, None, [7], [{"name": "without an identifier"}]])
def test_checks_that_are_not_as_documented_are_refused(pos: LightspeedPos, answer: Any) -> None:
    answers("GET", "/o/op/1/order/table/getCheck", json=answer)
    with pytest.raises(BadAnswer):
        pos.open_checks()


def test_a_message_is_shown_and_printed(pos: LightspeedPos) -> None:
    answers("POST", "/o/op/1/printMsg", json={"status": "ok"})
    pos.print_message("Order 7 was cancelled")
    assert sent() == [{"message": "Order 7 was cancelled", "alsoToPrinter": True}]


def test_a_message_of_any_length_fits(pos: LightspeedPos) -> None:
    answers("POST", "/o/op/1/printMsg", body=b"")
    pos.print_message("é" * 2000)
    assert sent() == [{"message": "é" * 1000, "alsoToPrinter": True}]


@pytest.mark.parametrize(
    "call",
    [
        lambda http: client.readiness(http=http, location=7),
        lambda http: client.item_availability(http=http, location=7, skus=["A"]),
        lambda http: client.discounts(http=http, location=7),
    ],
)
def test_what_a_guest_waits_for_is_given_up_within_seconds(
    http: LightspeedHttp, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def gives_up(self: LightspeedHttp, *_: Any, read_timeout: float, **__: Any) -> None:
        waited.append(read_timeout)
        raise Unreachable("too late")

    monkeypatch.setattr(LightspeedHttp, "call", gives_up)
    with pytest.raises(Unreachable):
        call(http)
    assert waited == [3]
