"""An order's items as lines of a check, at the till's prices.

Quantities of sub-items are per unit of what they are on: two burgers with one extra cheese make two extra cheeses.
A modifier costs its ``productPrice``; a chosen item of a deal costs its ``extraPrice``. A discount is taken off the
whole line, with all its units and all that was chosen on it, and never makes a line negative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.sandbox.amounts import decimal, pennies
from integrations.sandbox.api.errors import TillRefusal, bad_request
from integrations.sandbox.data.builders import FIXED, NEGATIVE, PERCENTAGE
from integrations.sandbox.records import Line
from integrations.sandbox.state import new_uuid, store
from integrations.sandbox.till.catalogue import Catalogue, Choice, choices_of, guest_price, instructions_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Pricer:
    """Prices items as one location sells them, under one order profile."""

    catalogue: Catalogue
    profile: str | None
    sold_at: datetime

    def lines(self, items: Sequence[Json]) -> list[Line]:
        """Return the lines of a check.

        Raises Refusal for what the API checks (ids, prices that cannot be customised) and TillRefusal for what only the
        till knows.
        """
        lines = [self._sold(entry, f"items[{place}]") for place, entry in enumerate(items)]
        total = sum((line.total for line in lines), Decimal(0))
        for line in lines:
            entry = self.catalogue.find(line.sku)[0]
            if entry.get("pricingStrategy") == PERCENTAGE:
                line.unit = pennies((total - line.total) * line.unit / 100)
        return lines

    def _sold(self, entry: Json, path: str) -> Line:
        found = self.catalogue.find(entry["sku"])
        if not found:
            raise bad_request(f"{path}.sku", f"Unknown SKU {entry['sku']}", code="NotFound", rejected=entry["sku"])
        choices = [Choice(item, in_deal=False) for item in found]
        line = self._line(entry, path, choices, Decimal(1))
        if found[0].get("asSubItem"):
            raise TillRefusal(f"Could not add item {line.name} (cannot be sold alone)")
        line.course = entry.get("course")
        line.discount = _discount(entry, path, line.total)
        return line

    def _line(self, entry: Json, path: str, choices: Sequence[Choice], units: Decimal) -> Line:
        item = choices[0].item
        quantity = units * entry["quantity"]
        custom_name = entry.get("customItemName") if item.get("customItemNameEnabled") else None
        return Line(
            id=store.next_line_id(),
            uuid=new_uuid(),
            sku=entry["sku"],
            name=custom_name or item["productName"],
            unit=self._unit(entry, path, choices[0]),
            quantity=quantity,
            tax_rate=decimal(item.get("defaultTaxPercentage")),
            tax_included=bool(item.get("taxIncludedInPrice", True)),
            sold_at=self.sold_at,
            modifiers=_instructions(entry, path, choices),
            children=[
                self._child(sub, f"{path}.subItems[{place}]", choices, quantity)
                for place, sub in enumerate(entry.get("subItems", []))
            ],
        )

    def _child(self, entry: Json, path: str, parents: Sequence[Choice], units: Decimal) -> Line:
        sku = entry["sku"]
        choices = [choice for parent in parents for choice in choices_of(parent.item) if choice.item.get("sku") == sku]
        if choices:
            return self._line(entry, path, choices, units)
        if self.catalogue.find(sku):
            # It exists, but not on this item: only the till can tell.
            raise TillRefusal(f"Could not add item {self.catalogue.find(sku)[0]['productName']} (not found)")
        raise bad_request(f"{path}.sku", f"Unknown SKU {sku}", code="NotFound", rejected=sku)

    def _unit(self, entry: Json, path: str, choice: Choice) -> Decimal:
        strategy = choice.item.get("pricingStrategy", FIXED)
        custom = entry.get("customItemPrice")
        if custom is None:
            price = (
                pennies(decimal(choice.item.get("extraPrice")))
                if choice.in_deal
                else guest_price(choice.item, self.profile)
            )
        elif strategy == FIXED:
            raise bad_request(f"{path}.customItemPrice", "The price of this item cannot be customized", rejected=custom)
        else:
            price = pennies(decimal(custom))
        return -price if strategy == NEGATIVE else price


def _instructions(entry: Json, path: str, choices: Sequence[Choice]) -> list[str]:
    known = {number: text for choice in choices for number, text in instructions_of(choice.item).items()}
    texts = []
    for place, modifier in enumerate(entry.get("modifiers", [])):
        number = modifier["modifierId"]
        if number not in known:
            field = f"{path}.modifiers[{place}].modifierId"
            raise bad_request(field, f"Unknown modifier {number}", code="NotFound", rejected=number)
        texts.append(known[number])
    return texts


def _discount(entry: Json, path: str, line_total: Decimal) -> Decimal:
    amount, percentage = entry.get("discountAmountOverride"), entry.get("discountPercentOverride")
    code = entry.get("discountCode")
    if amount is not None and percentage is not None:
        raise bad_request(f"{path}.discountPercentOverride", "Only one of the two overrides can be set")
    if code is None:
        if amount is not None or percentage is not None:
            raise bad_request(f"{path}.discountCode", "An override needs a discount", code="NotNull")
        return Decimal(0)
    discount = store.discounts.get(code)
    if discount is None:
        raise bad_request(f"{path}.discountCode", f"Unknown discount {code}", code="NotFound", rejected=code)
    if amount is None and percentage is None:
        amount, percentage = discount.get("discountAmount"), discount.get("discountPercentage")
    off = decimal(amount) if amount is not None else line_total * decimal(percentage) / 100
    return max(Decimal(0), min(pennies(off), line_total))
