"""Habits: where the real POS differs from the plain contract, each with a switch.

The defaults are what the real POS usually does. Sources: Lightspeed's K-Series API documentation
(https://api-docs.lsk.lightspeed.app/) and integrators' logs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from integrations.sandbox.behaviour.switches import Switches


def habit(default: Any, label: str, *, group: str) -> Any:
    """Declare a habit: what the real POS does, and the habit's label and group on the till page."""
    return field(default=default, metadata={"label": label, "group": group})


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

    acceptance: Literal["ok", "received"] = habit("ok", "Status of accepted orders", group=ORDERS)
    vendor_reasons: bool = habit(True, "Use Lightspeed's exact failure reasons", group=ORDERS)
    readiness_enforced: bool = habit(True, "Refuse orders while not ready", group=ORDERS)
    unknown_items_fail_later: bool = habit(True, "Unknown SKUs fail at the till, not at once", group=ORDERS)
    strict_custom_names: bool = habit(True, "Refuse custom names where not enabled", group=ORDERS)
    manual_discounts_only: bool = habit(True, "Override manual discounts only", group=ORDERS)

    arrival: Literal["SUCCESS", "DELIVERED", "SILENT"] = habit(
        "SUCCESS", "Status when an order arrives", group=NOTIFICATIONS
    )
    bare_order_failures: bool = habit(True, "Failed orders: status, reason and reference only", group=NOTIFICATIONS)
    bare_payment_failures: bool = habit(True, "Failed payments: status, reason and reference only", group=NOTIFICATIONS)
    account_id_as_number: bool = habit(False, "Send ikentooAccountId as a number", group=NOTIFICATIONS)
    devices_as_flag: bool = habit(True, "Send availableDevices as true or false", group=NOTIFICATIONS)

    rename_table_orders: bool = habit(True, "Table orders get new check identifiers", group=CHECKS)
    rename_moved_checks: bool = habit(True, "Moved checks get new identifiers", group=CHECKS)
    listed_hours: float = habit(15.0, "List checks opened within (hours)", group=CHECKS)
    list_dine_in_only: bool = habit(True, "List dine-in checks only", group=CHECKS)
    trial_mode: bool = habit(False, "Trial mode: list no checks", group=CHECKS)
    sparse_lines: bool = habit(True, "Lines without uuid, sub-lines or time", group=CHECKS)
    amounts_as_text: bool = habit(False, "Send amounts of checks as strings", group=CHECKS)

    tax_per_line: bool = habit(True, "Add excluded tax per line, not per piece", group=PRICES)
    delivery_prices: bool = habit(True, "Delivery has its own price list", group=PRICES)
    negative_items: bool = habit(True, "Sell items that reduce the price", group=PRICES)
    open_price_items: bool = habit(True, "Sell an item with an open price", group=PRICES)
    modifier_on_screen: bool = habit(True, "Put a modifier directly on a screen", group=PRICES)
    long_texts: bool = habit(True, "Sell an item with very long texts", group=PRICES)

    skus_required: bool = habit(True, "Item availability needs 1 to 50 SKUs", group=VENUE)
    old_app_warning: bool = habit(False, "Warn that the till's app is too old", group=VENUE)
    location_warning: bool = habit(False, "Warn about a webhook's location", group=VENUE)

    def by_group(self) -> Iterator[tuple[str, list[Shown]]]:
        """Yield the habits for the till page, group by group."""
        for group in (ORDERS, NOTIFICATIONS, CHECKS, PRICES, VENUE):
            yield group, [self._shown(each) for each in fields(self) if each.metadata["group"] == group]

    def _shown(self, each: Any) -> Shown:
        hint = get_type_hints(type(self))[each.name]
        options = get_args(hint) if get_origin(hint) is Literal else ()
        return Shown(each.name, each.metadata["label"], getattr(self, each.name), options)
