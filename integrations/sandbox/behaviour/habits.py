"""Habits: where the real POS differs from the plain contract, each with a switch.

Sources: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/) and integrators' logs. `real` is
what the real POS does. Some defaults are milder, as long as storekit cannot cope with the real behaviour.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from integrations.sandbox.behaviour.switches import Switches


def habit(default: Any, label: str, *, real: Any, group: str) -> Any:
    """Declare a habit: its default, what the real POS does, and its label and group on the till page."""
    return field(default=default, metadata={"real": real, "label": label, "group": group})


ORDERS, NOTIFICATIONS, CHECKS, PRICES, VENUE = "Orders", "Notifications", "Checks", "Menu and prices", "Venue"


@dataclass(frozen=True)
class Shown:
    """A habit as the till page shows it. A habit without options is a checkbox or a number."""

    name: str
    label: str
    value: Any
    options: tuple[str, ...]

    @property
    def is_flag(self) -> bool:
        """Whether the habit is on or off."""
        return isinstance(self.value, bool)


@dataclass
class Habits(Switches):
    """The current habits of the POS."""

    noun: ClassVar[str] = "habit"

    acceptance: Literal["ok", "received"] = habit("ok", "Status of accepted orders", real="ok", group=ORDERS)
    vendor_reasons: bool = habit(False, "Use Lightspeed's exact failure reasons", real=True, group=ORDERS)
    readiness_enforced: bool = habit(True, "Refuse orders while not ready", real=True, group=ORDERS)
    unknown_items_fail_later: bool = habit(False, "Unknown SKUs fail at the till, not at once", real=True, group=ORDERS)
    strict_custom_names: bool = habit(True, "Refuse custom names where not enabled", real=True, group=ORDERS)
    manual_discounts_only: bool = habit(True, "Override manual discounts only", real=True, group=ORDERS)

    arrival: Literal["SUCCESS", "DELIVERED", "SILENT"] = habit(
        "SUCCESS", "Status when an order arrives", real="SUCCESS", group=NOTIFICATIONS
    )
    bare_order_failures: bool = habit(
        False, "Failed orders: status, reason and reference only", real=True, group=NOTIFICATIONS
    )
    bare_payment_failures: bool = habit(
        False, "Failed payments: status, reason and reference only", real=True, group=NOTIFICATIONS
    )
    account_id_as_number: bool = habit(False, "Send ikentooAccountId as a number", real=False, group=NOTIFICATIONS)
    devices_as_flag: bool = habit(False, "Send availableDevices as true or false", real=True, group=NOTIFICATIONS)

    rename_table_orders: bool = habit(False, "Table orders get new check identifiers", real=True, group=CHECKS)
    rename_moved_checks: bool = habit(True, "Moved checks get new identifiers", real=True, group=CHECKS)
    listed_hours: float = habit(15.0, "List checks opened within (hours)", real=15.0, group=CHECKS)
    list_dine_in_only: bool = habit(False, "List dine-in checks only", real=True, group=CHECKS)
    trial_mode: bool = habit(False, "Trial mode: list no checks", real=False, group=CHECKS)
    sparse_lines: bool = habit(False, "Lines without uuid, sub-lines or time", real=True, group=CHECKS)
    amounts_as_text: bool = habit(False, "Send amounts of checks as strings", real=False, group=CHECKS)

    tax_per_line: bool = habit(False, "Add excluded tax per line, not per piece", real=True, group=PRICES)
    delivery_prices: bool = habit(False, "Delivery has its own price list", real=True, group=PRICES)
    negative_items: bool = habit(False, "Sell items that reduce the price", real=True, group=PRICES)
    open_price_items: bool = habit(False, "Sell an item with an open price", real=True, group=PRICES)
    modifier_on_screen: bool = habit(False, "Put a modifier directly on a screen", real=True, group=PRICES)
    long_texts: bool = habit(False, "Sell an item with very long texts", real=True, group=PRICES)

    skus_required: bool = habit(False, "Item availability needs 1 to 50 SKUs", real=True, group=VENUE)
    old_app_warning: bool = habit(False, "Warn that the till's app is too old", real=False, group=VENUE)
    location_warning: bool = habit(False, "Warn about a webhook's location", real=False, group=VENUE)

    @classmethod
    def of_the_real_pos(cls) -> Self:
        """Return the habits of the real POS."""
        return cls(**{each.name: each.metadata["real"] for each in fields(cls)})

    def by_group(self) -> Iterator[tuple[str, list[Shown]]]:
        """Yield the habits for the till page, group by group."""
        for group in (ORDERS, NOTIFICATIONS, CHECKS, PRICES, VENUE):
            yield group, [self._shown(each) for each in fields(self) if each.metadata["group"] == group]

    def _shown(self, each: Any) -> Shown:
        hint = get_type_hints(type(self))[each.name]
        options = get_args(hint) if get_origin(hint) is Literal else ()
        return Shown(each.name, each.metadata["label"], getattr(self, each.name), options)
