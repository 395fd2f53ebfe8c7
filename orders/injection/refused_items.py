"""Explain refusals that quote an item: is it one of the order's, and which?"""

from integrations.connect.venue_settings import settings_of
from integrations.pos import RefusalCause
from orders.models import Order
from storekit.text import folded

_MOST_LISTED = 10


def explained(*, order: Order, code: str, sentence: str, item: str) -> tuple[str, str]:
    """Return the refusal's code and sentence, with the name of the item where the order has it.

    Lightspeed also calls an item "not found" that exists but is on no menu of the till; it then quotes an id of its own
    that no menu shows (source: integrators' logs). So only an item of the order is blamed; otherwise the sentence lists
    what may be meant.

    Args:
        order: the refused order.
        code: the cause of the refusal.
        sentence: what staff are told about the cause.
        item: the item that the POS's message quotes; empty for none.
    """
    if not item or code not in (RefusalCause.UNKNOWN_ITEM, RefusalCause.STALE_MENU):
        return code, sentence
    items, fees = _items_of(order), _fees_of(order)
    if fee := next((name for sku, name in fees.items() if _is_called(item, sku, name)), ""):
        return code, f"Check the item for the {fee} in the Lightspeed settings: the till does not know it."
    if named := [_label(sku, name) for sku, name in items.items() if _is_called(item, sku, name)]:
        return code, f"{sentence} The item: {', '.join(named)}."
    if code != RefusalCause.UNKNOWN_ITEM:
        return code, sentence
    candidates = [_label(sku, name) for sku, name in (items | fees).items()]
    listed = ", ".join(candidates[:_MOST_LISTED]) + (", …" if len(candidates) > _MOST_LISTED else "")
    return RefusalCause.DISCONNECTED_ITEM, (
        f"Check in Lightspeed that each of these items is on a menu of the till: {listed}. "
        "One of them is not, and the till does not say which."
    )


def _items_of(order: Order) -> dict[str, str]:
    """Return the names of the order's items by SKU, choices included."""
    return dict(order.lines.exclude(sku="").values_list("sku", "name"))


def _fees_of(order: Order) -> dict[str, str]:
    """Return the names of the items that the order's fees and its discount are sent as, by SKU."""
    settings = settings_of(venue=order.venue)
    fees = (
        (settings.delivery_fee_sku, "delivery fee", order.delivery_fee),
        (settings.service_charge_sku, "service charge", order.service_charge),
        (settings.discount_sku, "discount", order.discount),
    )
    return {sku: name for sku, name, amount in fees if amount}


def _is_called(item: str, sku: str, name: str) -> bool:
    return folded(item) in (folded(sku), folded(name))


def _label(sku: str, name: str) -> str:
    return f"{name} ({sku})"
