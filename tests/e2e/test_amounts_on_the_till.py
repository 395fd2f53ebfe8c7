"""For every product of the menu, with any modifiers a guest may choose, the till charges what the guest paid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from integrations.connect.service import pos_for
from integrations.connect.venue_settings import settings_of
from menus.sync.run import sync_menu
from orders.checkout.lines import lines_of
from orders.injection.ticket import ticket_for
from orders.models import Injection, Order, OrderLine
from storekit.money import round_money
from tables.floor_plan import sync_floor_plan
from tests import factories
from tests.e2e.conftest import HIGH_STREET, Service
from tests.support.guest import Guest, paid
from tests.support.processes import Worker
from tests.support.sandbox import eventually

Json = dict[str, Any]
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")


def _order(service: Service, guest: Guest, *products: Json, discount: Decimal = Decimal(0), **fields: Any) -> Json:
    """Return a paid order of these products with a tip. `discount` is the share, 0 to 1, that its code takes off."""
    items, _ = guest.items(products)
    food = service.price_of(items)
    tip = guest.tip()
    extras = sum(Decimal(fields.get(name, 0)) for name in ("delivery_fee", "service_charge"))
    return {
        "type": "pickup",
        "customer": {"first_name": "Ada"},
        "items": items,
        "tip": str(tip),
        "payment": paid(tip + food - round_money(food * discount, "GBP") + extras),
        **fields,
    }


def _restock_everything(service: Service) -> None:
    for sku in _RESTRICTED_AT_START:
        service.pos.control(f"items/{sku}/release", businessLocationId=int(HIGH_STREET))
    sync_menu(venue=service.venue, started_by="test", light=True)


def _place(service: Service, orders: list[Json]) -> list[Json]:
    answers = [service.post(order) for order in orders]
    assert [answer.text for answer in answers if answer.status_code != 201] == []
    return [answer.json() for answer in answers]


def _place_all_and_compare(service: Service, orders: list[Json]) -> None:
    """Check that every order reaches the till, which charges what the guest paid, without the tip."""
    _place(service, orders)
    unsettled = Injection.objects.exclude(state__in=[Injection.State.CONFIRMED, Injection.State.FAILED])
    eventually(lambda: not unsettled.exists(), seconds=90)
    # The till renames the checks of tables, and says so afterwards.
    eventually(lambda: set(Injection.objects.values_list("account", flat=True)) <= set(_checks(service)))
    checks = _checks(service)
    for injection in Injection.objects.select_related("order"):
        assert (injection.state, injection.error) == (Injection.State.CONFIRMED, "")
        order, check = injection.order, checks[injection.account]
        food = order.total - order.tip
        assert [check["currentAmount"], check["paidAmount"]] == [food, food], order.lines.values("sku", "quantity")


def _checks(service: Service) -> dict[str, Json]:
    """Return the checks by number, with their amounts as decimals."""
    amounts = ("currentAmount", "paidAmount")
    return {
        check["ikaccountId"]: check | {name: Decimal(str(check[name])) for name in amounts}
        for check in service.pos.state()["checks"]
    }


def test_the_till_charges_what_the_guest_paid_for_every_product(service: Service, running_worker: Worker) -> None:
    _restock_everything(service)
    guest = Guest(menu=service.menu, seed=7)
    products = service.menu["products"]
    # Two in each order; if their number is odd, the last goes with the first.
    pairs = zip(products[::2], [*products[1::2], products[0]], strict=False)
    _place_all_and_compare(service, [_order(service, guest, *pair) for pair in pairs])
    assert {line.sku for line in OrderLine.objects.all()} >= {product["sku"] for product in products}


def test_items_that_take_their_price_off_do_so_at_the_till(service: Service, running_worker: Worker) -> None:
    products = {product["sku"]: product for product in service.menu["products"]}
    assert products["BOTTLEBACK"]["price"] == "-0.25"
    guest = Guest(menu=service.menu, seed=19)
    pairs = [("BOTTLEBACK", "COLA01"), ("FILTER01", "LUNCH01"), ("LUNCH01", "BOTTLEBACK"), ("FILTER01", "FILTER01")]
    _place_all_and_compare(service, [_order(service, guest, *(products[sku] for sku in pair)) for pair in pairs])
    prices = {line.sku: line.unit_price for line in OrderLine.objects.all()}
    assert (prices["OWNCUP"], prices["NOSIDE"]) == (Decimal("-0.50"), Decimal("-1.00"))

    refused = service.post(service.order(items=[{"sku": "BOTTLEBACK"}]))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "below_zero")


def test_the_till_charges_what_the_guest_paid_for_every_type_with_fees_and_discounts(
    service: Service, running_worker: Worker
) -> None:
    _restock_everything(service)
    sync_floor_plan(venue=service.venue, started_by="test")
    factories.DiscountCodeFactory(venue=service.venue, code="EIGHTH", percent=Decimal("12.50"))
    factories.DiscountCodeFactory(venue=service.venue, code="ALL", percent=Decimal("100.00"))
    guest = Guest(menu=service.menu, seed=11)
    types: list[Json] = [
        {"type": "pickup"},
        {"type": "delivery", "delivery_address": _HOME, "delivery_fee": str(guest.tip())},
        {"type": "dine_in", "table": "7", "covers": 2},
    ]
    eighth: Json = {"discount": Decimal("0.125"), "discount_code": "eighth"}
    all_off: Json = {"discount": Decimal(1), "discount_code": "ALL"}
    products = iter(service.menu["products"] * 2)
    _place_all_and_compare(
        service,
        [
            _order(service, guest, next(products), next(products), service_charge=str(guest.tip()), **type, **code)
            for type, codes in zip(types, [({}, all_off), (eighth, {}), (all_off, eighth)], strict=True)
            for code in codes
        ],
    )


_HOME = {"line1": "1 High Street", "city": "London", "postcode": "N1 9GU", "notes": "Second door"}


def test_an_order_added_to_an_open_check_is_on_it_and_paid_with_it(service: Service, running_worker: Worker) -> None:
    _restock_everything(service)
    opened = service.pos.control("checks", businessLocationId=int(HIGH_STREET), tableNumber=3, clientCount=2)
    guest = Guest(menu=service.menu, seed=13)
    body = _order(
        service, guest, *service.menu["products"][:3], type="dine_in", account=opened["ikaccountId"], tip="0.00"
    )
    (order,) = _place(service, [body | {"payment": {"status": "unpaid"}}])

    eventually(lambda: service.is_confirmed(order["id"]), seconds=60)

    check = _checks(service)[opened["ikaccountId"]]
    assert service.read(order["id"])["pos"]["account"] == opened["ikaccountId"]
    assert (check["currentAmount"], check["paidAmount"]) == (Decimal(order["totals"]["total"]), Decimal(0))


def test_with_a_discount_of_the_pos_the_till_charges_what_the_guest_paid(service: Service) -> None:
    _restock_everything(service)
    for code, percent in (("EIGHTH", "12.50"), ("ALL", "100.00")):
        factories.DiscountCodeFactory(venue=service.venue, code=code, percent=Decimal(percent), pos_id="STAFF10")
    guest = Guest(menu=service.menu, seed=17)
    products = iter(service.menu["products"] * 2)
    extras = {"type": "delivery", "delivery_address": _HOME, "delivery_fee": "2.35", "service_charge": "1.05"}
    codes = [("EIGHTH", Decimal("0.125"))] * 5 + [("ALL", Decimal(1))]
    placed = _place(
        service,
        [
            _order(service, guest, next(products), next(products), discount=off, discount_code=code, **extras)
            for code, off in codes
        ],
    )

    pos, mapping = pos_for(service.venue), settings_of(service.venue)
    for order in Order.objects.select_related("venue", "injection"):
        lines = lines_of(rows=order.lines.all(), currency=order.venue.currency)
        ticket = ticket_for(
            order=order,
            lines=lines,
            settings=mapping,
            reference=order.injection.reference,
            deliver_within=timedelta(minutes=10),
            native_discount=True,
        )
        # The till rounds the tax of a line once: such a line is not split, and its order's discount is a line.
        is_split = not any(line.exact_price is not None and line.quantity > 1 for line in lines)
        assert (mapping.discount_sku not in {line.sku for line in ticket.lines}) is is_split
        pos.place_order(ticket)

    eventually(lambda: len(service.pos.orders_on_the_till()) == len(placed))
    on_till = {order["reference"]: order["account"] for order in service.pos.orders_on_the_till()}
    checks = _checks(service)
    for body in placed:
        check = checks[on_till[body["pos"]["reference"]]]
        food = Decimal(body["totals"]["total"]) - Decimal(body["tip"])
        assert [check["currentAmount"], check["paidAmount"]] == [food, food], body
