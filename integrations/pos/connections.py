"""Records for connecting a venue to its POS: tokens, locations, the webhook endpoint, and the venue's settings."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from integrations.pos.orders import OrderType


class TokenSource(Protocol):
    """Where an adapter gets a venue's access token from."""

    def access_token(self) -> str:
        """Return a token that is good for the next call. Raises `PosError` if there is none."""

    def renewed(self, stale: str) -> str:
        """Return another token, because the POS refused `stale`. Raises `PosError` if there is none."""


class CallGuard(Protocol):
    """What an adapter wraps around each of its calls, so that a POS that is down or busy is spared."""

    def call(self, *, urgent: bool) -> AbstractContextManager[None]:
        """Let one call pass. `urgent` is an order or a payment. Raises `PosDown` or `Throttled` before the call.

        The call inside raises `Unreachable` if it is not answered.
        """


@dataclass(frozen=True)
class TokenGrant:
    """A new pair of OAuth tokens. The refresh token replaces the previous one, now spent; it may be empty."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: timedelta
    scope: str


@dataclass(frozen=True)
class PosLocation:
    """A business location that the venue's consent covers."""

    id: str
    name: str
    business_id: str
    business_name: str


@dataclass(frozen=True)
class WebhookEndpoint:
    """The address the POS sends notifications to, and the credentials it presents there."""

    id: str
    url: str
    username: str
    password: str


@dataclass(frozen=True)
class WebhookState:
    """The webhook as the POS has it: what is wrong with it, a sentence each, and the POS's warnings in its own words.

    Without problems it need not be registered again, whatever the POS warns of.
    """

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class VenuePosSettings:
    """A venue's POS settings, independent of the vendor. The defaults are those of a new venue.

    SKUs, payment methods and order profiles are the codes that the venue's POS uses.
    """

    delivery_fee_sku: str = "STOREKIT_DELIVERY"
    discount_sku: str = "STOREKIT_DISCOUNT"
    service_charge_sku: str = "STOREKIT_SERVICE_CHARGE"
    payment_method: str = "STOREKIT"
    pickup_profile: str = "storekit"
    delivery_profile: str = "storekit"
    dine_in_profile: str = "storekit"
    buffer_orders: bool = False
    """Hold orders for later until `buffer_minutes` before their time."""
    buffer_minutes: int = 20
    native_discounts: bool = False
    """Send the discount's id at the POS instead of a discount line."""
    update_images: bool = True
    """False: a sync keeps the images that staff uploaded. `update_descriptions` does the same for descriptions."""
    update_descriptions: bool = True
    menu_profile: str = ""
    preferred_language: str = "en"
    pat_payment_method: str = "APM"
    """For payments at the table."""
    gift_card_payment_method: str = ""
    """For those by gift card; empty: as other payments at the table."""
    auto_close_delay: int = 5
    """Minutes until a settled bill is checked and closed."""
    ignore_free_items: bool = False
    """Leave out of bills what costs nothing and has nothing below it that does."""

    def profile_of(self, type: OrderType) -> str:
        """Return the code of the order profile that orders of this type use."""
        return {
            OrderType.PICKUP: self.pickup_profile,
            OrderType.DELIVERY: self.delivery_profile,
            OrderType.DINE_IN: self.dine_in_profile,
        }[type]
