from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.lightspeed.mapping.notifications import parse
from integrations.pos import BadAnswer, ItemUpdate, OrderEvent, OrderUpdate, Readiness

ORDER = {
    "type": "ORDER",
    "status": "SUCCESS",
    "thirdPartyReference": "storekit-1",
    "businessLocationId": 45454565682155,
    "ikentooAccountIdentifier": "A78094.48",
}
ITEM = {
    "type": "ITEM",
    "status": "RESTRICTED",
    "sku": "BROWNIE",
    "businessLocationId": 45454565682155,
    "count": 5,
    "countUpdatedAt": "2026-10-01T10:00:00.000Z",
}
READINESS = {
    "type": "ORDER_API",
    "status": "READY",
    "businessLocationId": 45454565682155,
    "lastUpdatedAt": "2026-10-01T10:00:00.000Z",
    "posStatus": {"availableDevices": 1},
}
PAYMENT = {"type": "PAYMENT", "status": "SUCCESS", "thirdPartyReference": "pay-1"}


def fingerprint(body: dict[str, Any], **changes: Any) -> str:
    return parse(body | changes, currency="GBP").fingerprint


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("SUCCESS", OrderEvent.CONFIRMED),
        ("FAILURE", OrderEvent.FAILED),
        ("ABANDONED", OrderEvent.FAILED),
        ("READY_FOR_PICKUP", OrderEvent.READY),
        ("IN_DELIVERY", OrderEvent.OUT_FOR_DELIVERY),
        ("CLOSED", OrderEvent.COMPLETED),
        ("DELIVERED", OrderEvent.DELIVERED),
        ("CANCELLED", OrderEvent.CANCELLED),
        ("CHECK_WAS_UPDATED", OrderEvent.CHECK_UPDATED),
    ],
)
def test_every_status_of_an_order_is_a_fact(status: str, event: OrderEvent) -> None:
    received = parse(ORDER | {"status": status, "reason": "Not found"}, currency="GBP")
    assert received.fact == OrderUpdate(event, "storekit-1", "A78094.48", "Not found")
    assert (received.type, received.status) == ("ORDER", status)
    assert received.business_location_id == "45454565682155"


_AT = datetime(2026, 10, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({}, ItemUpdate("BROWNIE", True, 5, _AT)),
        ({"count": "0"}, ItemUpdate("BROWNIE", True, 0, _AT)),
        ({"count": -2, "countUpdatedAt": "2026-10-01T12:00:00.000+0200"}, ItemUpdate("BROWNIE", True, -2, _AT)),
        ({"count": None}, ItemUpdate("BROWNIE", True, None, _AT)),
        ({"status": "NOT_RESTRICTED", "count": None}, ItemUpdate("BROWNIE", False, None, _AT)),
        ({"status": "NOT_RESTRICTED"}, ItemUpdate("BROWNIE", False, None, _AT)),
        ({"count": 2**63 - 1}, ItemUpdate("BROWNIE", True, 2**31 - 1, _AT)),
        ({"count": Decimal("-1e400")}, ItemUpdate("BROWNIE", True, -(2**31 - 1), _AT)),
        ({"countUpdatedAt": None}, ItemUpdate("BROWNIE", True, 5, None)),
        ({"countUpdatedAt": "lately"}, ItemUpdate("BROWNIE", True, 5, None)),
    ],
)
def test_an_item_says_how_many_are_left_and_since_when(changes: dict[str, Any], fact: ItemUpdate) -> None:
    assert parse(ITEM | changes, currency="GBP").fact == fact


@pytest.mark.parametrize("changes", [{"sku": None}, {"count": "many"}, {"count": "NaN"}])
def test_an_item_without_sku_or_with_a_senseless_count_is_not_understood(changes: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        parse(ITEM | changes, currency="GBP")


def test_readiness_says_why_not_and_since_when() -> None:
    ready = parse(READINESS, currency="GBP").fact
    closed = parse(READINESS | {"status": "NOT_READY", "posStatus": {"salesPeriod": "CLOSED"}}, currency="GBP").fact

    assert isinstance(ready, Readiness)
    assert (ready.ready, ready.reason, ready.updated_at) == (True, "", _AT)
    assert closed == Readiness(ready=False, reason="The till is closed.")


@pytest.mark.parametrize(
    "body",
    [
        ORDER | {"status": "SOMETHING_NEW"},
        {"type": "WEATHER", "status": "RAIN"},
        {},
        ITEM | {"status": "SOMETHING_NEW"},
        {"type": "PAYMENT", "status": "PENDING", "thirdPartyReference": "pay-1"},
    ],
)
def test_what_nobody_acts_on_is_kept_without_a_fact(body: dict[str, Any]) -> None:
    received = parse(body, currency="GBP")
    assert received.fact is None
    assert (received.type, received.status) == (body.get("type", "ORDER"), body.get("status", ""))
    assert len(received.fingerprint) == 64


def test_an_order_of_the_staff_is_known_by_its_check() -> None:
    received = parse({"type": "ORDER", "status": "CLOSED", "account": {"ikaccountId": "A1.2"}}, currency="GBP")
    assert (received.reference, received.account, received.business_location_id) == ("", "A1.2", "")
    assert received.fact == OrderUpdate(OrderEvent.COMPLETED, "", "A1.2")


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (ORDER, {"account": {"ikaccountId": "A78094.48", "currentAmount": Decimal("9.99")}}),
        (ORDER, {"businessLocationId": None}),
        (ORDER, {"reason": "said differently"}),
        (ORDER | {"thirdPartyReference": None}, {"businessLocationId": None}),
        (ORDER | {"status": "FAILURE"}, {"type": None, "businessLocationId": None, "ikentooAccountIdentifier": None}),
        (PAYMENT, {"reason": "said differently"}),
        (PAYMENT, {"type": "ORDER"}),
        (PAYMENT, {"type": None, "businessLocationId": None}),
        (ITEM, {"name": "Brownie"}),
        (READINESS, {"posStatus": {"availableDevices": 2}}),
        ({"type": "WEATHER"}, {}),
        (ORDER | {"status": "SOMETHING_NEW"}, {}),
    ],
)
def test_the_same_fact_told_again_has_the_same_fingerprint(body: dict[str, Any], changes: dict[str, Any]) -> None:
    assert fingerprint(body) == fingerprint(body, **changes)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        (ORDER, {"status": "CLOSED"}),
        (ORDER, {"thirdPartyReference": "storekit-2"}),
        (ORDER | {"thirdPartyReference": None}, {"ikentooAccountIdentifier": "A78094.49"}),
        (ORDER | {"thirdPartyReference": None, "ikentooAccountIdentifier": None}, {"businessLocationId": 1}),
        (PAYMENT, {"status": "FAILURE"}),
        (PAYMENT, {"thirdPartyReference": "order-1", "type": "ORDER"}),
        (ITEM, {"count": None}),
        (ITEM, {"count": 4}),
        (ITEM, {"countUpdatedAt": "2026-10-01T10:00:01.000Z"}),
        (ITEM, {"sku": "CHEESECAKE"}),
        (ITEM, {"businessLocationId": 1}),
        (ITEM, {"status": "NOT_RESTRICTED"}),
        (READINESS, {"lastUpdatedAt": "2026-10-01T10:00:01.000Z"}),
        (READINESS, {"status": "NOT_READY"}),
        ({"type": "WEATHER"}, {"status": "RAIN"}),
        (ORDER | {"status": "SOMETHING_NEW"}, {"account": {}}),
    ],
)
def test_another_fact_has_another_fingerprint(body: dict[str, Any], changes: dict[str, Any]) -> None:
    assert fingerprint(body) != fingerprint(body, **changes)


@pytest.mark.parametrize(
    "body",
    [
        ORDER | {"status": "CHECK_WAS_UPDATED"},
        ORDER | {"status": "DELIVERED"},
        ITEM | {"countUpdatedAt": None},
        READINESS | {"lastUpdatedAt": None},
        PAYMENT | {"thirdPartyReference": None, "ikentooAccountIdentifier": "A78094.48"},
    ],
)
def test_two_of_what_nothing_tells_apart_are_two_facts(body: dict[str, Any]) -> None:
    assert fingerprint(body) != fingerprint(body)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "ORDER",
        ORDER | {"type": 7},
        ORDER | {"status": {"odd": 1}},
        ORDER | {"thirdPartyReference": ["storekit-1"]},
        ORDER | {"businessLocationId": 1.5},
        ORDER | {"ikentooAccountIdentifier": {}},
        ORDER | {"reason": 7},
    ],
)
def test_a_field_of_the_wrong_type_is_a_bad_answer(body: Any) -> None:
    with pytest.raises(BadAnswer):
        parse(body, currency="GBP")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


# On a fresh clone the first text waits while hypothesis builds its table of all characters.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.dictionaries(st.sampled_from([*ORDER, *ITEM, "account", "reason"]), _JSON),
    type_=st.sampled_from(["ORDER", "ITEM", "PAYMENT", "ORDER_API", "OTHER"]),
    status=st.sampled_from(["SUCCESS", "RESTRICTED", "READY", "CHECK_WAS_UPDATED", "OTHER"]),
)
def test_whatever_is_sent_is_understood_or_a_bad_answer(body: dict[str, Any], type_: str, status: str) -> None:
    with suppress(BadAnswer):
        assert len(parse(body | {"type": type_, "status": status}, currency="GBP").fingerprint) == 64
