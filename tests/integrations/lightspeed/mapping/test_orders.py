import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.lightspeed.mapping.orders import local_body, to_go_body
from integrations.pos import (
    OrderTicket,
    OrderType,
    TicketAddress,
    TicketCustomer,
    TicketDiscount,
    TicketLine,
    TicketPayment,
)

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
LINE = TicketLine(sku="BURGER", quantity=2)


def ticket(**changes: Any) -> OrderTicket:
    return replace(
        OrderTicket(
            reference="storekit-1",
            type=OrderType.PICKUP,
            lines=(LINE,),
            customer=TicketCustomer(first_name="Ada"),
            order_profile="storekit",
            collection_code="K7PLUM",
            deliver_within=timedelta(minutes=10),
        ),
        **changes,
    )


def body(**changes: Any) -> dict[str, Any]:
    return to_go_body(ticket=ticket(**changes), location=45454565682155, endpoint_id="storekit-e", now=NOW)


def body_for_table(**changes: Any) -> dict[str, Any]:
    dine_in = ticket(**{"type": OrderType.DINE_IN} | changes)
    return local_body(ticket=dine_in, location=45454565682155, endpoint_id="storekit-e", now=NOW)


def test_a_plain_order_has_what_the_pos_demands_and_no_empty_fields() -> None:
    assert body() == {
        "businessLocationId": 45454565682155,
        "thirdPartyReference": "storekit-1",
        "endpointId": "storekit-e",
        "customerInfo": {"firstName": "Ada", "emailNotification": "DONT_CHANGE"},
        "maxTimeToAttemptOrderDeliverToPos": 600_000,
        "accountProfileCode": "storekit",
        "collectionCode": "K7PLUM",
        "items": [{"quantity": 2, "sku": "BURGER"}],
    }


def test_instructions_travel_as_modifiers_and_choices_as_sub_items_to_any_depth() -> None:
    egg = TicketLine(sku="EGG", quantity=1, instructions=("1021",))
    burger = TicketLine(sku="BURGER", quantity=1, instructions=("1001", "1011"), choices=(egg,))
    meal = TicketLine(sku="MEAL", quantity=1, choices=(burger,))
    assert body(lines=(meal,))["items"] == [
        {
            "quantity": 1,
            "sku": "MEAL",
            "subItems": [
                {
                    "quantity": 1,
                    "sku": "BURGER",
                    "modifiers": [{"modifierId": "1001"}, {"modifierId": "1011"}],
                    "subItems": [{"quantity": 1, "sku": "EGG", "modifiers": [{"modifierId": "1021"}]}],
                }
            ],
        }
    ]


@pytest.mark.parametrize("amount", ["3.50", "-3.50"])
def test_a_price_of_ours_is_sent_as_its_magnitude(amount: str) -> None:
    line = TicketLine(sku="STOREKIT_DISCOUNT", quantity=1, name="Ten off", unit_price=Decimal(amount))
    assert body(lines=(line,))["items"] == [
        {"quantity": 1, "sku": "STOREKIT_DISCOUNT", "customItemName": "Ten off", "customItemPrice": 3.5}
    ]


def test_a_free_delivery_still_says_its_price() -> None:
    line = TicketLine(sku="STOREKIT_DELIVERY", quantity=1, unit_price=Decimal(0))
    assert body(lines=(line,))["items"][0]["customItemPrice"] == 0


def test_the_payment_of_an_order_includes_the_tip() -> None:
    payment = TicketPayment(method="STOREKIT", amount=Decimal("12.50"), tip=Decimal("1.25"))
    assert body(payment=payment)["payment"] == {
        "paymentMethod": "STOREKIT",
        "paymentAmount": 13.75,
        "tipAmount": 1.25,
    }


@given(amount=st.decimals(0, 99_999_999, places=2), tip=st.decimals(0, 99_999_999, places=2))
def test_amounts_are_exact_on_the_wire(amount: Decimal, tip: Decimal) -> None:
    payment = TicketPayment(method="STOREKIT", amount=amount, tip=tip)
    read = json.loads(json.dumps(body(payment=payment)), parse_float=Decimal)["payment"]
    assert (read["paymentAmount"], read["tipAmount"]) == (amount + tip, tip)


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (
            TicketCustomer("Ada", "Byron", "ada@example.com", "+442079460958", "storekit-ada"),
            {
                "firstName": "Ada",
                "lastName": "Byron",
                "email": "ada@example.com",
                "contactNumberAsE164": "+442079460958",
                "thirdPartyReference": "storekit-ada",
            },
        ),
        (TicketCustomer("Ada", reference="storekit-ada"), {"firstName": "Ada"}),
        (TicketCustomer("Ada", email="ada@example.com"), {"firstName": "Ada", "email": "ada@example.com"}),
        (TicketCustomer("  "), {"firstName": "Guest"}),
        (TicketCustomer("A" * 130), {"firstName": "A" * 128}),
    ],
)
def test_the_customers_reference_goes_with_an_email_address_only(
    customer: TicketCustomer, expected: dict[str, str]
) -> None:
    assert body(customer=customer)["customerInfo"] == {"emailNotification": "DONT_CHANGE"} | expected


@pytest.mark.parametrize(("seconds", "expected"), [(5, 60_000), (60, 60_000), (90, 90_000)])
def test_the_pos_gets_at_least_a_minute_to_deliver(seconds: int, expected: int) -> None:
    assert body(deliver_within=timedelta(seconds=seconds))["maxTimeToAttemptOrderDeliverToPos"] == expected


def test_the_collection_time_is_said_in_utc() -> None:
    moment = datetime(2026, 10, 1, 19, 30, tzinfo=ZoneInfo("Europe/London"))
    assert body(collection_time=moment)["orderCollectionTimeAsIso8601"] == "2026-10-01T18:30:00Z"


@pytest.mark.parametrize("seconds", [-3600, 0, 59])
def test_a_collection_time_that_the_pos_would_refuse_is_left_out(seconds: int) -> None:
    assert "orderCollectionTimeAsIso8601" not in body(collection_time=NOW + timedelta(seconds=seconds))


def test_a_note_reaches_the_kitchen() -> None:
    assert body(note="No cutlery")["orderNote"] == "No cutlery"


def test_a_delivery_has_its_address_without_empty_fields() -> None:
    mill_lane = TicketAddress(line1="1 Mill Lane", line2="Flat 2", city="London", postcode="N1 1AA")
    assert body(type=OrderType.DELIVERY, address=mill_lane)["deliveryAddress"] == {
        "addressLine1": "1 Mill Lane",
        "addressLine2": "Flat 2",
        "zip": "N1 1AA",
        "city": "London",
    }
    assert body(address=replace(mill_lane, line2="", city=""))["deliveryAddress"] == {
        "addressLine1": "1 Mill Lane",
        "zip": "N1 1AA",
    }


def test_an_order_to_a_table_is_the_same_but_for_its_table() -> None:
    order = body_for_table(table=4, covers=2)
    assert (order.pop("tableNumber"), order.pop("clientCount")) == ("4", 2)
    assert order == body()


@pytest.mark.parametrize("covers", [None, 0])
def test_a_number_of_guests_that_nobody_said_is_left_to_the_till(covers: int | None) -> None:
    assert "clientCount" not in body_for_table(table=4, covers=covers)


def test_more_for_an_open_check_names_the_check_and_neither_its_table_nor_its_guests() -> None:
    order = body_for_table(account="A78094.48", table=4, covers=2)
    assert order.pop("accountIdentifier") == "A78094.48"
    assert order == body()


def test_an_order_to_a_table_has_no_address() -> None:
    assert "deliveryAddress" not in body_for_table(table=4, address=TicketAddress("1 Mill Lane", "", "London", "N1"))


def test_courses_stand_on_the_lines_of_orders_to_a_table_and_nowhere_else() -> None:
    cheese = TicketLine(sku="CHEESE", quantity=1, course=3)
    lines = (replace(LINE, course=2, choices=(cheese,)), replace(LINE, course=0), LINE)
    sold = {"quantity": 2, "sku": "BURGER"}
    chosen = sold | {"subItems": [{"quantity": 1, "sku": "CHEESE"}]}
    assert body_for_table(table=4, lines=lines)["items"] == [chosen | {"course": 2}, sold | {"course": 0}, sold]
    assert body(lines=lines)["items"] == [chosen, sold, sold]


@pytest.mark.parametrize("write", [body, body_for_table])
def test_a_discount_of_the_poss_own_says_what_it_takes_off_each_line(write: Any) -> None:
    off = TicketDiscount(code="WELCOME", amount=Decimal("2.25"))
    cheese = TicketLine(sku="CHEESE", quantity=1, discount=off)
    (item,) = write(lines=(replace(LINE, discount=off, choices=(cheese,)),))["items"]
    assert (item["discountCode"], item["discountAmountOverride"]) == ("WELCOME", 2.25)
    assert "discountPercentOverride" not in item
    assert item["subItems"] == [{"quantity": 1, "sku": "CHEESE"}]


@pytest.mark.parametrize("write", [body, body_for_table])
def test_what_is_sent_has_the_documented_types(write: Any) -> None:
    order = write(table=4, covers=2, account="", collection_time=NOW + timedelta(hours=1), note="Hi")
    assert type(order["businessLocationId"]) is int
    assert type(order["maxTimeToAttemptOrderDeliverToPos"]) is int
    assert {type(order[name]) for name in ("thirdPartyReference", "endpointId", "collectionCode", "orderNote")} == {str}
    assert {type(order.get("tableNumber", "")), type(order.get("clientCount", 1))} == {str, int}


def test_unpaid_orders_bring_no_payment() -> None:
    assert "payment" not in body_for_table(table=4, payment=None)
