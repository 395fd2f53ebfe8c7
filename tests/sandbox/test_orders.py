"""Orders: immediate refusals, later refusals by the till, and the resulting checks.

Source: the vendor's API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from integrations.sandbox.till.reasons import item_id
from tests.sandbox.pos import RIVERSIDE, Json, Pos

ADA: Json = {"firstName": "Ada"}
MEAL_CHOICES = [
    {
        "quantity": 1,
        "sku": "BURGER04",
        "subItems": [{"quantity": 1, "sku": "BACONX"}],
        "modifiers": [{"modifierId": "1002"}],
    },
    {"quantity": 1, "sku": "SWEETFRIES"},
    {"quantity": 1, "sku": "COLA01"},
]


def refusal(pos: Pos, order: Json, kind: str = "toGo") -> Json:
    """Send an order that is refused at once, in Spring's shape. Return the first field error."""
    answer = pos.send(order, kind)
    body = answer.json()
    assert answer.status_code == 400, body
    assert body["status"] == 400
    assert body["error"] == "Bad Request"
    assert body["path"] == f"/o/op/1/order/{kind}"
    assert body["timestamp"]
    first: Json = body["errors"][0]
    assert set(first) == {"field", "defaultMessage", "code", "codes", "objectName", "bindingFailure"}
    return first


def failure(pos: Pos, order: Json, kind: str = "toGo") -> str:
    """Send an order that is accepted and then refused by the till. Return the reason."""
    answer = pos.send(order, kind)
    assert answer.status_code == 200, answer.text
    outcome = pos.outcome(order["thirdPartyReference"])
    assert outcome["status"] == "failed"
    return str(outcome["reason"])


def test_an_accepted_order_becomes_a_check_at_the_tills_prices(pos: Pos) -> None:
    order = pos.order(
        [
            {
                "quantity": 2,
                "sku": "BURGER01",
                "modifiers": [{"modifierId": "1001"}, {"modifierId": "1011"}],
                "subItems": [
                    {"quantity": 1, "sku": "CHEESEX"},
                    {"quantity": 1, "sku": "EGGX", "modifiers": [{"modifierId": "1022"}]},
                ],
            },
            {"quantity": 1, "sku": "SALMON01"},
        ]
    )
    assert pos.send(order).json() == {"status": "ok"}
    account = pos.outcome(order["thirdPartyReference"])["account"]
    check = pos.get(f"/o/op/1/order/accounts/{account}").json()

    burger, salmon = check["salesEntries"]
    assert burger["amountWithTax"] == 25.0
    assert [modifier["name"] for modifier in burger["modifiers"]] == ["Rare", "No onions"]
    assert [(line["itemSku"], line["quantity"], line["amountWithTax"]) for line in burger["subLineItems"]] == [
        ("CHEESEX", 2, 2.0),
        ("EGGX", 2, 2.4),
    ]
    assert salmon["unitAmount"] == 16.5
    assert check["currentAmount"] == 45.9
    assert check["paidAmount"] == 0
    assert check["name"] == "Ada Byron"
    assert check["tableNumber"] is None


def test_a_deal_costs_its_price_plus_the_extra_prices_of_its_choices(pos: Pos) -> None:
    check = pos.take(pos.order([{"quantity": 2, "sku": "MEAL01", "subItems": MEAL_CHOICES}]))
    assert check["currentAmount"] == 2 * (17 + 3 + 1.5 + 0.75)


def test_a_payment_with_the_order_includes_its_tip(pos: Pos) -> None:
    payment = {"paymentMethod": "STOREKIT", "paymentAmount": "14.50", "tipAmount": 2}
    check = pos.take(pos.order(payment=payment))
    assert check["paidAmount"] == check["currentAmount"] == 12.5
    assert check["paymentEntries"][0]["paymentMethodCode"] == "STOREKIT"
    assert check["paymentEntries"][0]["amountPaid"] == 12.5


def test_a_discount_line_is_negative_and_a_delivery_fee_is_not(pos: Pos) -> None:
    items = [
        {"quantity": 1, "sku": "MARGHERITA"},
        {"quantity": 1, "sku": "STOREKIT_DISCOUNT", "customItemPrice": "1.10", "customItemName": "WELCOME10"},
        {"quantity": 1, "sku": "STOREKIT_DELIVERY", "customItemPrice": 2.5},
    ]
    check = pos.take(pos.order(items, accountProfileCode="delivery", deliveryAddress={"addressLine1": "1 Mill Lane"}))
    assert [line["amountWithTax"] for line in check["salesEntries"]] == [12.0, -1.1, 2.5]
    assert check["salesEntries"][1]["itemName"] == "WELCOME10"
    assert check["currentAmount"] == 13.4


@pytest.mark.parametrize(
    ("discount", "left"),
    [
        ({"discountCode": "STAFF10"}, 11.25),
        ({"discountCode": "FIVE"}, 7.5),
        ({"discountCode": "FIVE", "discountAmountOverride": "2.25"}, 10.25),
        ({"discountCode": "STAFF10", "discountPercentOverride": 50}, 6.25),
        ({"discountCode": "FIVE", "discountAmountOverride": 99}, 0),
    ],
)
def test_the_discounts_of_the_pos_reduce_the_line(pos: Pos, discount: Json, left: float) -> None:
    check = pos.take(pos.order([{"quantity": 1, "sku": "BURGER01", **discount}]))
    assert check["currentAmount"] == left


def test_an_order_profile_has_its_own_prices(pos: Pos) -> None:
    check = pos.take(pos.order([{"quantity": 1, "sku": "LAGER01"}], accountProfileCode="happyhour"))
    assert check["currentAmount"] == 4.0


def test_a_reference_works_once_even_in_fifty_simultaneous_orders(pos: Pos) -> None:
    order = pos.order()
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: Pos.send(pos, order), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 49
    said = next(answer for answer in answers if answer.status_code == 409).json()
    assert said["status"] == "fail"
    assert said["msg"].startswith("reference has already been used")
    assert pos.outcome(order["thirdPartyReference"])["status"] == "on_till"
    assert len(pos.state()["checks"]) == 1


def test_a_failed_order_uses_up_its_reference(pos: Pos) -> None:
    order = pos.order([{"quantity": 1, "sku": "CHEESECAKE"}])
    assert failure(pos, order) == "Could not add item Baked cheesecake (check sales restrictions)"
    assert pos.send(order | {"items": []}).status_code == 409


def test_an_immediate_refusal_does_not_use_up_the_reference(pos: Pos) -> None:
    order = pos.order()
    refusal(pos, order | {"endpointId": "Storekit"})
    assert pos.send(order).status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"businessLocationId": "45454565682155"}, "businessLocationId", "typeMismatch"),
        ({"thirdPartyReference": "x" * 49}, "thirdPartyReference", "Size"),
        ({"thirdPartyReference": None}, "thirdPartyReference", "NotNull"),
        ({"endpointId": None}, "endpointId", "NotNull"),
        ({"endpointId": "nobody"}, "endpointId", "NotFound"),
        ({"customerInfo": None}, "customerInfo", "NotNull"),
        ({"customerInfo": {"lastName": "Byron"}}, "customerInfo.firstName", "NotNull"),
        ({"customerInfo": {"firstName": ""}}, "customerInfo.firstName", "Size"),
        ({"customerInfo": {"firstName": "x" * 129}}, "customerInfo.firstName", "Size"),
        ({"customerInfo": ADA | {"contactNumberAsE164": "07700"}}, "customerInfo.contactNumberAsE164", "Pattern"),
        ({"customerInfo": ADA | {"email": "ada"}}, "customerInfo.email", "Pattern"),
        ({"customerInfo": ADA | {"thirdPartyReference": "c1"}}, "customerInfo.thirdPartyReference", "Invalid"),
        ({"collectionCode": "ABCDEFGHI"}, "collectionCode", "Size"),
        ({"maxTimeToAttemptOrderDeliverToPos": 59_999}, "maxTimeToAttemptOrderDeliverToPos", "Min"),
        ({"maxTimeToAttemptOrderDeliverToPos": 90_000.0}, "maxTimeToAttemptOrderDeliverToPos", "typeMismatch"),
        ({"accountProfileCode": "nothing"}, "accountProfileCode", "NotFound"),
        ({"scheduledTimeForOrderAsIso8601": "tomorrow"}, "scheduledTimeForOrderAsIso8601", "typeMismatch"),
        ({"orderCollectionTimeAsIso8601": "2020-01-01T12:00:00Z"}, "orderCollectionTimeAsIso8601", "Future"),
        ({"payment": {"paymentMethod": "BARTER", "paymentAmount": 1}}, "payment.paymentMethod", "NotFound"),
        ({"payment": {"paymentMethod": "CASH"}}, "payment.paymentAmount", "NotNull"),
        ({"payment": {"paymentMethod": "CASH", "paymentAmount": "ten"}}, "payment.paymentAmount", "typeMismatch"),
        ({"payment": {"paymentMethod": "CASH", "paymentAmount": 1, "tipAmount": 2}}, "payment.tipAmount", "Invalid"),
    ],
)  # fmt: skip
def test_an_invalid_field_is_refused_at_once(pos: Pos, change: Json, field: str, code: str) -> None:
    error = refusal(pos, pos.order(**change))
    assert (error["field"], error["code"]) == (field, code)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"quantity": 1}, "items[0].sku"),
        ({"quantity": "1", "sku": "BURGER01"}, "items[0].quantity"),
        ({"quantity": 0, "sku": "BURGER01"}, "items[0].quantity"),
        ({"quantity": 1, "sku": "S" * 26}, "items[0].sku"),
        ({"quantity": 1, "sku": "BURGER01", "modifiers": [{"modifierId": 1001}]}, "items[0].modifiers[0].modifierId"),
        ({"quantity": 1, "sku": "BURGER01", "modifiers": [{"modifierId": "1031"}]}, "items[0].modifiers[0].modifierId"),
        ({"quantity": 1, "sku": "BURGER01", "customItemPrice": 1}, "items[0].customItemPrice"),
        ({"quantity": 1, "sku": "BURGER01", "discountCode": "NOPE"}, "items[0].discountCode"),
        ({"quantity": 1, "sku": "STOREKIT_DISCOUNT", "customItemPrice": -1}, "items[0].customItemPrice"),
    ],
)  # fmt: skip
def test_an_invalid_line_is_refused_at_once(pos: Pos, item: Json, field: str) -> None:
    assert refusal(pos, pos.order([item]))["field"] == field


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"quantity": 1, "sku": "NO-SUCH"}, "items[0].sku"),
        ({"quantity": 1, "sku": "BURGER01", "subItems": [{"quantity": 1, "sku": "NO"}]}, "items[0].subItems[0].sku"),
    ],
)
def test_by_habit_an_unknown_sku_is_refused_at_once(pos: Pos, item: Json, field: str) -> None:
    pos.habits(unknown_items_fail_later=False)
    assert refusal(pos, pos.order([item]))["field"] == field


def test_a_body_that_is_not_json_is_refused(pos: Pos) -> None:
    answer = pos.http.post(f"{pos.base_url}/o/op/1/order/toGo", data="{", timeout=5)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("JSON parse error")


def test_a_null_field_means_the_same_as_an_absent_one(pos: Pos) -> None:
    order = pos.order() | {"payment": None, "orderNote": None, "staffId": None}
    assert pos.send(order).status_code == 200


@pytest.mark.parametrize(
    ("items", "change", "reason"),
    [
        ([{"quantity": 6, "sku": "BROWNIE"}], {}, "Could not add item Chocolate brownie (check sales restrictions)"),
        ([{"quantity": 1, "sku": "SAUCEPOT"}], {}, "Could not add item Dip pot (cannot be sold alone)"),
        (
            [{"quantity": 1, "sku": "MARGHERITA", "subItems": [{"quantity": 1, "sku": "BACONX"}]}],
            {},
            f"Could not add item {item_id('BACONX')} (not found)",
        ),
        (
            [{"quantity": 1, "sku": "COLA01"}],
            {"payment": {"paymentMethod": "STOREKIT", "paymentAmount": "3.01"}},
            "the payment amount is greater than the amount due",
        ),
    ],
)
def test_the_till_refuses_later_what_the_api_cannot_check(
    pos: Pos, items: list[Json], change: Json, reason: str
) -> None:
    assert failure(pos, pos.order(items, **change)) == reason
    assert pos.state()["checks"] == []


def test_one_email_address_cannot_have_two_references(pos: Pos) -> None:
    def customer(reference: str) -> dict[str, Any]:
        return {"firstName": "Ada", "email": "ada@example.com", "thirdPartyReference": reference}

    pos.take(pos.order(customerInfo=customer("c-1")))
    pos.take(pos.order(customerInfo=customer("c-1")))
    reason = failure(pos, pos.order(customerInfo=customer("c-2")))
    assert reason == "A consumer already exists for this email address with a different external reference."


def test_an_email_address_can_belong_to_another_integration(pos: Pos) -> None:
    pos.control("POST", "consumers", {"email": "Ada@example.com", "reference": "another-shop"})
    ada: Json = {"firstName": "Ada", "email": "ada@example.com", "thirdPartyReference": "c-1"}
    assert "different external reference" in failure(pos, pos.order(customerInfo=ada))
    pos.take(pos.order(customerInfo={"firstName": "Ada"}))
    assert pos.call("POST", "/sandbox/consumers", {"email": "ada@example.com"}).status_code == 400


def test_restricted_items_sell_out(pos: Pos) -> None:
    pos.take(pos.order([{"quantity": 3, "sku": "BROWNIE"}]))
    meal = {"quantity": 1, "sku": "MEAL01", "subItems": [*MEAL_CHOICES, {"quantity": 2, "sku": "BROWNIE"}]}
    pos.take(pos.order([meal]))
    assert "check sales restrictions" in failure(pos, pos.order([{"quantity": 1, "sku": "BROWNIE"}]))


def test_a_sleeping_till_accepts_orders_when_it_wakes(pos: Pos) -> None:
    pos.faults(till_asleep=True)
    order = pos.order(maxTimeToAttemptOrderDeliverToPos=60_000)
    pos.send(order)
    assert pos.state()["orders"][0]["status"] == "accepted"
    pos.faults(till_asleep=False)
    assert pos.outcome(order["thirdPartyReference"])["status"] == "on_till"


def test_an_expired_order_fails(pos: Pos) -> None:
    pos.faults(till_asleep=True)
    order = pos.order(maxTimeToAttemptOrderDeliverToPos=60_000)
    pos.send(order)
    pos.control("POST", "tasks/expire")
    assert pos.outcome(order["thirdPartyReference"])["reason"] == "Not processed before validity ended"


def test_a_time_in_the_future_is_accepted(pos: Pos) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    pos.take(pos.order(orderCollectionTimeAsIso8601=soon, scheduledTimeForOrderAsIso8601=soon))


def test_an_order_for_a_table_is_on_that_table(pos: Pos) -> None:
    check = pos.take(pos.order(tableNumber="4", clientCount=2), "local")
    assert (check["tableNumber"], check["clientCount"]) == (4, 2)


@pytest.mark.parametrize("table", ["99", "8", "four"])
def test_an_unknown_or_inactive_table_is_refused(pos: Pos, table: str) -> None:
    assert refusal(pos, pos.order(tableNumber=table), "local")["field"] == "tableNumber"


@pytest.mark.parametrize("table", ["4", 4])
def test_a_table_number_may_be_a_string_or_a_number(pos: Pos, table: str | int) -> None:
    """The contract says string; the vendor's own samples have a number."""
    assert pos.take(pos.order(tableNumber=table), "local")["tableNumber"] == 4


def test_a_second_round_is_added_to_the_open_check(pos: Pos) -> None:
    check = pos.take(pos.order(tableNumber="4"), "local")
    again = pos.take(pos.order([{"quantity": 2, "sku": "COLA01"}], accountIdentifier=check["ikaccountId"]), "local")
    assert again["ikaccountId"] == check["ikaccountId"]
    assert again["currentAmount"] == 18.5


def test_a_second_round_changes_neither_the_table_nor_the_number_of_guests(pos: Pos) -> None:
    account = pos.take(pos.order(tableNumber="4", clientCount=2), "local")["ikaccountId"]
    check = pos.take(pos.order(accountIdentifier=account, tableNumber="5", clientCount=6), "local")
    assert (check["ikaccountId"], check["tableNumber"], check["clientCount"]) == (account, 4, 2)


def test_courses_are_shown_on_the_till(pos: Pos) -> None:
    items = [{"quantity": 1, "sku": "BURGER01", "course": 2}, {"quantity": 1, "sku": "COLA01", "course": 0}]
    pos.take(pos.order(items, tableNumber="4"), "local")
    text = requests.get(f"{pos.base_url}/till", timeout=5).text
    assert text.count("<em>Course ") == 2
    assert "<em>Course 2</em>" in text


def test_a_course_is_a_whole_number_and_is_ignored_in_a_to_go_order(pos: Pos) -> None:
    item = {"quantity": 1, "sku": "BURGER01", "course": -1}
    assert refusal(pos, pos.order([item], tableNumber="4"), "local")["field"] == "items[0].course"
    assert pos.send(pos.order([item])).status_code == 200


def test_a_second_round_for_a_closed_check_fails(pos: Pos) -> None:
    account = pos.take(pos.order(tableNumber="4"), "local")["ikaccountId"]
    pos.control("POST", f"checks/{account}/close")
    assert "not found" in failure(pos, pos.order(accountIdentifier=account), "local")


def test_items_of_another_location_are_unknown(pos: Pos) -> None:
    assert failure(pos, pos.order(businessLocationId=RIVERSIDE)) == "Could not add item BURGER01 (not found)"


def test_another_accounts_location_is_forbidden_for_orders(pos: Pos) -> None:
    assert pos.send(pos.order(businessLocationId=1)).status_code == 403
