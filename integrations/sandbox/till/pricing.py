"""Turn an order's items into lines of a check, at the till's prices.

Quantities of sub-items are per piece of their parent: two burgers with one extra cheese make two extra cheeses.
A modifier costs its ``productPrice``; a chosen item of a deal costs its ``extraPrice``. Prices of negative items reduce
the total. Tax that a price excludes is added to each line as a whole (habit ``tax_per_line``). A discount applies to
the whole line, with all its pieces and choices, and never makes a line negative.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from integrations.sandbox import clock
from integrations.sandbox.amounts import Currency, decimal
from integrations.sandbox.api.errors import TillRefusal, bad_request
from integrations.sandbox.data.builders import FIXED, NEGATIVE, PERCENTAGE
from integrations.sandbox.records import Line
from integrations.sandbox.state import new_uuid, store
from integrations.sandbox.till import profiles, reasons
from integrations.sandbox.till.catalogue import (
    Catalogue,
    Choice,
    choices_of,
    guest_price,
    instructions_of,
    list_price,
    tax_rate,
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Pricer:
    """The prices of one location under one price list."""

    catalogue: Catalogue
    prices: Mapping[str, Decimal]
    currency: Currency
    sold_at: datetime

    @classmethod
    def at(cls, location: int, profile: str | None) -> Self:
        """Return the current prices of a location under an order profile."""
        return cls(store.catalogues[location], profiles.price_list(profile), store.currencies[location], clock.now())

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
                line.unit = self.currency.rounded((total - line.total) * line.unit / 100)
        return lines

    def _sold(self, entry: Json, path: str) -> Line:
        found = self.catalogue.find(entry["sku"])
        if not found:
            raise _unknown(entry["sku"], path)
        choices = [Choice(item, in_deal=False) for item in found]
        line = self._line(entry, path, choices, Decimal(1))
        if found[0].get("asSubItem"):
            raise TillRefusal(f"Could not add item {line.name} (cannot be sold alone)")
        line.course = entry.get("course")
        line.discount = self.currency.rounded(_discount(entry, path, line.total))
        return line

    def _line(self, entry: Json, path: str, choices: Sequence[Choice], units: Decimal) -> Line:
        item = choices[0].item
        quantity = units * entry["quantity"]
        price = self._price(entry, path, choices[0])
        return Line(
            id=store.next_line_id(),
            uuid=new_uuid(),
            sku=entry["sku"],
            name=_name(entry, path, item),
            unit=price.unit,
            net_unit=price.net_unit,
            quantity=quantity,
            tax_rate=tax_rate(item),
            tax_included=bool(item.get("taxIncludedInPrice", True)),
            sold_at=self.sold_at,
            currency=self.currency,
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
            # It exists, but not on this item, which only the till finds out.
            raise TillRefusal(reasons.misplaced(self.catalogue.find(sku)[0]["productName"], sku))
        raise _unknown(sku, path)

    def _price(self, entry: Json, path: str, choice: Choice) -> "_Price":
        item, custom = choice.item, entry.get("customItemPrice")
        strategy = item.get("pricingStrategy", FIXED)
        if custom is not None and strategy == FIXED:
            raise bad_request(f"{path}.customItemPrice", "The price of this item cannot be customized", rejected=custom)
        sign = -1 if strategy == NEGATIVE else 1
        excluded = item.get("taxIncludedInPrice") is False
        if excluded and store.habits.tax_per_line:
            net = decimal(custom) if custom is not None else self._listed(choice)
            return _Price(sign * self.currency.rounded(net * (1 + tax_rate(item) / 100)), sign * net)
        if custom is None and not choice.in_deal:
            return _Price(sign * guest_price(item, self.prices, self.currency))
        listed = decimal(custom) if custom is not None else self._listed(choice)
        return _Price(sign * self.currency.rounded(listed))

    def _listed(self, choice: Choice) -> Decimal:
        return decimal(choice.item.get("extraPrice")) if choice.in_deal else list_price(choice.item, self.prices)


@dataclass(frozen=True)
class _Price:
    """The price of one piece for the guest, and before tax if the till adds that to the line as a whole."""

    unit: Decimal
    net_unit: Decimal | None = None


def _unknown(sku: str, path: str) -> Exception:
    if store.habits.unknown_items_fail_later:
        return TillRefusal(reasons.not_found(sku))
    return bad_request(f"{path}.sku", f"Unknown SKU {sku}", code="NotFound", rejected=sku)


def _name(entry: Json, path: str, item: Json) -> str:
    custom, enabled = entry.get("customItemName"), item.get("customItemNameEnabled")
    if custom and not enabled and store.habits.strict_custom_names:
        raise bad_request(f"{path}.customItemName", "The name of this item cannot be customized", rejected=custom)
    return str(custom if custom and enabled else item["productName"])


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
    elif store.habits.manual_discounts_only and code in store.automatic_discounts:
        raise bad_request(f"{path}.discountCode", f"Discount {code} is not a manual discount", rejected=code)
    off = decimal(amount) if amount is not None else line_total * decimal(percentage) / 100
    return max(Decimal(0), min(off, line_total))
