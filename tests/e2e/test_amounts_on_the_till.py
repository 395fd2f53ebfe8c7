"""Every product of the menu, with whatever a guest may choose: the till charges what the guest has paid."""

import random
from decimal import Decimal
from typing import Any

from menus.syncing import sync_menu
from orders.models import Injection
from tests.e2e.conftest import HIGH_STREET, Service
from tests.support.processes import Worker
from tests.support.sandbox import eventually

Json = dict[str, Any]
_RESTRICTED_AT_START = ("CHEESECAKE", "BROWNIE")


class Guest:
    """Orders at random, but only what the menu allows, and adds up what it should cost."""

    def __init__(self, *, menu: Json, seed: int) -> None:
        self._groups = {group["id"]: group for group in menu["modifier_groups"]}
        self._dice = random.Random(seed)

    def order(self, *products: Json) -> Json:
        """An order of these products with a tip, paid."""
        items = [self._item(product) for product in products]
        tip = Decimal(self._dice.randrange(0, 500)) / 100
        total = tip + sum(price for _, price in items)
        return {
            "type": "pickup",
            "customer": {"first_name": "Ada"},
            "items": [item for item, _ in items],
            "tip": str(tip),
            "payment": {"status": "paid", "reference": "web", "amount": str(total)},
        }

    def _item(self, product: Json) -> tuple[Json, Decimal]:
        quantity = self._dice.randint(1, 3)
        modifiers, extra = self._choices(product["modifier_groups"])
        item = {"sku": product["sku"], "quantity": quantity, "modifiers": modifiers}
        return item, quantity * (Decimal(product["price"]) + extra)

    def _choices(self, group_ids: list[str]) -> tuple[list[Json], Decimal]:
        chosen, price = [], Decimal(0)
        for group in (self._groups[id] for id in group_ids):
            most = len(group["modifiers"]) if group["max"] is None else min(group["max"], len(group["modifiers"]))
            for modifier in self._dice.sample(group["modifiers"], max(group["min"], self._dice.randint(0, most))):
                below, extra = self._choices(modifier["modifier_groups"])
                chosen.append({"modifier": modifier["id"], "modifiers": below})
                price += Decimal(modifier["price"]) + extra
        return chosen, price


def _nothing_is_sold_out(service: Service) -> None:
    for sku in _RESTRICTED_AT_START:
        service.pos.control(f"items/{sku}/release", businessLocationId=int(HIGH_STREET))
    sync_menu(venue=service.venue, started_by="test", light=True)


def test_the_till_charges_for_every_product_what_the_guest_has_paid(service: Service, running_worker: Worker) -> None:
    _nothing_is_sold_out(service)
    guest = Guest(menu=service.menu, seed=7)
    products = service.menu["products"]
    orders = [guest.order(*pair) for pair in zip(products, products[1:] + products[:1], strict=True)]
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
