"""Every product of the menu, with whatever a guest may choose: the till charges what the guest has paid."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from menus.syncing import sync_menu
from orders.models import Injection
from tests.e2e.conftest import HIGH_STREET, Service
from tests.support.guest import Guest, paid
from tests.support.processes import Worker
from tests.support.sandbox import eventually

Json = dict[str, Any]
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")


def _nothing_is_sold_out(service: Service) -> None:
    for sku in _RESTRICTED_AT_START:
        service.pos.control(f"items/{sku}/release", businessLocationId=int(HIGH_STREET))
    sync_menu(venue=service.venue, started_by="test", light=True)


def _order(guest: Guest, products: Sequence[Json]) -> Json:
    items, cost = guest.items(products)
    tip = guest.tip()
    return {
        "type": "pickup",
        "customer": {"first_name": "Ada"},
        "items": items,
        "tip": str(tip),
        "payment": paid(cost + tip),
    }


def test_the_till_charges_for_every_product_what_the_guest_has_paid(service: Service, running_worker: Worker) -> None:
    _nothing_is_sold_out(service)
    guest = Guest(menu=service.menu, seed=7)
    products = service.menu["products"]
    orders = [_order(guest, pair) for pair in zip(products, products[1:] + products[:1], strict=True)]
    answers = [service.post(order) for order in orders]
    assert [answer.text for answer in answers if answer.status_code != 201] == []
    under_way = Injection.objects.exclude(state__in=[Injection.State.CONFIRMED, Injection.State.FAILED])
    eventually(lambda: not under_way.exists(), seconds=60)
    checks = {check["ikaccountId"]: check for check in service.pos.state()["checks"]}
    for injection in Injection.objects.select_related("order"):
        assert (injection.state, injection.error) == (Injection.State.CONFIRMED, "")
        check = checks[injection.account]
        amounts = [Decimal(str(check[name])) for name in ("currentAmount", "paidAmount")]
        assert amounts == [injection.order.items_total] * 2, injection.order.lines.values("sku", "quantity")
