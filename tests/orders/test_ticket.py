"""What the POS is handed: every line, every wish, and sums that agree with what the guest paid."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given, settings

from integrations.models import LightspeedSettings
from integrations.pos import OrderTicket, OrderType, TicketLine, TicketPayment
from menus.catalogue import Catalogue
from orders.lines import lines_of, store_lines
from orders.models import Order, OrderLine
from orders.pricing import PricedLine, price
from orders.ticket import customer_reference, ticket_for
from storekit.models import Venue
from tests import factories
from tests.orders.catalogues import Shopping, shoppings


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


def ticket(*lines: PricedLine, reference: str = "r-1", **columns: object) -> OrderTicket:
    defaults = {
        "venue": Venue(slug="copper-pot", timezone="Europe/London"),
        "type": Order.Type.PICKUP,
        "collection_code": "ACDEFGHJ",
        "first_name": "Ada",
        "total": Decimal("11.50"),
        "tip": Decimal("1.50"),
        "payment_status": Order.PaymentStatus.PAID,
    }
    order = Order(**(defaults | columns))
    return ticket_for(order=order, lines=lines, settings=LightspeedSettings(), reference=reference)


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


def test_a_line_with_priced_choices_goes_out_one_by_one() -> None:
    lines = ticket(line("BURGER", line("CHEESE", kind="modifier", quantity=2), quantity=3)).lines
    assert lines == (TicketLine(sku="BURGER", quantity=1, choices=(TicketLine(sku="CHEESE", quantity=2),)),) * 3


def test_a_line_with_nothing_but_instructions_goes_out_whole() -> None:
    assert ticket(line("STEAK", line("RARE", kind="instruction"), quantity=3)).lines == (
        TicketLine(sku="STEAK", quantity=3, instructions=("i-RARE",)),
    )


def test_notes_of_lines_and_the_time_are_in_the_note_in_the_venues_time() -> None:
    summer_evening = datetime(2026, 7, 3, 17, 30, tzinfo=UTC)
    made = ticket(line("BURGER", quantity=2, note="no salt"), note="Bell", scheduled_for=summer_evening)
    assert made.note == "Pickup at Fri 03 Jul 18:30\nBell\n2× Burger: no salt"
    assert made.collection_time == summer_evening


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


def _sent_amounts(lines: Iterable[TicketLine], prices: dict[str, Decimal], *, per_parent: bool) -> Iterator[Decimal]:
    """What the POS makes of the lines from its own prices, in either reading of a choice's quantity."""

    def amounts(line: TicketLine, times: int) -> Iterator[Decimal]:
        number = line.quantity * (times if per_parent else 1)
        yield number * prices[line.sku]
        for choice in line.choices:
            yield from amounts(choice, number)

    for line in lines:
        yield from amounts(line, 1)


def _prices(catalogue: Catalogue) -> dict[str, Decimal]:
    modifiers = [modifier for group in catalogue.groups.values() for modifier in group.modifiers]
    return {row.sku: row.price for row in modifiers} | {row.sku: row.price for row in catalogue.products.values()}


@settings(max_examples=150, deadline=None)
@given(shoppings())
def test_whatever_is_ordered_what_is_sent_adds_up_to_what_the_guest_paid(shopping: Shopping) -> None:
    priced = price(catalogue=shopping.catalogue, items=shopping.items, tip=shopping.tip)
    made = ticket(*priced.lines, total=priced.totals.total, tip=priced.totals.tip)
    paid = (made.payment.amount, made.payment.tip) if made.payment else (Decimal(0), Decimal(0))
    for per_parent in (True, False):
        assert sum(_sent_amounts(made.lines, _prices(shopping.catalogue), per_parent=per_parent)) == paid[0]
    assert paid[1] == shopping.tip
    assert sum(paid) == priced.totals.total


@pytest.mark.django_db
def test_lines_survive_being_stored(venue: Venue) -> None:
    order = factories.OrderFactory(venue=venue, line=None)
    cheese = line("CHEESE", line("MILD", kind="instruction"), kind="modifier", quantity=2)
    lines = (line("BURGER", cheese, quantity=3, note="no “salt”, \\ or 'pepper'\n", course=2), line("WATER"))

    store_lines(order=order, lines=lines)

    rows = list(OrderLine.objects.filter(order=order))
    assert lines_of(rows=reversed(rows)) == lines
    assert [row.position for row in rows] == [0, 1, 2, 3]
