"""Map an entry's price, and how the till comes to it: tax, sign, and the prices of other order profiles. Pure.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

from decimal import Decimal
from typing import NamedTuple

from integrations.lightspeed.mapping.json_fields import Json, flag, malformed, number, text
from integrations.pos import CustomPrice, PriceRules
from storekit.money import round_money

PRICE_LISTS = "storekit:priceLists"
"""The field in which `price_lists` puts an entry's counterparts in other price lists: `{order type: entry}`."""

PRICE_FIELDS = ("productPrice", "extraPrice", "taxIncludedInPrice", "defaultTaxAmount", "defaultTaxPercentage")

_PERCENTAGE = "CUSTOMIZED_ITEM_PRICE_WILL_BE_A_PERCENTAGE_OF_TOTAL"
_CUSTOM_PRICES = {
    "CUSTOMIZED_ITEM_PRICE_WILL_BE_NEGATIVE": CustomPrice.TAKEN_OFF,
    # The misspelling is Lightspeed's.
    "CUSTOMIZED_ITEM_PRICE_WILL_BE_POSTIVE": CustomPrice.ADDED,
}
_EXACT = Decimal("0.00000001")
_RATE = Decimal("0.000001")
_MAX_RATE = 100_000


class Price(NamedTuple):
    """What the guest pays for one piece, and how the till comes to it."""

    price: Decimal
    rules: PriceRules


def has_percentage_price(entry: Json, where: str) -> bool:
    """Return whether the price is a percentage of the order's total, which an order cannot express."""
    return text(entry, "pricingStrategy", where) == _PERCENTAGE


def price_of(entry: Json, where: str, currency: str) -> Price:
    """Return the price of an item or a modifier. Raises `BadAnswer` if it has none or a part is not as documented."""
    return _price(entry, "productPrice", where, _custom_price(entry, where), currency)


def extra_price_of(entry: Json, where: str, currency: str) -> Price:
    """Return what a chosen item adds to the price of its deal.

    Orders set no prices of chosen items: it is not documented which of an item's two prices they would replace.
    """
    return _price(entry, "extraPrice", where, CustomPrice.NO, currency)


def _price(entry: Json, field: str, where: str, custom_price: CustomPrice, currency: str) -> Price:
    exact = _exact_price(entry, field, where, currency)
    price = round_money(exact, currency)
    is_taxed = not flag(entry, "taxIncludedInPrice", where, default=True)
    rate = _tax_rate(entry, where) if is_taxed else Decimal(0)
    others = {
        type: _exact_price(entry | {name: other.get(name) for name in PRICE_FIELDS}, field, where, currency)
        for type, other in sorted(entry.get(PRICE_LISTS, {}).items())
    }
    rules = PriceRules(
        exact_price=exact if exact != price else None,
        tax_rate=rate.quantize(_RATE) or None,
        tax_at_till=bool(rate or entry.get("conditionalTaxRules")),
        custom_name=flag(entry, "customItemNameEnabled", where),
        custom_price=custom_price,
        prices=tuple((type, other) for type, other in others.items() if other != exact),
    )
    return Price(price, rules)


def _custom_price(entry: Json, where: str) -> CustomPrice:
    return _CUSTOM_PRICES.get(text(entry, "pricingStrategy", where), CustomPrice.NO)


def _exact_price(entry: Json, field: str, where: str, currency: str) -> Decimal:
    """Return a price with its tax, before rounding; below zero if the till takes it off, such as a returned bottle.

    A price that includes its tax is rounded already: the till rounds it for one piece, and not for each line.
    """
    price = number(entry, field, where)
    if price is None and field == "productPrice":
        raise malformed(where, "has no productPrice")
    price = price or Decimal(0)
    if not flag(entry, "taxIncludedInPrice", where, default=True):
        price *= 1 + _tax_rate(entry, where) / 100
    else:
        price = round_money(price, currency)
    price = price.quantize(_EXACT)
    # Lightspeed's menu gives the amount that an item takes off without a sign.
    is_negative = _custom_price(entry, where) == CustomPrice.TAKEN_OFF
    return -abs(price) if is_negative and price else price


def _tax_rate(entry: Json, where: str) -> Decimal:
    """Return the tax in per cent: as given, unless the amount of tax for one piece says something else."""
    rate = number(entry, "defaultTaxPercentage", where) or Decimal(0)
    amount, price = number(entry, "defaultTaxAmount", where), number(entry, "productPrice", where)
    if amount is not None and price:
        exponent = amount.as_tuple().exponent
        rounding = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
        if not rate or abs(price * rate / 100 - amount) > rounding:
            rate = amount / price * 100
    if not 0 <= rate <= _MAX_RATE:
        raise malformed(where, "has an impossible tax")
    return rate
