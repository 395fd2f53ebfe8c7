"""Why a POS refuses an order: stable names, on which storekit's reactions depend."""

from enum import StrEnum


class RefusalCause(StrEnum):
    """The cause of a refusal. The values are stored in rows and shown by the API, so they never change."""

    RESTRICTED = "restricted"
    """An item is sold out."""
    ITEM_REFUSED = "item_refused"
    """An item cannot be added, for a reason of its own; it may be sold out."""
    UNKNOWN_ITEM = "unknown_item"
    """The POS does not find an item."""
    DISCONNECTED_ITEM = "disconnected_item"
    """An item is on no menu of the till, and the POS does not say which."""
    STALE_MENU = "stale_menu"
    """An item is unknown, perhaps to one till only, which has an old menu."""
    UNKNOWN_DISCOUNT = "unknown_discount"
    PAYMENT_METHOD = "payment_method"
    ORDER_PROFILE = "order_profile"
    NOT_ACCEPTING = "not_accepting"
    """Online orders are switched off in the POS."""
    NO_DEVICES = "no_devices"
    """No till is awake."""
    NOT_PICKED_UP = "not_picked_up"
    """No till took the order in the time that it had."""
    CUSTOMER_CONFLICT = "customer_conflict"
    """The POS knows the guest's e-mail address as another customer's."""
    OVERPAID = "overpaid"
    CHECK_GONE = "check_gone"
    UNKNOWN_TABLE = "unknown_table"
    NOT_ENABLED = "not_enabled"
    """The POS takes orders through its API without delivering them, because nobody enabled it for the business."""
