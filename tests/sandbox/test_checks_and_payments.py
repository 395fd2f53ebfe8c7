"""Open checks as the API shows them, and payments on them.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import re
from datetime import timedelta

import pytest

from integrations.sandbox import clock
from integrations.sandbox.records import Message
from integrations.sandbox.state import store
from integrations.sandbox.till.intake import show_message
from tests.sandbox.pos import HIGH_STREET, RIVERSIDE, Json, Pos
from tests.sandbox.process import eventually
from tests.sandbox.receiver import Receiver


@pytest.fixture
def table_four(pos: Pos) -> Json:
    """A check that staff opened at table 4: two colas and a steak, 28.50 in all."""
    steak = {"sku": "STEAK01", "quantity": 1, "subItems": [{"sku": "BEARNAISE", "quantity": 1}]}
    check: Json = pos.control(
        "POST",
        "checks",
        {"tableNumber": 4, "clientCount": 2, "items": [{"sku": "COLA01", "quantity": 2}, steak]},
    )
    return check


def payment(pos: Pos, check: Json, amount: object = "28.50", **changes: object) -> Json:
    body = {
        "businessLocationId": HIGH_STREET,
        "endpointId": "storekit",
        "paymentAmount": amount,
        "thirdPartyPaymentReference": "pay-1",
        "iKaccountIdentifier": check["ikaccountId"],
        "paymentMethod": "APM",
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def pay(pos: Pos, body: Json) -> Json:
    answer = pos.call("POST", "/o/op/1/pay", body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"status": "ok"}
    return pos.payment_outcome(body["thirdPartyPaymentReference"])


def test_a_check_has_the_documented_shape(pos: Pos, table_four: Json) -> None:
    pos.habits(sparse_lines=False)
    check = pos.get(f"/o/op/1/order/accounts/{table_four['ikaccountId']}").json()
    assert re.fullmatch(r"A\d+\.\d+", check["ikaccountId"])
    assert set(check) == {
        "ikaccountId", "uuid", "posId", "name", "tableNumber", "clientCount", "openDate", "closeDate", "staffName",
        "staffId", "currentAmount", "paidAmount", "serviceCharge", "salesEntries", "paymentEntries",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", check["openDate"])
    assert (check["tableNumber"], check["clientCount"], check["currentAmount"]) == (4, 2, 28.5)
    cola, steak = check["salesEntries"]
    assert set(cola) == {
        "id", "uuid", "itemName", "itemSku", "unitAmount", "grossUnitAmount", "quantity", "modifiers", "amountWithTax",
        "amountLessTax", "discountedAmount", "timeOfTransactionUtc", "active", "subLineItems", "taxIncluded",
    }  # fmt: skip
    assert (cola["itemName"], cola["quantity"], cola["unitAmount"], cola["amountLessTax"]) == ("Cola", 2, 3.0, 5.0)
    assert [line["itemSku"] for line in steak["subLineItems"]] == ["BEARNAISE"]


def test_a_table_returns_its_oldest_check_and_a_location_all_checks(pos: Pos, table_four: Json) -> None:
    second = pos.control("POST", "checks", {"tableNumber": 4})
    assert pos.get("/o/op/1/order/table/4/getCheck").json()["ikaccountId"] == table_four["ikaccountId"]
    everything = pos.get("/o/op/1/order/table/getCheck").json()
    assert [check["ikaccountId"] for check in everything] == [table_four["ikaccountId"], second["ikaccountId"]]
    assert pos.get("/o/op/1/order/table/5/getCheck").status_code == 404
    assert pos.get("/o/op/1/order/table/four/getCheck").status_code == 404
    assert pos.get("/o/op/1/order/table/getCheck", bl=RIVERSIDE).json() == []


def test_staff_add_void_move_and_close(pos: Pos, table_four: Json) -> None:
    path = f"checks/{table_four['ikaccountId']}"
    added = pos.control("POST", f"{path}/lines", {"sku": "WINERED", "quantity": 0.5})
    assert added["currentAmount"] == 31.75
    assert added["salesEntries"][-1]["quantity"] == 0.5
    line = added["salesEntries"][1]["id"]
    voided = pos.control("POST", f"{path}/lines/{line}/void")
    assert voided["currentAmount"] == 9.25
    assert [entry["active"] for entry in voided["salesEntries"]] == [True, False, True]
    moved = pos.control("POST", f"{path}/move", {"tableNumber": 21})
    assert moved["tableNumber"] == 21
    path = f"checks/{moved['ikaccountId']}"
    pos.control("POST", f"{path}/close")
    assert pos.get(f"/o/op/1/order/accounts/{moved['ikaccountId']}").status_code == 404
    assert pos.call("POST", f"/sandbox/{path}/move", {"tableNumber": 2}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("lines", {"sku": "NOPE", "quantity": 1}),
        ("lines", {"sku": "CHEESECAKE", "quantity": 1}),
        ("lines", {"sku": "COLA01", "quantity": "many"}),
        ("payments", {"amount": "28.51", "method": "CASH"}),
        ("payments", {"amount": 1, "method": "BARTER"}),
        ("move", {"tableNumber": 8}),
    ],
)
def test_staff_cannot_make_invalid_changes_to_a_check(pos: Pos, table_four: Json, path: str, body: Json) -> None:
    assert pos.call("POST", f"/sandbox/checks/{table_four['ikaccountId']}/{path}", body).status_code == 400
    assert len(pos.state()["checks"]) == 1


def test_a_payment_at_the_till_reduces_the_amount_due(pos: Pos, table_four: Json) -> None:
    body = {"amount": "10.00", "method": "CASH", "tip": 1}
    check = pos.control("POST", f"checks/{table_four['ikaccountId']}/payments", body)
    assert check["paidAmount"] == 10
    assert check["paymentEntries"][0] == {
        "paymentMethodCode": "CASH",
        "paymentMethodDescription": "Cash",
        "amountPaid": 10.0,
        "externalReference": None,
        "paymentDate": check["paymentEntries"][0]["paymentDate"],
        "active": True,
    }


def test_a_payment_by_api_is_added_to_the_check_without_its_tip(pos: Pos, table_four: Json) -> None:
    outcome = pay(pos, payment(pos, table_four, tipAmount="3.00"))
    assert outcome["status"] == "applied"
    check = pos.get(f"/o/op/1/order/accounts/{table_four['ikaccountId']}").json()
    assert check["paidAmount"] == check["currentAmount"] == 28.5
    assert check["paymentEntries"][0]["externalReference"] == "pay-1"


def test_a_payment_is_notified(notified: Pos, receiver: Receiver) -> None:
    notified.habits(bare_payment_failures=False)
    check = notified.control("POST", "checks", {"tableNumber": 4, "items": [{"sku": "COLA01", "quantity": 1}]})
    pay(notified, payment(notified, check, 3))
    sent = receiver.wait_for(type="PAYMENT", status="SUCCESS")[0]
    assert sent["thirdPartyReference"] == "pay-1"
    assert sent["ikentooAccountIdentifier"] == check["ikaccountId"]
    pay(notified, payment(notified, check, 3, thirdPartyPaymentReference="pay-2"))
    refused = receiver.wait_for(type="PAYMENT", status="FAILURE")[0]
    assert refused["errors"] == {"account": {"type": "OVERPAID"}}
    assert refused["thirdPartyReference"] == "pay-2"


def test_a_payments_reference_works_once(pos: Pos, table_four: Json) -> None:
    pay(pos, payment(pos, table_four, 1))
    answer = pos.call("POST", "/o/op/1/pay", payment(pos, table_four, 1))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("reference has already been used")
    assert pos.state()["checks"][0]["paidAmount"] == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iKaccountIdentifier": "A1.1"}, "ACCOUNT_NOT_FOUND"),
        ({"iKaccountIdentifier": None}, "ACCOUNT_NOT_FOUND"),
        ({"paymentAmount": "28.51"}, "OVERPAID"),
        ({"paymentMethod": "BARTER"}, "PAYMENT_METHOD_NOT_FOUND"),
        ({"staffId": 9}, "STAFF_NOT_FOUND"),
    ],
)
def test_a_payment_that_the_till_cannot_apply_is_refused_later(
    pos: Pos, table_four: Json, changes: Json, error: str
) -> None:
    outcome = pay(pos, payment(pos, table_four, "1.00") | changes)
    assert (outcome["status"], outcome["error"]) == ("failed", error)
    assert pos.state()["checks"][0]["paidAmount"] == 0


def test_a_closed_check_takes_no_payment(pos: Pos, table_four: Json) -> None:
    pos.control("POST", f"checks/{table_four['ikaccountId']}/close")
    assert pay(pos, payment(pos, table_four))["error"] == "ACCOUNT_ALREADY_CLOSED"


def test_a_payment_that_no_till_picks_up_times_out(notified: Pos, receiver: Receiver) -> None:
    notified.habits(bare_payment_failures=False)
    check = notified.control("POST", "checks", {"items": [{"sku": "COLA01", "quantity": 1}]})
    notified.faults(till_asleep=True)
    notified.call("POST", "/o/op/1/pay", payment(notified, check, 3, taskTtlInMs=60_000))
    notified.control("POST", "tasks/expire")
    sent = receiver.wait_for(type="PAYMENT", status="FAILURE")[0]
    assert set(sent["errors"]["timeout"]) == {"errorKey", "message"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"paymentAmount": "much"}, "paymentAmount"),
        ({"paymentAmount": -1}, "paymentAmount"),
        ({"businessLocationId": str(HIGH_STREET)}, "businessLocationId"),
        ({"thirdPartyPaymentReference": "x" * 51}, "thirdPartyPaymentReference"),
        ({"endpointId": "nobody"}, "endpointId"),
        ({"taskTtlInMs": 1000}, "taskTtlInMs"),
    ],
)
def test_an_invalid_payment_is_refused_at_once(pos: Pos, table_four: Json, changes: Json, field: str) -> None:
    answer = pos.call("POST", "/o/op/1/pay", payment(pos, table_four) | changes)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_a_message_is_shown_on_the_till(pos: Pos) -> None:
    path = f"/o/op/1/printMsg?businessLocationId={HIGH_STREET}"
    assert pos.call("POST", path, {"message": "Table 4 would like to pay", "alsoToPrinter": True}).status_code == 200
    message = pos.state()["messages"][0]
    assert (message["message"], message["alsoToPrinter"]) == ("Table 4 would like to pay", True)
    assert pos.call("POST", path, {"alsoToPrinter": True}).status_code == 400


def test_a_message_for_a_sleeping_till_is_shown_when_it_wakes(pos: Pos) -> None:
    pos.faults(till_asleep=True)
    path = f"/o/op/1/printMsg?businessLocationId={HIGH_STREET}"
    assert pos.call("POST", path, {"message": "Order 7 was cancelled"}).status_code == 200
    assert pos.state()["messages"] == []
    pos.faults(till_asleep=False)
    shown = eventually(lambda: pos.state()["messages"], "the message")
    assert [message["message"] for message in shown] == ["Order 7 was cancelled"]


def test_a_message_is_kept_for_a_day() -> None:
    store.reset()
    store.faults.till_asleep = True
    show_message(Message(HIGH_STREET, "Old news", False, clock.now() - timedelta(hours=24)))
    store.faults.till_asleep = False
    show_message(Message(HIGH_STREET, "News", False, clock.now()))
    assert [message.text for message in store.messages] == ["News"]


@pytest.mark.parametrize(("letters", "status"), [(0, 400), (1000, 200), (1001, 400)])
def test_a_message_has_1_to_1000_characters(pos: Pos, letters: int, status: int) -> None:
    path = f"/o/op/1/printMsg?businessLocationId={HIGH_STREET}"
    assert pos.call("POST", path, {"message": "x" * letters}).status_code == status
