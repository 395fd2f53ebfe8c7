"""A guest who orders at random, within what the menu allows, and calculates what it should cost."""

import random
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


class Guest:
    """Choose from a menu as storefronts read it."""

    def __init__(self, *, menu: Json, seed: int) -> None:
        self.dice = random.Random(seed)
        self._products = [product for product in menu["products"] if product["available"]]
        self._groups = {group["id"]: group for group in menu["modifier_groups"]}

    def basket(self, lines: int) -> tuple[list[Json], Decimal]:
        """Return that many items and their total price, which is above zero: some items take their price off."""
        while True:
            items, price = self.items(self.dice.choices(self._products, k=lines))
            if price > 0:
                return items, price

    def items(self, products: Sequence[Json]) -> tuple[list[Json], Decimal]:
        """Return an item for each of the products, and their total price."""
        chosen = [self._item(product) for product in products]
        return [item for item, _ in chosen], sum((price for _, price in chosen), Decimal(0))

    def tip(self) -> Decimal:
        """Return an amount below five, to the penny."""
        return Decimal(self.dice.randrange(0, 500)) / 100

    def _item(self, product: Json) -> tuple[Json, Decimal]:
        quantity = self.dice.randint(1, 3)
        modifiers, extra = self._choices(product["modifier_groups"])
        item = {"sku": product["sku"], "quantity": quantity, "modifiers": modifiers}
        return item, quantity * (Decimal(product["price"]) + extra)

    def _choices(self, group_ids: list[str]) -> tuple[list[Json], Decimal]:
        chosen, price = [], Decimal(0)
        for group in (self._groups[id] for id in group_ids):
            most = len(group["modifiers"]) if group["max"] is None else min(group["max"], len(group["modifiers"]))
            for modifier in self.dice.sample(group["modifiers"], max(group["min"], self.dice.randint(0, most))):
                below, extra = self._choices(modifier["modifier_groups"])
                chosen.append({"modifier": modifier["id"], "modifiers": below})
                price += Decimal(modifier["price"]) + extra
        return chosen, price


def paid(amount: Decimal) -> Json:
    """Return a payment of that amount, as an order has it."""
    return {"status": "paid", "reference": f"web-{uuid.uuid4()}", "amount": str(amount)}
