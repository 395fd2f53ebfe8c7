"""Why the till refuses orders and payments, in Lightspeed's words.

Source: integrators' logs. The milder words of `OLD_…` are what the sandbox used before they were known.
"""

import zlib

from integrations.sandbox.state import store

NOT_ACCEPTING = "The specified business location doesn't accept online orders at the moment."
NO_DEVICES = "No devices available to handle the task, the task has been rejected."
TOO_LATE = "Not processed before validity ended"
CONSUMER_CONFLICT = "A consumer already exists for this email address with a different external reference."
_OVERPAID = "the payment amount is greater than the amount due"
_OLD_OVERPAID_ORDER = "Could not add payment: the amount is more than what is due"
_OLD_OVERPAID_PAYMENT = "Payment amount exceeds the amount due"


def sold_out(name: str) -> str:
    """Return the reason for a restricted item, which names it by its name, not its SKU."""
    return f"Could not add item {name} ({'check sales restrictions' if store.habits.vendor_reasons else 'restricted'})"


def not_found(name_or_id: str) -> str:
    """Return the reason for an item that the till does not find."""
    return f"Could not add item {name_or_id} (not found)"


def misplaced(name: str, sku: str) -> str:
    """Return the reason for an item that exists but not where the order has it."""
    return not_found(item_id(sku) if store.habits.vendor_reasons else name)


def stale_menu(sku: str, location: int) -> str:
    """Return the reason of a till that has not reloaded the menu since it changed."""
    return f"No such item id: {item_id(sku)}, sku: {sku}, blId: {location}"


def overpaid_order() -> str:
    """Return the reason for an order whose payment is more than its total."""
    return _OVERPAID if store.habits.vendor_reasons else _OLD_OVERPAID_ORDER


def overpaid_check() -> str:
    """Return the reason for a payment of more than a check's amount due."""
    return _OVERPAID if store.habits.vendor_reasons else _OLD_OVERPAID_PAYMENT


def item_id(sku: str) -> str:
    """Return the POS's internal id of an item, which no menu shows."""
    return str(45_454_565_600_000 + zlib.crc32(sku.encode()) % 100_000)


def examples() -> list[str]:
    """Return one reason of each kind, for the till page."""
    return [
        "Could not add item Copper burger (check sales restrictions)",
        not_found("BURGER01"),
        not_found(item_id("BURGER01")),
        "No such item id: 45454565682301, sku: BURGER01, blId: 45454565682155",
        NOT_ACCEPTING,
        NO_DEVICES,
        TOO_LATE,
        _OVERPAID,
        CONSUMER_CONFLICT,
    ]
