"""Readiness for online orders: READY needs all four conditions.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import pytest

from tests.sandbox.pos import Pos
from tests.sandbox.receiver import Receiver


def test_readiness_is_shown(pos: Pos) -> None:
    readiness = pos.get("/o/op/1/onlineOrderReadiness").json()
    assert readiness["status"] == "READY"
    assert readiness["posStatus"]["salesPeriod"] == "OPENED"
    assert set(readiness["onlineOrderingApiConfiguration"]) == {"enabled", "orderProfileId", "staffId"}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"enabled": False}, ("enabled", False)),
        ({"opened": False}, ("salesPeriod", "CLOSED")),
        ({"accepting": False}, ("acceptingOnlineOrders", False)),
        ({"devices": 0}, ("availableDevices", False)),
    ],
)
def test_each_condition_of_readiness_can_be_missing_on_its_own(
    pos: Pos, change: dict[str, object], shown: tuple[str, object]
) -> None:
    good = {"enabled": True, "salesPeriod": "OPENED", "acceptingOnlineOrders": True, "availableDevices": True}
    pos.control("POST", "readiness", change)
    sent = pos.get("/o/op/1/onlineOrderReadiness").json()
    parts = {"enabled": sent["onlineOrderingApiConfiguration"]["enabled"], **sent["posStatus"]}
    assert (sent["status"], parts) == ("NOT_READY", good | dict([shown]))
    pos.control("POST", "readiness", {"status": "READY"})
    assert pos.get("/o/op/1/onlineOrderReadiness").json()["status"] == "READY"


@pytest.mark.parametrize("change", [{"status": "ASLEEP"}, {"devices": -1}, {"devices": True}, {"enabled": "no"}])
def test_an_invalid_readiness_is_refused(pos: Pos, change: dict[str, object]) -> None:
    assert pos.call("POST", "/sandbox/readiness", change).status_code == 400
    assert pos.get("/o/op/1/onlineOrderReadiness").json()["status"] == "READY"


def test_a_sleeping_till_is_not_an_available_device(pos: Pos) -> None:
    pos.faults(till_asleep=True)
    sent = pos.get("/o/op/1/onlineOrderReadiness").json()
    assert (sent["status"], sent["posStatus"]["availableDevices"]) == ("NOT_READY", False)


def test_a_change_of_any_condition_is_notified_even_if_the_status_stays(notified: Pos, receiver: Receiver) -> None:
    notified.control("POST", "readiness", {"accepting": False})
    notified.control("POST", "readiness", {"opened": False})
    sent = receiver.wait_for(2, type="ORDER_API", status="NOT_READY")
    # Notifications may arrive in any order.
    assert {body["posStatus"]["salesPeriod"] for body in sent} == {"OPENED", "CLOSED"}


def test_the_same_readiness_is_never_notified_twice(notified: Pos, receiver: Receiver) -> None:
    for _ in range(2):
        notified.control("POST", "readiness", {"accepting": False})
        notified.faults(till_asleep=False)
    notified.control("POST", "readiness", {"status": "READY"})
    receiver.wait_for(type="ORDER_API", status="READY")
    receiver.wait_for(type="ORDER_API", status="NOT_READY")
    assert sorted(body["status"] for body in receiver.bodies) == ["NOT_READY", "READY"]


def test_a_till_that_falls_asleep_and_wakes_is_notified(notified: Pos, receiver: Receiver) -> None:
    notified.faults(till_asleep=True)
    sent = receiver.wait_for(type="ORDER_API", status="NOT_READY")[0]
    assert sent["posStatus"]["availableDevices"] is False
    notified.faults(till_asleep=False)
    receiver.wait_for(type="ORDER_API", status="READY")


def test_by_habit_available_devices_are_counted(pos: Pos) -> None:
    """The documentation of the notification says boolean, others have seen a number."""
    pos.habits(devices_as_flag=False)
    pos.control("POST", "readiness", {"devices": 2})
    assert pos.get("/o/op/1/onlineOrderReadiness").json()["posStatus"]["availableDevices"] == 2
