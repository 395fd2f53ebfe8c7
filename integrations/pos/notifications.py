"""What a POS's notifications say, once an adapter has parsed them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.pos.availability import Readiness
from integrations.pos.checks import OpenCheck
from integrations.pos.payments import PaymentUpdate


class OrderEvent(StrEnum):
    """What happened to an order at the POS."""

    CONFIRMED = "confirmed"
    FAILED = "failed"
    DELIVERED = "delivered"
    """On the till if that was unknown, and handed to the guest if the order was ready: the POS does not say which."""
    READY = "ready"
    OUT_FOR_DELIVERY = "out_for_delivery"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CHECK_UPDATED = "check_updated"


@dataclass(frozen=True)
class OrderUpdate:
    """An event of an order or a check. `reference` is empty for orders that staff opened on the till.

    For a failure, `reason` is the POS's own message, `code` names the cause as `Rejected.code` does, and `sentence`
    explains it to venue staff. `item` is the item that the message quotes, as in `Rejected.item`.
    """

    event: OrderEvent
    reference: str
    account: str
    reason: str = ""
    code: str = ""
    sentence: str = ""
    item: str = ""
    check_uuid: str = ""
    """What the check keeps when its identifier `account` changes; empty if the POS does not say."""
    check: OpenCheck | None = None
    """The check at that moment, if the POS sent all of it. The moment is unknown: notifications come out of order."""


@dataclass(frozen=True)
class ItemUpdate:
    """A change to one item: no longer restricted, or restricted to `left` more of it (None: none at all).

    `at` is when that changed, by the POS's own clock; None if it does not say.
    """

    sku: str
    restricted: bool
    left: int | None
    at: datetime | None


PosFact = OrderUpdate | ItemUpdate | Readiness | PaymentUpdate
"""What a notification can report."""


@dataclass(frozen=True)
class ReceivedNotification:
    """A parsed notification. `type` and `status` are the POS's own words.

    Two notifications of the same fact have the same `fingerprint` (64 hexadecimal digits). `fact` is None for one that
    storekit does not act on.
    """

    type: str
    status: str
    reference: str
    account: str
    business_location_id: str
    fingerprint: str
    fact: PosFact | None
