"""The sandbox's data: plain records with no behaviour beyond their own totals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from integrations.sandbox import clock
from integrations.sandbox.amounts import GBP, NOTHING, Currency

Json = dict[str, Any]


@dataclass
class Code:
    """An unused authorisation code."""

    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    expires_at: float


@dataclass
class Token:
    """An access or refresh token. A used refresh token is kept, marked as spent."""

    scopes: frozenset[str]
    expires_at: float
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
    locations: dict[int, datetime] = field(default_factory=dict)
    """When each location was added, by its id."""

    def subscribes(self, resource: str, name: str) -> bool:
        """Return whether the endpoint is subscribed to a kind of notification."""
        return {"resource": resource, "name": name} in self.subscriptions

    def as_json(self) -> Json:
        """Return the endpoint as the API shows it: everything but the password."""
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
    """A sales restriction: `count` is how many are left; None and 0 mean sold out."""

    count: int | None
    updated_at: datetime


@dataclass
class Readiness:
    """The four conditions for taking online orders. Each can be false independently."""

    enabled: bool = True
    opened: bool = True
    accepting: bool = True
    devices: int = 1
    since: datetime = field(default_factory=clock.now)

    @property
    def ready(self) -> bool:
        """Whether all four conditions are met."""
        return self.enabled and self.opened and self.accepting and self.devices > 0


@dataclass
class Line:
    """A line of a check. Its amounts exclude its children, which are the modifiers and choices on it."""

    id: int
    uuid: str
    sku: str
    name: str
    unit: Decimal
    quantity: Decimal
    tax_rate: Decimal
    tax_included: bool
    sold_at: datetime
    currency: Currency = GBP
    # The price of one piece without tax, where the till adds the tax to the line as a whole.
    net_unit: Decimal | None = None
    modifiers: list[str] = field(default_factory=list)
    children: list["Line"] = field(default_factory=list)
    course: int | None = None
    discount: Decimal = NOTHING
    active: bool = True

    @property
    def count(self) -> str:
        """The quantity without trailing zeros: 2, 0.5."""
        return f"{self.quantity.normalize():f}"

    @property
    def gross(self) -> Decimal:
        """The price of this line, without its children, before its discount."""
        if self.net_unit is None:
            return self.currency.rounded(self.unit * self.quantity)
        return self.currency.rounded(self.net_unit * self.quantity * (1 + self.tax_rate / 100))

    @property
    def amount(self) -> Decimal:
        """The price of this line, without its children, after its discount."""
        return self.gross - self.discount

    @property
    def total(self) -> Decimal:
        """The price of this line and its children."""
        return self.amount + sum((child.total for child in self.children), Decimal(0))

    @property
    def net(self) -> Decimal:
        """The price of this line, without its children, before tax."""
        return self.currency.rounded(self.amount / (1 + self.tax_rate / 100))

    def tree(self) -> Iterator["Line"]:
        """Yield this line and all lines below it."""
        yield self
        for child in self.children:
            yield from child.tree()


@dataclass
class Payment:
    """A payment on a check. The tip is separate and never counts towards the total."""

    method: str
    description: str
    amount: Decimal
    tip: Decimal
    reference: str | None
    paid_at: datetime
    active: bool = True


@dataclass
class Check:
    """A check on the till, created by an API order or opened by staff."""

    identifier: str
    account_id: str
    uuid: str
    location: int
    name: str
    table: int | None
    clients: int
    opened_at: datetime
    currency: Currency = GBP
    profile: str | None = None
    staff: str = "Sandbox staff"
    # The reference of the order that created the check; None if staff opened it.
    reference: str | None = None
    collection_code: str | None = None
    note: str = ""
    state: str = "open"
    endpoint_ids: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    # What staff gave on the whole check: an amount, and a part of what its lines cost. No line shows it.
    discount_amount: Decimal = NOTHING
    discount_percent: Decimal = NOTHING
    # What the house adds: an amount, and a part of what is left after the discount.
    service_amount: Decimal = NOTHING
    service_percent: Decimal = NOTHING
    closed_at: datetime | None = None
    # A reversal is what a rename leaves behind: closed, with negative amounts, and no sale.
    is_reversal: bool = False
    # The identifiers it had before it was moved or renamed, oldest first.
    former_identifiers: list[str] = field(default_factory=list)

    @property
    def subtotal(self) -> Decimal:
        """The total of all active lines."""
        return self.currency.rounded(sum((line.total for line in self.lines if line.active), Decimal(0)))

    @property
    def discount(self) -> Decimal:
        """What is taken off the whole check; never more than its lines cost."""
        off = self.currency.rounded(self.discount_amount + self.subtotal * self.discount_percent / 100)
        return min(off, self.subtotal) if self.subtotal >= 0 else off

    @property
    def service_charge(self) -> Decimal:
        """What is added for service."""
        return self.currency.rounded(self.service_amount + (self.subtotal - self.discount) * self.service_percent / 100)

    @property
    def total(self) -> Decimal:
        """The total: lines less the discount of the check, with its service charge."""
        return self.subtotal - self.discount + self.service_charge

    @property
    def paid(self) -> Decimal:
        """The sum of all active payments, without tips."""
        return self.currency.exact(sum((each.amount for each in self.payments if each.active), Decimal(0)))

    @property
    def due(self) -> Decimal:
        """The amount left to pay."""
        return self.total - self.paid


@dataclass
class Order:
    """An order accepted by the API. Its reference can never be used again."""

    reference: str
    kind: Literal["toGo", "local"]
    location: int
    endpoint_id: str
    received: Json
    # `received` without nulls: a null field means the same as an absent one.
    body: Json
    received_at: datetime
    deadline: datetime | None
    # An order is ignored when the business's API was never enabled: it was received and goes nowhere.
    status: Literal["accepted", "on_till", "failed", "ignored"] = "accepted"
    decided_at: datetime | None = None
    reason: str | None = None
    account: str | None = None

    def as_json(self) -> Json:
        """Return the order as the control API shows it."""
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
class PaymentTask:
    """A payment accepted by the API for delivery to the till."""

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
        """Return the payment as the control API shows it."""
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
    """A notification for an endpoint, and the outcome of sending it."""

    endpoint_id: str
    url: str
    body: Json
    attempts: int = 0
    delivered: bool = False
    answer_status: int | None = None

    def as_json(self) -> Json:
        """Return the notification as the control API shows it."""
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
    """A message shown on the till."""

    location: int
    text: str
    also_to_printer: bool
    received_at: datetime

    def as_json(self) -> Json:
        """Return the message as the control API shows it."""
        return {
            "businessLocationId": self.location,
            "message": self.text,
            "alsoToPrinter": self.also_to_printer,
            "receivedAt": clock.iso(self.received_at),
        }
