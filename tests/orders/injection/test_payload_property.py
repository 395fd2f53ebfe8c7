"""Any good basket gives an order that the POS's contract accepts, and the POS adds up what the guest paid."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integrations.lightspeed.mapping.orders import local_body, to_go_body
from integrations.pos import OrderTicket, VenuePosSettings
from integrations.sandbox.amounts import CURRENCIES, Currency
from integrations.sandbox.api.schemas import VALIDATORS
from menus.catalogue import Catalogue
from orders.checkout.discounts import amount_off
from orders.checkout.pricing import price
from orders.injection.ticket import ticket_for
from orders.models import DiscountCode, Order
from storekit.models import Venue
from tests.orders.catalogues import Shopping, amounts_in, shoppings
from tests.support.examples import examples

NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
MAPPING = VenuePosSettings()
Json = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """An order, the menu's prices, and what the POS is sent for it."""

    order: Order
    ticket: OrderTicket
    body: Json
    prices: dict[str, Decimal]
    till: Currency
    """How the till rounds, which is another company's code."""


@st.composite
def discounts(draw: st.DrawFn) -> DiscountCode | None:
    pos_id = draw(st.sampled_from(["", "STAFF10"]))
    percent = st.decimals(Decimal("0.01"), 100, places=2).map(lambda percent: {"percent": percent, "amount": None})
    amount = st.decimals(Decimal("0.01"), 300, places=2).map(lambda amount: {"percent": None, "amount": amount})
    columns = draw(st.none() | percent | amount)
    return None if columns is None else DiscountCode(code="SPRING", pos_id=pos_id, **columns)


@st.composite
def orders_sent(draw: st.DrawFn) -> Sent:
    shopping: Shopping = draw(shoppings())
    currency = shopping.catalogue.currency
    prices = amounts_in(currency)
    type = draw(st.sampled_from(Order.Type))
    discount = draw(discounts())
    is_on_a_bill = type == Order.Type.DINE_IN and draw(st.booleans())
    is_paid = not is_on_a_bill or draw(st.booleans())
    items = tuple(replace(item, course=draw(st.none() | st.integers(0, 9))) for item in shopping.items)
    priced = price(
        catalogue=shopping.catalogue,
        items=items if type == Order.Type.DINE_IN else shopping.items,
        tip=shopping.tip if is_paid else Decimal(0),
        delivery_fee=draw(prices) if type == Order.Type.DELIVERY else Decimal(0),
        service_charge=draw(prices),
    )
    assume({problem.code for problem in priced.problems} != {"below_zero"})
    assert priced.problems == ()
    off = amount_off(discount=discount, items=priced.totals.items, currency=currency) if discount else Decimal("0.00")
    totals = replace(priced.totals, discount=off)
    order = Order(
        venue=Venue(slug="copper-pot", timezone="Europe/London", currency=currency),
        number=17,
        type=type,
        collection_code="ACDEFGHJ",
        first_name=draw(st.text(max_size=128)),
        last_name=draw(st.text(max_size=128)),
        email=draw(st.sampled_from(["", "ada@example.com"])),
        phone=draw(st.sampled_from(["", "+442079460018"])),
        note=draw(st.text(max_size=500)),
        scheduled_for=draw(st.none() | st.just(NOW + timedelta(hours=2))),
        table_number=7 if type == Order.Type.DINE_IN and not is_on_a_bill else None,
        open_account="A78094.48" if is_on_a_bill else "",
        covers=draw(st.none() | st.integers(1, 99)) if not is_on_a_bill else None,
        discount_code=discount.code if discount else "",
        discount_pos_id=discount.pos_id if discount else "",
        items_total=totals.items,
        discount=totals.discount,
        delivery_fee=totals.delivery_fee,
        service_charge=totals.service_charge,
        tip=totals.tip,
        total=totals.total,
        payment_status=Order.PaymentStatus.PAID if is_paid else Order.PaymentStatus.UNPAID,
        **(_ADDRESS if type == Order.Type.DELIVERY else {}),
    )
    ticket = ticket_for(
        order=order,
        lines=priced.lines,
        settings=MAPPING,
        reference="0" * 32 + "-1",
        deliver_within=draw(st.sampled_from([timedelta(0), timedelta(minutes=10), timedelta(days=300)])),
        native_discount=draw(st.booleans()),
        without_email=draw(st.booleans()),
    )
    body_of = local_body if type == Order.Type.DINE_IN else to_go_body
    body = body_of(ticket=ticket, location=45454565682155, endpoint_id="storekit-1", now=NOW)
    return Sent(order, ticket, body, _prices(shopping.catalogue), CURRENCIES[currency])


_ADDRESS = {"address_line1": "1 High Street", "city": "London", "postcode": "N1 9GU", "address_notes": "Second door"}


@settings(max_examples=examples(50), deadline=None)
@given(orders_sent())
def test_every_order_fits_the_contract_and_adds_up_to_the_amount_paid(sent: Sent) -> None:
    order, body = sent.order, _as_received(sent.body)
    shape = "apeLocalOrder" if order.type == Order.Type.DINE_IN else "apeToGoOrder"
    assert [error.message for error in VALIDATORS[shape].iter_errors(body)] == []

    food = order.total - order.tip
    for per_parent in (True, False):
        assert _charged(body["items"], sent, per_parent=per_parent) == food
    payment = body.get("payment")
    if order.payment_status == Order.PaymentStatus.PAID and order.total:
        assert (payment["paymentAmount"], payment["tipAmount"]) == (order.total, order.tip)
    else:
        assert payment is None


@settings(max_examples=examples(50), deadline=None)
@given(orders_sent())
def test_a_discount_is_a_line_or_on_the_lines_and_never_both(sent: Sent) -> None:
    order, items = sent.order, _as_received(sent.body)["items"]
    lines = [Decimal(str(item["customItemPrice"])) for item in items if item["sku"] == MAPPING.discount_sku]
    on_lines = [item for item in items if "discountCode" in item]
    assert sum(lines) + sum(item["discountAmountOverride"] for item in on_lines) == order.discount
    assert not (lines and on_lines)
    assert {item["discountCode"] for item in on_lines} <= {order.discount_pos_id}
    for item in on_lines:
        assert item["quantity"] == 1
        assert 0 < item["discountAmountOverride"] <= _amount(item, sent, per_parent=True)


def _as_received(value: Any) -> Any:
    """The JSON as it is read at the other end: every number a decimal."""
    if isinstance(value, dict):
        return {name: _as_received(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_received(inner) for inner in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _charged(items: Iterable[Json], sent: Sent, *, per_parent: bool) -> Decimal:
    """What the till makes of the lines, in either reading of a sub-item's quantity."""
    amounts = [_amount(item, sent, per_parent=per_parent) - item.get("discountAmountOverride", 0) for item in items]
    return sum(amounts, Decimal(0))


def _amount(item: Json, sent: Sent, *, per_parent: bool) -> Decimal:
    def amounts(entry: Json, times: int) -> Iterator[Decimal]:
        number = entry["quantity"] * (times if per_parent else 1)
        own = entry.get("customItemPrice")
        price = sent.prices[entry["sku"]] if own is None else own * _SIGNS.get(entry["sku"], 1)
        yield sent.till.rounded(number * sent.till.rounded(price))
        for choice in entry.get("subItems", []):
            yield from amounts(choice, number)

    return sum(amounts(item, 1), Decimal(0))


_SIGNS = {MAPPING.discount_sku: -1}


def _prices(catalogue: Catalogue) -> dict[str, Decimal]:
    modifiers = [modifier for group in catalogue.groups.values() for modifier in group.modifiers]
    return {row.sku: row.price for row in modifiers} | {row.sku: row.price for row in catalogue.products.values()}
