"""For any menu, currency, order type and basket, the guest pays what the till charges, to the smallest unit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from integrations.lightspeed.mapping.orders import local_body, tax_preview_body, to_go_body
from integrations.pos import OrderTicket, OrderType, VenuePosSettings
from integrations.sandbox.api.tax_preview import breakdown_of
from integrations.sandbox.data.menus import OPEN_PRICE_ITEMS
from integrations.sandbox.till.catalogue import Catalogue as TillCatalogue
from integrations.sandbox.till.pricing import Pricer
from orders.checkout.discounts import amount_off
from orders.checkout.pricing import PricedOrder, price
from orders.checkout.till_total import question_about
from orders.injection.ticket import ticket_for
from orders.models import DiscountCode, Order
from storekit.models import Venue
from tests.orders.evenings import Evening, evenings
from tests.support.examples import examples

NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
Json = dict[str, Any]


def _priced(evening: Evening) -> PricedOrder:
    priced = price(
        catalogue=evening.ours,
        items=evening.items,
        tip=evening.tip,
        delivery_fee=evening.delivery_fee,
        service_charge=evening.service_charge,
    )
    # More may be taken off than is ordered.
    assume({problem.code for problem in priced.problems} != {"below_zero"})
    assert priced.problems == ()
    return priced


def _till(evening: Evening) -> Pricer:
    """Return the till's own prices: it reads the menu itself."""
    return Pricer(TillCatalogue([evening.menu], OPEN_PRICE_ITEMS), evening.prices, evening.currency, NOW)


def _venue(evening: Evening) -> Venue:
    return Venue(pk=1, slug="copper-pot", timezone="Europe/London", currency=evening.currency.code)


def _order(evening: Evening, priced: PricedOrder) -> Order:
    totals = priced.totals
    percent = DiscountCode(percent=evening.percent_off)
    off = amount_off(discount=percent, items=totals.items, currency=evening.currency.code)
    return Order(
        venue=_venue(evening),
        number=17,
        type=evening.type.value,
        collection_code="ACDEFGHJ",
        first_name="Ada",
        table_number=7 if evening.type == OrderType.DINE_IN else None,
        items_total=totals.items,
        discount=off,
        discount_code="WELCOME",
        delivery_fee=totals.delivery_fee,
        service_charge=totals.service_charge,
        tip=totals.tip,
        total=totals.total - off,
        payment_status=Order.PaymentStatus.PAID,
    )


def _body(ticket: OrderTicket) -> Json:
    send = local_body if ticket.type == OrderType.DINE_IN else to_go_body
    return send(ticket=ticket, location=45454565682155, endpoint_id="storekit-1", now=NOW)


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(evenings())
def test_the_guest_pays_what_the_till_charges(evening: Evening) -> None:
    priced = _priced(evening)
    order = _order(evening, priced)
    ticket = ticket_for(
        order=order,
        lines=priced.lines,
        settings=VenuePosSettings(),
        reference="0" * 32 + "-1",
        deliver_within=timedelta(minutes=10),
    )
    body = _body(ticket)

    charged = sum((line.total for line in _till(evening).lines(body["items"])), Decimal(0))
    assert charged == order.total - order.tip
    if order.total:
        # The payment of an order includes the tip.
        amount, tip = (Decimal(str(body["payment"][name])) for name in ("paymentAmount", "tipAmount"))
        assert (amount, tip) == (charged + order.tip, order.tip)


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(evenings())
def test_the_tax_preview_and_our_reckoning_of_the_rest_are_what_the_till_charges(evening: Evening) -> None:
    priced = _priced(evening)
    question = question_about(venue=_venue(evening), type=evening.type, lines=priced.lines)
    assume(question is not None)
    assert question is not None
    asked = tax_preview_body(lines=question.lines, order_profile="")["items"]
    assert breakdown_of(_till(evening), asked)["amountDue"] + question.reckoned == priced.totals.items
