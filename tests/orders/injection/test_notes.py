"""Nothing that a guest says is lost, and an order sets only names and prices that the menu lets it set."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import responses

from integrations.pos import CustomPrice, OrderTicket, VenuePosSettings
from menus.custom_fields import CustomFields
from orders.alerts.delivery import send
from orders.checkout.pricing import PricedLine
from orders.injection.notes import notes_of
from orders.injection.send import inject
from orders.injection.ticket import ticket_for
from orders.models import Alert, Injection, Order, OrderLine
from storekit.models import Venue
from tests import factories
from tests.orders.sending import MESSAGE, takes_orders

NAMEABLE = {"BURGER": CustomFields(name=True, price=CustomPrice.NO)}


def burger(note: str = "no salt", **changes: Any) -> PricedLine:
    columns: dict[str, Any] = {"name": "Burger", "quantity": 2, "unit_price": Decimal("10.00"), "note": note} | changes
    return PricedLine(kind="product", currency="GBP", menu_id=uuid4(), sku="BURGER", instruction_id="", **columns)


def order(**columns: Any) -> Order:
    return Order(venue=Venue(timezone="Europe/London"), type="pickup", number=17, collection_code="ACDEFGHJ", **columns)


def ticket(line: PricedLine, custom: dict[str, CustomFields], **columns: Any) -> OrderTicket:
    return ticket_for(
        order=order(first_name="Ada", total=Decimal(20), **columns),
        lines=[line],
        settings=VenuePosSettings(),
        reference="r-1",
        deliver_within=timedelta(minutes=10),
        custom=custom,
    )


def test_a_note_is_the_lines_name_where_the_order_may_name_it() -> None:
    made = ticket(burger(), NAMEABLE)
    assert (made.note, [line.name for line in made.lines]) == ("", ["Burger: no salt"])


@pytest.mark.parametrize(
    ("custom", "note"),
    [({}, "no salt"), ({"BURGER": CustomFields(name=False, price=CustomPrice.ADDED)}, "no salt"), (NAMEABLE, "x" * 99)],
)
def test_any_other_note_is_in_the_orders_note(custom: dict[str, CustomFields], note: str) -> None:
    made = ticket(burger(note), custom)
    assert (made.note, [line.name for line in made.lines]) == (f"2× Burger: {note}", [""])


def test_the_price_that_staff_set_is_sent_with_the_line() -> None:
    (line,) = ticket(burger(custom_price=Decimal("7.35")), {}).lines
    assert line.unit_price == Decimal("7.35")


def test_a_fee_whose_price_the_menu_does_not_let_an_order_set_is_sent_without_one() -> None:
    fixed = {"STOREKIT_DELIVERY": CustomFields(name=False, price=CustomPrice.NO)}
    for custom, sent in (({}, ("Delivery fee", Decimal(2))), (fixed, ("", None))):
        fee = ticket(burger(), custom, delivery_fee=Decimal(2)).lines[-1]
        assert (fee.sku, fee.name, fee.unit_price) == ("STOREKIT_DELIVERY", *sent)


def test_notes_that_do_not_fit_are_printed_whole() -> None:
    lines = [burger(f"{number:03}" + "x" * 197, quantity=1) for number in range(200)]
    notes = notes_of(order=order(), lines=lines, custom={})
    assert len(notes.order_note) <= 2000
    assert max(map(len, notes.messages)) <= 1000
    everything = "\n".join([notes.order_note, *notes.messages])
    assert [number for number in range(200) if f"1× Burger: {number:03}{'x' * 197}" not in everything] == []


def test_each_message_with_notes_is_printed_once_after_the_order_is_accepted(
    waiting: Injection, pos: responses.RequestsMock
) -> None:
    for position in range(1, 12):
        factories.OrderLineFactory(order=waiting.order, position=position, note=f"{position:02}" + "x" * 190)
    takes_orders(pos)
    printed = pos.post(MESSAGE, json={})
    assert inject(injection_id=waiting.pk) == "accepted"
    alerts = list(Alert.objects.filter(about=Alert.About.NOTES, channel=Alert.Channel.TILL))
    assert len(alerts) == 1
    assert [send(alert_id=alert.pk) for alert in alerts * 2] == ["sent", "not due"]
    (call,) = printed.calls
    said = json.loads(pos.calls[0].request.body or b"")["orderNote"] + json.loads(call.request.body or b"")["message"]
    assert [line.note for line in OrderLine.objects.exclude(note="") if line.note not in said] == []
