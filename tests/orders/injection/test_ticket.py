"""What the POS is handed: every line, every wish, the notes, and the amounts that are not food."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.pos import OrderTicket, OrderType, TicketAddress, TicketLine, TicketPayment, VenuePosSettings
from orders.checkout.lines import lines_of, store_lines
from orders.checkout.pricing import PricedLine, Totals
from orders.checkout.shares import shares
from orders.injection.ticket import customer_reference, ticket_for
from orders.models import Order, OrderLine
from storekit.models import Venue
from storekit.money import round_money, smallest_amount
from tests import factories
from tests.orders.catalogues import CURRENCIES


def line(
    sku: str,
    *choices: PricedLine,
    quantity: int = 1,
    kind: str = "product",
    note: str = "",
    price: str = "1.00",
    course: int | None = None,
) -> PricedLine:
    return PricedLine(
        currency="GBP",
        kind=kind,
        menu_id=uuid4(),
        sku=sku,
        instruction_id=f"i-{sku}" if kind == "instruction" else "",
        name=sku.title(),
        quantity=quantity,
        unit_price=Decimal(price),
        note=note,
        course=course,
        choices=choices,
    )


ADDRESS: dict[str, Any] = {
    "address_line1": "1 High Street",
    "address_line2": "Flat 2",
    "city": "London",
    "postcode": "N1 9GU",
}


def ticket(
    *lines: PricedLine,
    reference: str = "r-1",
    mapping: VenuePosSettings | None = None,
    deliver_within: timedelta = timedelta(minutes=10),
    native_discount: bool = False,
    without_email: bool = False,
    **columns: Any,
) -> OrderTicket:
    defaults = {
        "venue": Venue(slug="copper-pot", timezone="Europe/London"),
        "type": Order.Type.PICKUP,
        "collection_code": "ACDEFGHJ",
        "first_name": "Ada",
        "total": Decimal("11.50"),
        "tip": Decimal("1.50"),
        "payment_status": Order.PaymentStatus.PAID,
    }
    return ticket_for(
        order=Order(**(defaults | columns)),
        lines=lines,
        settings=mapping or VenuePosSettings(),
        reference=reference,
        deliver_within=deliver_within,
        native_discount=native_discount,
        without_email=without_email,
    )


def _amounts(*, items: str, **parts: str) -> dict[str, Any]:
    """An order's columns of money."""
    totals = Totals(items=Decimal(items), **{name: Decimal(part) for name, part in parts.items()})
    return {name: getattr(totals, name) for name in ("discount", "delivery_fee", "service_charge", "tip", "total")}


def test_a_ticket_carries_what_the_venue_set_and_the_guest_said() -> None:
    made = ticket(line("WATER"), last_name="Lovelace", email="ada@example.com", phone="+442079460018", note="Bell")
    assert (made.reference, made.type, made.collection_code) == ("r-1", OrderType.PICKUP, "ACDEFGHJ")
    assert (made.order_profile, made.note) == ("storekit", "Bell")
    assert made.payment == TicketPayment(method="STOREKIT", amount=Decimal("10.00"), tip=Decimal("1.50"))
    assert (made.customer.first_name, made.customer.last_name) == ("Ada", "Lovelace")
    assert (made.customer.email, made.customer.phone) == ("ada@example.com", "+442079460018")
    assert made.deliver_within >= timedelta(minutes=1)


def test_instructions_travel_with_their_line_and_choices_below_it() -> None:
    cheese = line("CHEESE", line("MILD", kind="instruction"), kind="modifier")
    (burger,) = ticket(line("BURGER", line("RARE", kind="instruction"), cheese)).lines
    assert burger == TicketLine(
        sku="BURGER",
        quantity=1,
        instructions=("i-RARE",),
        choices=(TicketLine(sku="CHEESE", quantity=1, instructions=("i-MILD",)),),
    )


def test_a_line_with_priced_choices_is_split_into_single_units() -> None:
    lines = ticket(line("BURGER", line("CHEESE", kind="modifier", quantity=2), quantity=3)).lines
    assert lines == (TicketLine(sku="BURGER", quantity=1, choices=(TicketLine(sku="CHEESE", quantity=2),)),) * 3


def test_a_line_with_only_instructions_is_not_split() -> None:
    assert ticket(line("STEAK", line("RARE", kind="instruction"), quantity=3)).lines == (
        TicketLine(sku="STEAK", quantity=3, instructions=("i-RARE",)),
    )


def test_notes_of_lines_and_the_time_are_in_the_note_in_the_venues_time() -> None:
    summer_evening = datetime(2026, 7, 3, 17, 30, tzinfo=UTC)
    made = ticket(line("BURGER", quantity=2, note="no salt"), note="Bell", scheduled_for=summer_evening)
    assert made.note == "Pickup at Fri 03 Jul 18:30\nBell\n2× Burger: no salt"
    assert made.collection_time == summer_evening


def test_notes_for_the_delivery_are_in_the_note_too() -> None:
    made = ticket(line("WATER"), type=Order.Type.DELIVERY, note="Bell", address_notes="Second door", **ADDRESS)
    assert made.note == "Bell\nDelivery: Second door"


def test_a_note_that_would_be_too_long_says_that_the_rest_is_printed() -> None:
    lines = [line("BURGER", note=f"{n}: " + "x" * 190) for n in range(200)]
    made = ticket(*lines, number=17, note="Ring the bell")
    said = made.note.split("\n")
    assert len(made.note) <= 2000
    assert (said[0], said[1]) == ("Ring the bell", f"1× Burger: 0: {'x' * 190}")
    assert said[-1] == "More notes are printed separately."


@pytest.mark.parametrize(
    ("type", "profile"),
    [(Order.Type.PICKUP, "collect"), (Order.Type.DELIVERY, "bring"), (Order.Type.DINE_IN, "serve")],
)
def test_each_type_has_its_order_profile(type: Order.Type, profile: str) -> None:
    profiles = VenuePosSettings(pickup_profile="collect", delivery_profile="bring", dine_in_profile="serve")
    made = ticket(line("WATER"), mapping=profiles, type=type)
    assert (made.type, made.order_profile) == (OrderType(type), profile)


def test_a_delivery_says_where_it_goes_and_nothing_else_does() -> None:
    made = ticket(line("WATER"), type=Order.Type.DELIVERY, **ADDRESS)
    assert made.address == TicketAddress(line1="1 High Street", line2="Flat 2", city="London", postcode="N1 9GU")
    assert (made.table, made.covers, made.account) == (None, None, "")
    assert ticket(line("WATER")).address is None


def test_an_order_to_a_table_names_it_with_the_guests_and_the_courses() -> None:
    lines = (line("SOUP", course=0), line("BURGER", line("CHEESE", kind="modifier"), quantity=2, course=1))
    made = ticket(*lines, type=Order.Type.DINE_IN, table_number=7, covers=3)
    assert (made.table, made.covers, made.account) == (7, 3, "")
    assert [part.course for part in made.lines] == [0, 1, 1]
    assert made.lines[1].choices[0].course is None


def test_an_order_onto_an_open_bill_names_the_bill_alone() -> None:
    made = ticket(line("SOUP"), type=Order.Type.DINE_IN, open_account="A78094.48", payment_status="unpaid")
    assert (made.table, made.covers, made.account, made.payment) == (None, None, "A78094.48", None)


def test_fees_and_a_discount_are_lines_with_prices_of_ours() -> None:
    made = ticket(
        line("BURGER", price="10.00"),
        **_amounts(items="10.00", discount="2.50", delivery_fee="3.00", service_charge="1.20"),
        discount_code="SPRING",
        discount_pos_id="STAFF10",
    )
    assert made.lines[1:] == (
        TicketLine("STOREKIT_DELIVERY", 1, name="Delivery fee", unit_price=Decimal("3.00")),
        TicketLine("STOREKIT_SERVICE_CHARGE", 1, name="Service charge", unit_price=Decimal("1.20")),
        TicketLine("STOREKIT_DISCOUNT", 1, name="Discount SPRING", unit_price=Decimal("-2.50")),
    )
    assert made.payment == TicketPayment(method="STOREKIT", amount=Decimal("11.70"), tip=Decimal("0.00"))


def test_a_fee_or_discount_of_zero_has_no_line() -> None:
    assert len(ticket(line("BURGER"), **_amounts(items="1.00")).lines) == 1


def test_a_native_discount_is_shared_out_over_the_lines_that_cost_something() -> None:
    made = ticket(
        line("BURGER", line("CHEESE", kind="modifier", price="0.50"), quantity=2, price="2.00"),
        line("WATER", quantity=3, price="1.00"),
        line("TAP", quantity=2, price="0.00"),
        **_amounts(items="8.00", discount="1.00", delivery_fee="3.00"),
        discount_code="SPRING",
        discount_pos_id="STAFF10",
        native_discount=True,
    )
    # One by one: nobody knows whether what is taken off a line is taken off each of it.
    assert [(part.quantity, part.sku, part.discount and part.discount.amount) for part in made.lines] == [
        (1, "BURGER", Decimal("0.31")),
        (1, "BURGER", Decimal("0.31")),
        (1, "WATER", Decimal("0.13")),
        (1, "WATER", Decimal("0.13")),
        (1, "WATER", Decimal("0.12")),
        (2, "TAP", None),
        (1, "STOREKIT_DELIVERY", None),
    ]
    assert {part.discount.code for part in made.lines if part.discount} == {"STAFF10"}
    assert made.payment is not None
    assert made.payment.amount == Decimal("10.00")


def test_a_discount_on_more_than_an_order_can_hold_one_by_one_is_a_line() -> None:
    waters = [line("WATER", quantity=99, price="1.00")] * 11
    amounts = _amounts(items="1089.00", discount="1.00")
    made = ticket(*waters, **amounts, discount_code="SPRING", discount_pos_id="STAFF10", native_discount=True)
    assert [(part.quantity, part.sku) for part in made.lines] == [(99, "WATER")] * 11 + [(1, "STOREKIT_DISCOUNT")]


def test_a_code_that_has_no_id_at_the_pos_is_a_line_however_it_is_asked_for() -> None:
    amounts = _amounts(items="1.00", discount="0.10")
    made = ticket(line("BURGER"), **amounts, discount_code="SPRING", native_discount=True)
    assert [part.sku for part in made.lines] == ["BURGER", "STOREKIT_DISCOUNT"]
    assert made.lines[0].discount is None


def test_an_address_that_the_pos_knows_as_another_customers_can_be_left_out() -> None:
    made = ticket(line("WATER"), email="ada@example.com", phone="+442079460018", without_email=True)
    assert (made.customer.email, made.customer.reference, made.customer.phone) == ("", "", "+442079460018")


def test_the_caller_sets_how_long_the_pos_may_try() -> None:
    assert ticket(line("WATER"), deliver_within=timedelta(hours=3)).deliver_within == timedelta(hours=3)


@pytest.mark.parametrize(
    ("amount", "parts", "shared"),
    [
        ("1.00", ["2.00", "2.00"], ["0.50", "0.50"]),
        ("1.00", ["1.00", "1.00", "1.00"], ["0.34", "0.33", "0.33"]),
        ("0.02", ["0.01", "5.00", "0.00", "-1.00"], ["0.00", "0.02", "0.00", "0.00"]),
        ("5.01", ["0.01", "5.00"], ["0.01", "5.00"]),
        ("0.00", ["1.00"], ["0.00"]),
        ("0.00", [], []),
        ("0.00", ["0.00"], ["0.00"]),
    ],
)
def test_an_amount_is_shared_out_to_the_penny(amount: str, parts: list[str], shared: list[str]) -> None:
    found = shares(Decimal(amount), [Decimal(part) for part in parts], currency="GBP")
    assert found == [Decimal(share) for share in shared]


@pytest.mark.parametrize(
    ("currency", "amount", "parts", "shared"),
    [
        ("JPY", "100", ["300", "300", "300"], ["34", "33", "33"]),
        ("KWD", "1.000", ["1.5", "1.5", "1.5"], ["0.334", "0.333", "0.333"]),
        ("CHF", "1.00", ["1.50", "1.50", "1.50"], ["0.35", "0.35", "0.30"]),
    ],
)
def test_no_share_is_one_that_a_till_cannot_take_off(
    currency: str, amount: str, parts: list[str], shared: list[str]
) -> None:
    found = shares(Decimal(amount), [Decimal(part) for part in parts], currency=currency)
    assert found == [Decimal(share) for share in shared]


@given(st.sampled_from(CURRENCIES), st.lists(st.integers(0, 50_000), max_size=12), st.data())
def test_shares_add_up_and_none_is_more_than_its_part(currency: str, pieces: list[int], data: st.DataObject) -> None:
    smallest = smallest_amount(currency)
    parts = [piece * smallest for piece in pieces]
    amount = data.draw(st.integers(0, sum(pieces))) * smallest
    shared = shares(amount, parts, currency=currency)
    assert sum(shared) == amount
    assert all(share == round_money(share, currency) for share in shared)
    assert all(0 <= share <= part for share, part in zip(shared, parts, strict=True))


def test_an_unpaid_order_and_a_free_one_carry_no_payment() -> None:
    assert ticket(payment_status=Order.PaymentStatus.UNPAID).payment is None
    assert ticket(total=Decimal(0), tip=Decimal(0)).payment is None


def test_one_address_has_one_reference_however_it_is_written() -> None:
    reference = customer_reference(email="ada@example.com")
    assert customer_reference(email="Ada@Example.com") == reference
    assert customer_reference(email="bob@example.com") != reference
    assert 1 <= len(reference) <= 48
    assert "ada" not in reference


def test_without_an_address_there_is_no_reference() -> None:
    assert ticket().customer.reference == ""


@pytest.mark.django_db
def test_lines_survive_being_stored(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None)
    cheese = line("CHEESE", line("MILD", kind="instruction"), kind="modifier", quantity=2)
    lines = (line("BURGER", cheese, quantity=3, note="no “salt”, \\ or 'pepper'\n", course=2), line("WATER"))

    store_lines(order=order, lines=lines)

    rows = list(OrderLine.objects.filter(order=order))
    assert lines_of(rows=reversed(rows), currency="GBP") == lines
    assert [row.position for row in rows] == [0, 1, 2, 3]
