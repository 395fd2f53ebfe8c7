"""Explain refusals that quote an item: is it one of the order's, and which?"""

from uuid import UUID

from integrations.pos import RefusalCause
from orders.models import OrderLine

_MOST_LISTED = 10


def explained(*, order_id: UUID, code: str, sentence: str, item: str) -> tuple[str, str]:
    """Return the refusal's code and sentence, with the name of the item where the order has it.

    Lightspeed also calls an item "not found" that exists but is on no menu of the till; it then quotes an id of its own
    that no menu shows (source: integrators' logs). So only an item of the order is blamed; otherwise the sentence lists
    what may be meant.

    Args:
        order_id: the refused order.
        code: the cause of the refusal.
        sentence: what staff are told about the cause.
        item: the item that the POS's message quotes; empty for none.
    """
    if not item or code not in (RefusalCause.UNKNOWN_ITEM, RefusalCause.STALE_MENU):
        return code, sentence
    items = _items_of(order_id)
    named = [_label(sku, name) for sku, name in items.items() if item.casefold() in (sku.casefold(), name.casefold())]
    if named:
        return code, f"{sentence} The item: {', '.join(named)}."
    if code != RefusalCause.UNKNOWN_ITEM:
        return code, sentence
    listed = ", ".join(_label(sku, name) for sku, name in list(items.items())[:_MOST_LISTED])
    more = ", …" if len(items) > _MOST_LISTED else ""
    return RefusalCause.DISCONNECTED_ITEM, (
        f"Check in Lightspeed that each of these items is on a menu of the till: {listed}{more}. "
        "One of them is not, and the till does not say which."
    )


def _items_of(order_id: UUID) -> dict[str, str]:
    """Return the names of the order's items by SKU, choices included."""
    return dict(OrderLine.objects.filter(order_id=order_id).exclude(sku="").values_list("sku", "name"))


def _label(sku: str, name: str) -> str:
    return f"{name} ({sku})"
