"""Checks that change their identifier, that no list shows, and whose lines lack fields.

Source: integrators' logs, unless a test names the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from decimal import Decimal

import pytest

from tests.sandbox.pos import Json, Pos
from tests.sandbox.receiver import Receiver

ALL_CHECKS = "/o/op/1/order/table/getCheck"
COLA: Json = {"quantity": 1, "sku": "COLA01"}


@pytest.fixture
def watching(anonymous: Pos, receiver: Receiver) -> Pos:
    """A client whose notifications include the account."""
    anonymous.log_in()
    anonymous.register(receiver.url, provideAccount=True)
    anonymous.faults(order_delay=0.01)
    return anonymous


def by_identifier(pos: Pos, identifier: str) -> tuple[int, Json]:
    answer = pos.get(f"/o/op/1/order/accounts/{identifier}")
    return answer.status_code, answer.json()


def parts(identifier: str) -> tuple[str, int]:
    number, suffix = identifier.split(".")
    return number, int(suffix)


def test_a_table_order_gets_a_new_identifier_and_keeps_its_uuid(watching: Pos, receiver: Receiver) -> None:
    """A22096.21 becomes A22096.22, closed with negative amounts and no payments, and goes on as A22096.23."""
    order = watching.order(tableNumber="4", payment={"paymentMethod": "STOREKIT", "paymentAmount": "12.50"})
    check = watching.take(order, "local")

    first = receiver.wait_for(status="SUCCESS")[0]
    closed = receiver.wait_for(status="CLOSED")[0]
    number, suffix = parts(first["ikentooAccountIdentifier"])
    assert parts(closed["ikentooAccountIdentifier"]) == (number, suffix + 1)
    assert closed["thirdPartyReference"] == order["thirdPartyReference"]
    assert Decimal(str(closed["account"]["currentAmount"])) == Decimal("-12.5")
    assert (closed["account"]["paidAmount"], closed["account"]["paymentEntries"]) == (0, [])
    assert closed["account"]["closeDate"]

    assert parts(check["ikaccountId"]) == (number, suffix + 2)
    assert check["uuid"] == first["account"]["uuid"] == closed["account"]["uuid"]
    assert (check["currentAmount"], check["paidAmount"]) == (12.5, 12.5)
    assert by_identifier(watching, first["ikentooAccountIdentifier"])[0] == 404
    assert by_identifier(watching, closed["ikentooAccountIdentifier"])[0] == 404
    assert [row["ikaccountId"] for row in watching.get(ALL_CHECKS).json()] == [check["ikaccountId"]]


@pytest.mark.parametrize(("step", "error"), [(0, "ACCOUNT_NOT_FOUND"), (1, "ACCOUNT_ALREADY_CLOSED"), (2, None)])
def test_only_the_last_identifier_of_a_renamed_check_takes_payments(pos: Pos, step: int, error: str | None) -> None:
    check = pos.take(pos.order(tableNumber="4"), "local")
    renamed = pos.control("POST", f"checks/{check['ikaccountId']}/rename")
    assert renamed["uuid"] == check["uuid"]
    number, suffix = parts(check["ikaccountId"])
    body = {
        "businessLocationId": 45454565682155,
        "endpointId": "storekit",
        "paymentAmount": "12.50",
        "thirdPartyPaymentReference": "pay-1",
        "iKaccountIdentifier": f"{number}.{suffix + step}",
    }
    pos.call("POST", "/o/op/1/pay", body)
    assert pos.payment_outcome("pay-1")["error"] == error
    assert pos.get("/o/op/1/order/table/4/getCheck").json()["ikaccountId"] == renamed["ikaccountId"]


@pytest.mark.parametrize("renamed", [True, False])
def test_a_moved_check_may_get_a_new_identifier(pos: Pos, renamed: bool) -> None:
    pos.habits(rename_moved_checks=renamed)
    check = pos.control("POST", "checks", {"tableNumber": 4, "items": [COLA]})
    moved = pos.control("POST", f"checks/{check['ikaccountId']}/move", {"tableNumber": 5})
    assert (moved["uuid"], moved["tableNumber"]) == (check["uuid"], 5)
    assert (moved["ikaccountId"] != check["ikaccountId"]) is renamed


def test_a_split_check_is_two_checks_of_the_same_table(pos: Pos) -> None:
    check = pos.control("POST", "checks", {"tableNumber": 4, "items": [COLA, {"quantity": 1, "sku": "FRIES01"}]})
    line = check["salesEntries"][1]["id"]
    other = pos.control("POST", f"checks/{check['ikaccountId']}/split", {"lines": [line]})
    rest = next(row for row in pos.get(ALL_CHECKS).json() if row["uuid"] == check["uuid"])
    assert (rest["currentAmount"], other["currentAmount"]) == (3.0, 4.0)
    assert rest["ikaccountId"] != check["ikaccountId"]
    assert (other["tableNumber"], other["uuid"] != check["uuid"]) == (4, True)
    path = f"/sandbox/checks/{other['ikaccountId']}/split"
    assert pos.call("POST", path, {"lines": [1]}).status_code == 404
    assert pos.call("POST", path, {}).status_code == 400


def test_merged_checks_are_one(pos: Pos) -> None:
    first = pos.control("POST", "checks", {"tableNumber": 4, "items": [COLA]})
    second = pos.control("POST", "checks", {"tableNumber": 5, "items": [COLA]})
    merged = pos.control("POST", f"checks/{first['ikaccountId']}/merge", {"into": second["ikaccountId"]})
    assert (merged["uuid"], merged["currentAmount"]) == (second["uuid"], 6.0)
    assert [row["uuid"] for row in pos.get(ALL_CHECKS).json()] == [second["uuid"]]


def test_a_check_of_15_hours_is_not_listed_and_is_found_by_its_identifier(pos: Pos) -> None:
    """Source: the vendor's API documentation."""
    check = pos.control("POST", "checks", {"tableNumber": 4, "items": [COLA]})
    pos.control("POST", f"checks/{check['ikaccountId']}/age", {"hours": 14.9})
    assert len(pos.get(ALL_CHECKS).json()) == 1
    pos.control("POST", f"checks/{check['ikaccountId']}/age", {"hours": 0.2})
    assert pos.get(ALL_CHECKS).json() == []
    assert by_identifier(pos, check["ikaccountId"])[1]["currentAmount"] == 3.0
    assert pos.get("/o/op/1/order/table/4/getCheck").json()["uuid"] == check["uuid"]


def test_only_dine_in_checks_are_listed(pos: Pos) -> None:
    """Source: the vendor's API documentation."""
    pickup = pos.take(pos.order())
    table = pos.take(pos.order(tableNumber="4"), "local")
    assert [row["uuid"] for row in pos.get(ALL_CHECKS).json()] == [table["uuid"]]
    assert by_identifier(pos, pickup["ikaccountId"])[0] == 200
    pos.habits(list_dine_in_only=False)
    assert {row["uuid"] for row in pos.get(ALL_CHECKS).json()} == {pickup["uuid"], table["uuid"]}


def test_a_location_in_trial_mode_lists_no_checks(pos: Pos) -> None:
    """Source: the vendor's API documentation."""
    pos.habits(trial_mode=True)
    check = pos.take(pos.order(tableNumber="4"), "local")
    assert pos.get(ALL_CHECKS).json() == []
    assert by_identifier(pos, check["ikaccountId"])[0] == 200


@pytest.mark.parametrize("identifier", ["78094.48", "A78094", "A1.x", "storekit"])
def test_an_identifier_of_the_wrong_form_is_invalid(pos: Pos, identifier: str) -> None:
    status, body = by_identifier(pos, identifier)
    assert (status, body["message"]) == (400, "Invalid account identifier")


def test_a_check_that_is_not_there_is_not_found_at_the_location(pos: Pos) -> None:
    status, body = by_identifier(pos, "A1.10")
    assert (status, body["message"]) == (404, "account not found for BL 45454565682155")
    assert pos.get("/o/op/1/order/table/6/getCheck").json()["message"] == "account not found for BL 45454565682155"


def test_lines_lack_uuid_sub_lines_and_time(pos: Pos) -> None:
    """As in the vendor's own examples; a sub-line repeats its parent's uuid there."""
    burger = {"quantity": 1, "sku": "BURGER01", "subItems": [{"quantity": 1, "sku": "CHEESEX"}]}
    cola, burger_line = pos.take(pos.order([COLA, burger]))["salesEntries"]
    assert not {"uuid", "subLineItems", "timeOfTransactionUtc"} & set(cola)
    assert "timeOfTransactionUtc" not in burger_line
    assert [line["uuid"] for line in burger_line["subLineItems"]] == [burger_line["uuid"]]
    pos.habits(sparse_lines=False)
    (cola,) = pos.take(pos.order([COLA]))["salesEntries"]
    assert {"uuid", "subLineItems", "timeOfTransactionUtc"} < set(cola)


def test_amounts_may_be_strings(pos: Pos) -> None:
    pos.habits(amounts_as_text=True)
    check = pos.take(pos.order(payment={"paymentMethod": "STOREKIT", "paymentAmount": "12.50"}))
    assert (check["currentAmount"], check["paidAmount"]) == ("12.50", "12.50")
    assert check["salesEntries"][0]["amountWithTax"] == "12.50"
    assert check["paymentEntries"][0]["amountPaid"] == "12.50"


def test_the_sale_of_a_closed_order_is_found_by_its_reference(pos: Pos) -> None:
    """Source: the vendor's API documentation."""
    pos.habits(rename_table_orders=False)
    path = "/f/finance/45454565682155/saleByExternalReference"
    order = pos.order(tableNumber="4", payment={"paymentMethod": "STOREKIT", "paymentAmount": "13", "tipAmount": "0.5"})
    check = pos.take(order, "local")
    external = f"TASK:OO-45454565682155-{order['thirdPartyReference']}"
    assert pos.call("GET", path, externalReferenceId=external).status_code == 404
    renamed = pos.control("POST", f"checks/{check['ikaccountId']}/rename")
    pos.control("POST", f"checks/{renamed['ikaccountId']}/close")
    sale = pos.call("GET", path, externalReferenceId=external).json()
    assert sale["externalReferences"] == [external]
    assert sale["accountFiscId"] == renamed["ikaccountId"]
    assert sale["source"]["initialAccountId"] == check["ikaccountId"]
    assert [(row["sku"], row["totalNetAmountWithTax"]) for row in sale["salesLines"]] == [("BURGER01", "12.50")]
    assert [(row["netAmountWithTax"], row["tip"], row["currency"]) for row in sale["payments"]] == [
        ("12.50", "0.50", "GBP")
    ]
    assert pos.call("GET", path).status_code == 400
