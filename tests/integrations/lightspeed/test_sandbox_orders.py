"""Orders sent to the sandbox POS, over real sockets: what arrives, and what refusals mean."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.lightspeed.mapping.notifications import parse
from integrations.pos import (
    Duplicate,
    NotFound,
    OrderEvent,
    OrderType,
    OrderUpdate,
    PointOfSale,
    PosDiscount,
    Rejected,
    TicketAddress,
    TicketCustomer,
    TicketDiscount,
    TicketLine,
    TicketPayment,
    Unreachable,
)
from tests.integrations.lightspeed.consent import BURGER, ticket
from tests.support.sandbox import SandboxPos, eventually


def test_an_order_arrives_on_the_till_with_all_that_was_chosen_and_paid(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sent = ticket(note="No cutlery", collection_time=datetime.now(UTC) + timedelta(hours=1))
    pos.place_order(sent)
    (order,) = eventually(sandbox.orders_on_the_till)
    assert order["reference"] == sent.reference
    (check,) = sandbox.state()["checks"]
    assert Decimal(str(check["currentAmount"])) == Decimal("13.50")
    assert Decimal(str(check["paidAmount"])) == Decimal("13.50")


def test_a_reference_that_was_used_is_a_duplicate_and_one_order(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sent = ticket()
    pos.place_order(sent)
    with pytest.raises(Duplicate):
        pos.place_order(sent)
    assert len(sandbox.state()["orders"]) == 1


def test_a_lost_response_is_settled_by_sending_the_order_again(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sent = ticket()
    sandbox.switch_on(lose_answer=1)
    with pytest.raises(Unreachable):
        pos.place_order(sent)
    with pytest.raises(Duplicate):
        pos.place_order(sent)


def test_an_order_refused_at_once_is_rejected_with_the_pos_message(pos: PointOfSale) -> None:
    with pytest.raises(Rejected) as caught:
        pos.place_order(ticket(lines=(TicketLine(sku="S" * 26, quantity=1),)))
    assert "items[0].sku" in caught.value.detail
    assert caught.value.status == 400


def test_a_delivery_arrives_with_its_address(sandbox: SandboxPos, pos: PointOfSale) -> None:
    mill_lane = TicketAddress(line1="1 Mill Lane", line2="", city="London", postcode="N1 1AA")
    pos.place_order(ticket(type=OrderType.DELIVERY, address=mill_lane, order_profile="delivery"))
    (order,) = eventually(sandbox.orders_on_the_till)
    assert order["kind"] == "toGo"
    assert order["body"]["deliveryAddress"] == {"addressLine1": "1 Mill Lane", "zip": "N1 1AA", "city": "London"}


DINE_IN = {"type": OrderType.DINE_IN, "order_profile": "dinein"}


def test_an_order_to_a_table_is_on_its_check_and_more_can_be_added(sandbox: SandboxPos, pos: PointOfSale) -> None:
    first = ticket(**DINE_IN, table=4, covers=2, lines=(replace(BURGER, course=1),))
    pos.place_order(first)
    (check,) = eventually(pos.open_checks)
    assert (check.table, check.amount, check.paid) == (4, Decimal("13.50"), Decimal("13.50"))
    assert check.payment_references == (first.reference,)
    pos.place_order(ticket(**DINE_IN, account=check.account, payment=None))
    eventually(lambda: len(sandbox.orders_on_the_till()) == 2)
    (check,) = pos.open_checks()
    assert (check.table, check.amount, check.paid) == (4, Decimal("27.00"), Decimal("13.50"))
    assert (check.opened_at or datetime.min.replace(tzinfo=UTC)) > datetime.now(UTC) - timedelta(minutes=1)


def test_the_sale_of_an_order_is_found_once_its_check_is_closed(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sent = ticket(**DINE_IN, table=4)
    pos.place_order(sent)
    (check,) = eventually(pos.open_checks)
    with pytest.raises(NotFound):
        pos.sale_of(sent.reference)

    sandbox.control(f"checks/{check.account}/close")

    sale = pos.sale_of(sent.reference)
    assert (sale.account, sale.uuid, sale.cancelled) == (check.account, check.uuid, False)
    assert [(one.reference, one.amount) for one in sale.payments] == [(sent.reference, Decimal("13.50"))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"table": 99}, "unknown_table"),
        ({"table": 8}, "unknown_table"),
        ({"table": None}, "unknown_table"),
        ({"table": 4, "order_profile": "lunch"}, "order_profile"),
        ({"table": 4, "payment": TicketPayment("BARTER", Decimal(1), Decimal(0))}, "payment_method"),
        ({"table": 4, "lines": (replace(BURGER, instructions=("9",)),)}, "unknown_item"),
        (
            {"table": 4, "lines": (replace(BURGER, discount=TicketDiscount("NOPE", Decimal(1))),)},
            "unknown_discount",
        ),
    ],
)
def test_what_is_refused_at_once_has_its_cause(
    sandbox: SandboxPos, pos: PointOfSale, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        pos.place_order(ticket(**DINE_IN | changes))
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert sandbox.state()["orders"] == []


BROWNIES = TicketLine(sku="BROWNIE", quantity=6)
LONELY_SAUCE = TicketLine(sku="SAUCEPOT", quantity=1)
BACON_ON_PIZZA = TicketLine(sku="MARGHERITA", quantity=1, choices=(TicketLine(sku="BACONX", quantity=1),))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": (BROWNIES,), "payment": None}, "restricted"),
        ({"lines": (LONELY_SAUCE,), "payment": None}, "item_refused"),
        ({"lines": (BACON_ON_PIZZA,), "payment": None}, "unknown_item"),
        ({"lines": (TicketLine(sku="NO-SUCH", quantity=1),), "payment": None}, "unknown_item"),
        ({"payment": TicketPayment("STOREKIT", Decimal("13.51"), Decimal(0))}, "overpaid"),
        ({**DINE_IN, "account": "A1.2"}, "check_gone"),
        ({"customer": TicketCustomer("Ada", email="ADA@example.com", reference="another")}, "customer_conflict"),
    ],
)
def test_what_the_till_refuses_has_its_cause(
    sandbox: SandboxPos, pos: PointOfSale, changes: dict[str, Any], code: str
) -> None:
    known = ticket()
    pos.place_order(known)
    eventually(sandbox.orders_on_the_till)
    refused = ticket(**changes)
    pos.place_order(refused)
    told = eventually(lambda: failure_of(sandbox, refused.reference))
    assert (told.event, told.code) == (OrderEvent.FAILED, code)


def test_an_order_that_no_till_picked_up_in_time_has_its_cause(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sandbox.switch_on(till_asleep=True)
    sent = ticket()
    pos.place_order(sent)
    assert pos.open_checks() == ()
    sandbox.control("tasks/expire")
    assert eventually(lambda: failure_of(sandbox, sent.reference)).code == "not_picked_up"


def failure_of(sandbox: SandboxPos, reference: str) -> Any:
    told = (
        parse(row["body"], currency="GBP").fact
        for row in sandbox.state()["notifications"]
        if row["status"] == "FAILURE"
    )
    return next((fact for fact in told if isinstance(fact, OrderUpdate) and fact.reference == reference), None)


def test_a_discount_of_the_poss_own_comes_off_at_the_till(sandbox: SandboxPos, pos: PointOfSale) -> None:
    assert PosDiscount("STAFF10", "Staff 10%", percent=Decimal(10)) in pos.discounts()
    off = TicketDiscount("STAFF10", Decimal("1.35"))
    paid = TicketPayment("STOREKIT", Decimal("12.15"), Decimal(0))
    pos.place_order(ticket(lines=(replace(BURGER, discount=off),), payment=paid))
    (order,) = eventually(sandbox.orders_on_the_till)
    check = pos.open_check(order["account"])
    assert (check.amount, check.paid) == (Decimal("12.15"), Decimal("12.15"))
