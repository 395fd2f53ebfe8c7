"""What the sandbox remembers: plain records, no behaviour beyond their own sums."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from integrations.sandbox import clock
from integrations.sandbox.amounts import NOTHING, pennies

Json = dict[str, Any]


@dataclass
class Code:
    """An authorisation code that waits for its one exchange."""

    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    expires_at: float


@dataclass
class Token:
    """An access or refresh token; a refresh token that was used stays on record, spent."""

    scopes: frozenset[str]
    expires_at: float | None
    spent: bool = False


@dataclass
class Endpoint:
    """A webhook endpoint as registered."""

    endpoint_id: str
    url: str
    with_basic_auth: bool
    username: str | None
    password: str | None
    provide_account: bool
    expand_transactions: bool
    expand_payments: bool
    subscriptions: list[Json]
    locations: set[int] = field(default_factory=set)

    def subscribes(self, resource: str, name: str) -> bool:
        """Tell whether the endpoint asked for a kind of notification."""
        return {"resource": resource, "name": name} in self.subscriptions

    def as_json(self) -> Json:
        """Write the endpoint as the API answers it: everything but the password."""
        return {
            "endpointId": self.endpoint_id,
            "url": self.url,
            "withBasicAuth": self.with_basic_auth,
            "username": self.username,
            "provideAccount": self.provide_account,
            "expandTransactions": self.expand_transactions,
            "expandPayments": self.expand_payments,
            "subscribeTo": self.subscriptions,
        }


@dataclass
class Restriction:
    """An item that may be sold `count` more times; None and 0 mean not at all."""

    count: int | None
    updated_at: datetime


@dataclass
class Readiness:
    """What a location needs to take online orders; each can be missing by itself."""

    enabled: bool = True
    opened: bool = True
    accepting: bool = True
    devices: int = 1
    since: datetime = field(default_factory=clock.now)

    @property
    def ready(self) -> bool:
        """Whether online orders are taken."""
        return self.enabled and self.opened and self.accepting and self.devices > 0


@dataclass
class Line:
    """A line of a check. Its amounts are its own; what was chosen on it are its children."""

    id: int
    uuid: str
    sku: str
    name: str
    unit: Decimal
    quantity: Decimal
    tax_rate: Decimal
    tax_included: bool
    sold_at: datetime
    modifiers: list[str] = field(default_factory=list)
    children: list["Line"] = field(default_factory=list)
    course: int | None = None
    discount: Decimal = NOTHING
    active: bool = True

    @property
    def count(self) -> str:
        """The quantity as people write it: 2, 0.5."""
        return f"{self.quantity.normalize():f}"

    @property
    def gross(self) -> Decimal:
        """What this line costs by itself before its discount."""
        return pennies(self.unit * self.quantity)

    @property
    def amount(self) -> Decimal:
        """What this line costs by itself."""
        return self.gross - self.discount

    @property
    def total(self) -> Decimal:
        """What this line and everything chosen on it cost."""
        return self.amount + sum((child.total for child in self.children), NOTHING)


@dataclass
class Payment:
    """A payment on a check; the tip is kept apart and never counts towards the bill."""

    method: str
    description: str
    amount: Decimal
    tip: Decimal
    reference: str | None
    paid_at: datetime
    active: bool = True


@dataclass
class Check:
    """An open account on the till, from an order that came in or opened by staff."""

    identifier: str
    account_id: str
    uuid: str
    location: int
    name: str
    table: int | None
    clients: int
    opened_at: datetime
    profile: str | None = None
    staff: str = "Sandbox staff"
    # The first order that came in for this check; None when staff opened it.
    reference: str | None = None
    collection_code: str | None = None
    note: str = ""
    state: str = "open"
    endpoint_ids: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """What the check comes to."""
        return sum((line.total for line in self.lines if line.active), NOTHING)

    @property
    def paid(self) -> Decimal:
        """What was paid towards it, tips left out."""
        return sum((payment.amount for payment in self.payments if payment.active), NOTHING)

    @property
    def due(self) -> Decimal:
        """What is left to pay."""
        return self.total - self.paid


@dataclass
class Order:
    """An order that the API accepted; its reference is spent from then on."""

    reference: str
    kind: Literal["toGo", "local"]
    location: int
    endpoint_id: str
    received: Json
    # What was received without its nulls, which mean the same as leaving a field out.
    body: Json
    received_at: datetime
    deadline: datetime | None
    status: Literal["accepted", "on_till", "failed"] = "accepted"
    decided_at: datetime | None = None
    reason: str | None = None
    account: str | None = None

    def as_json(self) -> Json:
        """Write the order for the control API."""
        return {
            "reference": self.reference,
            "kind": self.kind,
            "businessLocationId": self.location,
            "body": self.received,
            "receivedAt": clock.iso(self.received_at),
            "status": self.status,
            "decidedAt": clock.iso(self.decided_at) if self.decided_at else None,
            "reason": self.reason,
            "account": self.account,
        }


@dataclass
class PaymentOrder:
    """A payment that the API accepted for delivery to the till."""

    reference: str
    location: int
    endpoint_id: str
    body: Json
    received_at: datetime
    deadline: datetime | None
    status: Literal["accepted", "applied", "failed"] = "accepted"
    error: str | None = None
    reason: str | None = None

    def as_json(self) -> Json:
        """Write the payment for the control API."""
        return {
            "reference": self.reference,
            "businessLocationId": self.location,
            "account": self.body.get("iKaccountIdentifier"),
            "body": self.body,
            "receivedAt": clock.iso(self.received_at),
            "status": self.status,
            "error": self.error,
            "reason": self.reason,
        }


@dataclass
class Notification:
    """A notification on its way to an endpoint."""

    endpoint_id: str
    url: str
    body: Json
    attempts: int = 0
    delivered: bool = False
    answer_status: int | None = None

    def as_json(self) -> Json:
        """Write the notification for the control API."""
        return {
            "type": self.body.get("type"),
            "status": self.body.get("status"),
            "reference": self.body.get("thirdPartyReference"),
            "url": self.url,
            "attempts": self.attempts,
            "delivered": self.delivered,
            "answerStatus": self.answer_status,
            "body": self.body,
        }


@dataclass
class Message:
    """A message printed on the till."""

    location: int
    text: str
    also_to_printer: bool
    received_at: datetime

    def as_json(self) -> Json:
        """Write the message for the control API."""
        return {
            "businessLocationId": self.location,
            "message": self.text,
            "alsoToPrinter": self.also_to_printer,
            "receivedAt": clock.iso(self.received_at),
        }
