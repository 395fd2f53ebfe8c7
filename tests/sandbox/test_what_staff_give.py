"""What staff give and charge at the till: discounts, service charge, and parts of lines for another check."""

from typing import Any

import pytest

from tests.sandbox.pos import Json, Pos
from tests.sandbox.receiver import Receiver


@pytest.fixture
def table_four(pos: Pos) -> Json:
    """A check with two colas and fries at table 4: 10.00 in all."""
    items = [{"sku": "COLA01", "quantity": 2}, {"sku": "FRIES01", "quantity": 1}]
    check: Json = pos.control("POST", "checks", {"tableNumber": 4, "items": items})
    return check


def give(pos: Pos, check: Json, what: str, **body: Any) -> Json:
    given: Json = pos.control("POST", f"checks/{check['ikaccountId']}/{what}", body)
    return given


def now(pos: Pos) -> list[Json]:
    found: list[Json] = pos.get("/o/op/1/order/table/getCheck").json()
    return found


@pytest.mark.parametrize(
    ("body", "off", "total"), [({"percent": 50}, 3.0, 7.0), ({"amount": "1.50"}, 1.5, 8.5), ({"amount": 99}, 6.0, 4.0)]
)
def test_a_discount_on_a_line_takes_no_more_than_it_costs(
    pos: Pos, table_four: Json, body: Json, off: float, total: float
) -> None:
    line = table_four["salesEntries"][0]
    found = give(pos, table_four, f"lines/{line['id']}/discount", **body)

    assert (found["salesEntries"][0]["discountedAmount"], found["currentAmount"]) == (off, total)
    assert give(pos, table_four, f"lines/{line['id']}/discount")["currentAmount"] == 10.0


def test_a_discount_and_a_service_charge_on_the_check_are_in_its_total_and_in_no_line(
    pos: Pos, table_four: Json
) -> None:
    give(pos, table_four, "discount", percent=10)
    found = give(pos, table_four, "service-charge", percent="12.5")

    # 10.00, less 10 %, with 12.5 % of the rest, rounded.
    assert (found["currentAmount"], found["serviceCharge"]) == (10.13, 1.13)
    assert [line["discountedAmount"] for line in found["salesEntries"]] == [0.0, 0.0]
    found = give(pos, table_four, "lines", sku="FRIES01", quantity=1)
    assert (found["currentAmount"], found["serviceCharge"]) == (14.18, 1.58)
    assert give(pos, table_four, "discount", amount="100")["currentAmount"] == 0.0


@pytest.mark.parametrize("body", [{"percent": 101}, {"amount": -1}, {"percent": "half"}])
def test_what_cannot_be_given_is_refused(pos: Pos, table_four: Json, body: Json) -> None:
    path = f"/sandbox/checks/{table_four['ikaccountId']}/discount"
    assert pos.call("POST", path, body).status_code == 400
    assert now(pos)[0]["currentAmount"] == 10.0


def test_a_renamed_check_takes_back_all_that_was_given_too(anonymous: Pos, receiver: Receiver) -> None:
    anonymous.log_in()
    anonymous.register(receiver.url, provideAccount=True)
    check = anonymous.control("POST", "checks", {"tableNumber": 4, "items": [{"sku": "COLA01", "quantity": 2}]})
    give(anonymous, check, "discount", amount="1.00")
    give(anonymous, check, "service-charge", amount="0.50")

    assert give(anonymous, check, "rename")["currentAmount"] == 5.5
    (closed,) = receiver.wait_for(status="CLOSED")
    assert (closed["account"]["currentAmount"], closed["account"]["serviceCharge"]) == (-5.5, -0.5)


def test_a_part_of_a_line_is_split_off(pos: Pos, table_four: Json) -> None:
    colas, fries = table_four["salesEntries"]
    give(pos, table_four, "service-charge", percent=10)
    other = give(pos, table_four, "split", lines=[{"line": colas["id"], "quantity": 0.5}, fries["id"]])

    rest = next(check for check in now(pos) if check["uuid"] == table_four["uuid"])
    assert [(line["itemSku"], line["quantity"]) for line in rest["salesEntries"]] == [("COLA01", 1.5)]
    assert [(line["itemSku"], line["quantity"]) for line in other["salesEntries"]] == [("COLA01", 0.5), ("FRIES01", 1)]
    # The percentage holds on both.
    assert (rest["currentAmount"], other["currentAmount"]) == (4.95, 6.05)


def test_a_merged_check_brings_what_was_given_on_it(pos: Pos, table_four: Json) -> None:
    give(pos, table_four, "discount", percent=50)
    into = pos.control("POST", "checks", {"tableNumber": 5, "items": [{"sku": "COLA01", "quantity": 1}]})

    assert give(pos, table_four, "merge", into=into["ikaccountId"])["currentAmount"] == 8.0
    assert [check["tableNumber"] for check in now(pos)] == [5]


def test_a_payment_at_the_till_may_be_a_part(pos: Pos, table_four: Json) -> None:
    found = give(pos, table_four, "payments", amount="4.00", method="CASH")
    assert (found["currentAmount"], found["paidAmount"]) == (10.0, 4.0)
