"""What an order may say about an item of the menu: a name, a price."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from integrations.pos import CustomPrice, VenuePosSettings
from menus.models import Product
from storekit.models import Venue


@dataclass(frozen=True)
class CustomFields:
    """Whether an order may name an item, and whether it may set its price and to what effect."""

    name: bool
    price: CustomPrice


def custom_fields_of(*, venue: Venue, skus: Collection[str]) -> Mapping[str, CustomFields]:
    """Return what orders may say about those of the items that are on the venue's menu, by SKU. One query."""
    rows = Product.objects.filter(venue=venue, sku__in=skus, archived_at=None)
    return {
        sku: CustomFields(name=name, price=CustomPrice(price))
        for sku, name, price in rows.values_list("sku", "custom_name", "custom_price")
    }


def fee_item_warnings(*, venue: Venue, settings: VenuePosSettings) -> Iterator[str]:
    """Yield a sentence for staff about each fee or discount item on the menu whose price orders may not set."""
    wanted = {
        settings.delivery_fee_sku: ("delivery fee", CustomPrice.ADDED, "positive"),
        settings.service_charge_sku: ("service charge", CustomPrice.ADDED, "positive"),
        settings.discount_sku: ("discount", CustomPrice.TAKEN_OFF, "negative"),
    }
    found = custom_fields_of(venue=venue, skus=wanted)
    for sku, (what, price, strategy) in wanted.items():
        if sku in found and found[sku].price != price:
            yield (
                f"Orders with a {what} cannot be right: the price of {sku} cannot be set by an order. "
                f"In Lightspeed, set its pricing strategy to a customised price that is {strategy}."
            )
