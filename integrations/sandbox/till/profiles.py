"""Order profiles and their price lists."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from integrations.sandbox.data.extras import DELIVERY_PRICES
from integrations.sandbox.data.venue import ORDER_PROFILES
from integrations.sandbox.state import store

Json = dict[str, Any]

DELIVERY_PROFILES = {profile["code"] for profile in ORDER_PROFILES if profile["deliveryMode"] == "DELIVERY"}


def active_profiles() -> list[Json]:
    """Return the active order profiles. Inactive ones are neither listed nor accepted."""
    return [profile for profile in ORDER_PROFILES if profile["code"] not in store.inactive_profiles]


def is_active(code: str) -> bool:
    """Return whether an order profile exists and is active."""
    return any(profile["code"] == code for profile in active_profiles())


def price_list(code: str | None) -> Mapping[str, Decimal]:
    """Return the prices by SKU that differ from the menu's under an order profile."""
    defaults = DELIVERY_PRICES if store.habits.delivery_prices and code in DELIVERY_PROFILES else {}
    return {**defaults, **store.price_lists.get(code or "", {})}
