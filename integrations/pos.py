"""The port to a point of sale: what storekit asks of a POS, in words that no vendor owns.

Plain data, errors and one protocol. Nothing here knows Django, HTTP or Lightspeed. Money is `Decimal` in the venue's
currency, times are aware datetimes, and every sequence is a tuple so that a value can be compared and hashed.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

# --- Errors, named by what the caller has to do --------------------------------------------------------------------


class PosError(Exception):
    """Something the POS, or the way to it, answered. `str(error)` is a sentence for venue staff.

    Attributes:
        code: a short stable name of the cause, for tables and filters.
        detail: the POS's own words, shown below the sentence; never a secret.
        status: the HTTP status, when there was one.
    """

    code = "pos_error"

    def __init__(self, message: str, *, code: str | None = None, detail: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.detail = detail
        self.status = status


class Unreachable(PosError):
    """Nobody knows whether the request arrived: send it again later, with the same reference."""

    code = "unreachable"


class Throttled(PosError):
    """Too many requests: send it again after `retry_after`, when the POS said how long."""

    code = "throttled"

    def __init__(self, message: str, *, retry_after: timedelta | None = None, detail: str = "") -> None:
        super().__init__(message, detail=detail, status=429)
        self.retry_after = retry_after


class Unauthorised(PosError):
    """The venue's consent is gone or too narrow: a person has to connect the POS again."""

    code = "unauthorised"


class NotConnected(Unauthorised):
    """The venue has no POS to talk to at the moment."""

    code = "not_connected"


class Rejected(PosError):
    """The POS understood and said no: sending the same thing again cannot help, a person has to look."""

    code = "rejected"


class NotFound(Rejected):
    """What was asked for is not there (any more)."""

    code = "not_found"


class Duplicate(PosError):
    """The reference was used before: the thing has arrived already."""

    code = "duplicate"


class BadAnswer(PosError):
    """The POS answered something that does not make sense; nothing of it was used."""

    code = "bad_answer"


# --- Businesses and what a location offers -------------------------------------------------------------------------


@dataclass(frozen=True)
class VenuePosSettings:
    """What a venue has settled about its POS, in words that no vendor owns. The defaults are a new venue's.

    SKUs, payment methods and order profiles are the codes that the venue's POS knows them by.
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
    """Off: a sync keeps the images that staff put there; likewise `update_descriptions`."""
    update_descriptions: bool = True
    menu_profile: str = ""
    preferred_language: str = "en"


@dataclass(frozen=True)
class PosLocation:
    """One business location that the consent covers."""

    id: str
    name: str
    business_id: str
    business_name: str


@dataclass(frozen=True)
class PosMenuName:
    """One menu that can be loaded."""

    id: str
    name: str


@dataclass(frozen=True)
class WebhookEndpoint:
    """Where the POS sends notifications, and the credentials that it shows there."""

    id: str
    url: str
    username: str
    password: str


# --- The menu --------------------------------------------------------------------------------------------------------


class ProductKind(StrEnum):
    """A single item, or a deal made of chosen items."""

    ITEM = "item"
    DEAL = "deal"


class GroupKind(StrEnum):
    """What choosing from a group means to the POS: a free instruction, a priced modifier, or an item of a deal."""

    INSTRUCTION = "instruction"
    MODIFIER = "modifier"
    DEAL = "deal"


@dataclass(frozen=True, slots=True)
class Translation:
    """Texts in one language; either may be empty. The description is safe HTML-free text."""

    name: str = ""
    description: str = ""


Translations = Mapping[str, Translation]
"""By language tag as the POS writes it, lower case, with a hyphen: `fr`, `en-gb`."""


@dataclass(frozen=True, slots=True)
class MenuModifier:
    """One choice in a group.

    `key` is unique within the group and stays the same as long as the choice does. Instructions have no SKU: they are
    ordered by `instruction_id` and are free.
    """

    key: str
    name: str
    price: Decimal
    sku: str = ""
    instruction_id: str = ""
    translations: Translations = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    """Keys of the groups that open when this is chosen, in order."""


@dataclass(frozen=True, slots=True)
class MenuModifierGroup:
    """A question with its choices. `maximum` None: no limit."""

    key: str
    kind: GroupKind
    name: str
    minimum: int
    maximum: int | None
    modifiers: tuple[MenuModifier, ...]
    translations: Translations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MenuProduct:
    """Something a guest can order by itself. The SKU is its identity; `price` is what the guest pays, tax included."""

    sku: str
    kind: ProductKind
    name: str
    price: Decimal
    image_url: str = ""
    allergens: tuple[str, ...] = ()
    calories: int | None = None
    contains_alcohol: bool = False
    alcohol_percentage: Decimal | None = None
    translations: Translations = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    """Keys of its modifier groups, in order."""


@dataclass(frozen=True, slots=True)
class MenuCategory:
    """A screen or a sub-screen. `key` survives renames; `parent` is another category's key or empty."""

    key: str
    name: str
    parent: str
    products: tuple[str, ...]
    """SKUs, in order."""
    color: str = ""


@dataclass(frozen=True)
class Restriction:
    """An item that the POS sells only so many more of. `left` None: none at all, uncounted.

    `updated_at` is when the POS counted, by its own clock; None where it does not say.
    """

    sku: str
    left: int | None
    updated_at: datetime | None = field(default=None, compare=False)

    @property
    def sold_out(self) -> bool:
        """Whether it cannot be ordered."""
        return self.left is None or self.left <= 0


@dataclass(frozen=True)
class AllergenNames:
    """What one allergen code is called, by language tag as in `Translations`."""

    code: str
    names: Mapping[str, str]


@dataclass(frozen=True)
class MenuSnapshot:
    """One whole menu at one moment, flat: categories, products and groups refer to each other by key."""

    menu_id: str
    name: str
    categories: tuple[MenuCategory, ...]
    products: tuple[MenuProduct, ...]
    groups: tuple[MenuModifierGroup, ...]
    languages: tuple[str, ...] = ()
    rich_content_missing: bool = False
    warnings: tuple[str, ...] = ()


class StoredGroups(Protocol):
    """The groups that are on our menu, by which a group that is read anew is given the key that it has."""

    @property
    def keys(self) -> AbstractSet[str]:
        """The keys of all of them."""

    def find(self, key: str) -> MenuModifierGroup | None:
        """One of them with its choices."""


@dataclass(frozen=True)
class MenuReading:
    """What an answer says: all of it, or only what differs from an earlier one."""

    snapshot: MenuSnapshot
    checkpoint: bytes
    """For reading a later answer; empty when there is none."""
    changed: frozenset[str] | None = None
    """SKUs, when the snapshot has only the products that may have changed, with their groups. The categories and their
    products, the languages and all other products are as they were then; the warnings are the whole menu's. A group
    that other products ask too is read right unless its rows would have to change: then all is to be read."""


class MenuDocument(Protocol):
    """The POS's answer, received but not read yet."""

    @property
    def digest(self) -> str:
        """Equal for equal answers that are read in an equal way: then the snapshot is equal too. Hexadecimal."""

    def read(self, checkpoint: bytes = b"", held: StoredGroups | None = None) -> MenuReading:
        """Reads the answer, or what differs from the one that left the memory. Raises `BadAnswer` for nonsense.

        Args:
            held: what has a key there keeps it.
        """


# --- The floor plan --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FloorTable:
    """A table. `number` is what orders and checks name it by."""

    id: str
    number: int
    name: str
    seats: int
    active: bool


@dataclass(frozen=True)
class FloorArea:
    """A part of the floor plan with its tables."""

    id: str
    name: str
    tables: tuple[FloorTable, ...]


# --- Whether it can sell ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Readiness:
    """Whether the POS takes online orders at the moment. `reason` is a sentence for people; empty when it is ready.

    `updated_at` is since when, by the POS's own clock; None where it does not say.
    """

    ready: bool
    reason: str = ""
    updated_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PosDiscount:
    """A discount that the POS knows by its code: a percentage or an amount."""

    code: str
    name: str
    percent: Decimal | None = None
    amount: Decimal | None = None


# --- Checks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckItem:
    """One line on a check, in force. The quantity may be a fraction."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class OpenCheck:
    """A check that is open at the POS. `table` is None for one that belongs to no table."""

    account: str
    name: str
    table: int | None
    amount: Decimal
    """What it comes to, tips left out."""
    paid: Decimal
    opened_at: datetime | None
    payment_references: tuple[str, ...] = ()
    """The references under which payments in force were made; an order's payment has the order's."""
    items: tuple[CheckItem, ...] = ()
    """The lines in force, without what was chosen below them."""


# --- Orders ----------------------------------------------------------------------------------------------------------


class OrderType(StrEnum):
    """How the guest gets the food."""

    PICKUP = "pickup"
    DELIVERY = "delivery"
    DINE_IN = "dine_in"


@dataclass(frozen=True)
class TicketDiscount:
    """A discount of the POS's own on one line: its code, and what it takes off the whole line, choices included."""

    code: str
    amount: Decimal


@dataclass(frozen=True)
class TicketLine:
    """One line of an order, or one chosen item below a line.

    `unit_price` is set only where the price is ours to say (delivery fee, service charge, discount); otherwise the POS
    prices the line from its own menu. `instructions` are instruction ids. `course` is for orders to a table, and it and
    `discount` for lines that are no choices.
    """

    sku: str
    quantity: int
    name: str = ""
    unit_price: Decimal | None = None
    instructions: tuple[str, ...] = ()
    choices: tuple["TicketLine", ...] = ()
    course: int | None = None
    discount: TicketDiscount | None = None


@dataclass(frozen=True)
class TicketAddress:
    """Where a delivery goes."""

    line1: str
    line2: str
    city: str
    postcode: str


@dataclass(frozen=True)
class TicketCustomer:
    """Who ordered. `reference` is one stable value per e-mail address, empty when there is none."""

    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""
    """E.164, or empty."""
    reference: str = ""


@dataclass(frozen=True)
class TicketPayment:
    """What the guest has paid: `amount` without the tip."""

    method: str
    amount: Decimal
    tip: Decimal


@dataclass(frozen=True)
class OrderTicket:
    """An order as the POS needs it. `reference` is the same on every attempt to deliver the same thing."""

    reference: str
    type: OrderType
    lines: tuple[TicketLine, ...]
    customer: TicketCustomer
    order_profile: str
    collection_code: str
    deliver_within: timedelta
    """How long the POS may try to get the order onto a till before it gives up and says so."""
    note: str = ""
    collection_time: datetime | None = None
    payment: TicketPayment | None = None
    address: TicketAddress | None = None
    """Of a delivery."""
    table: int | None = None
    """Of an order to a table, unless it is added to a check."""
    covers: int | None = None
    account: str = ""
    """Number of the open check that the order is added to."""


# --- What the POS tells us -------------------------------------------------------------------------------------------


class OrderEvent(StrEnum):
    """What became of an order at the POS."""

    CONFIRMED = "confirmed"
    FAILED = "failed"
    READY = "ready"
    OUT_FOR_DELIVERY = "out_for_delivery"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CHECK_UPDATED = "check_updated"


@dataclass(frozen=True)
class OrderUpdate:
    """A notification about an order or a check. `reference` is empty for orders that staff opened on the till.

    Of a failure, `reason` has the POS's own words, `code` names the cause as `PosError.code` does, and `sentence` says
    it to venue staff.
    """

    event: OrderEvent
    reference: str
    account: str
    reason: str = ""
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class ItemUpdate:
    """What the POS says of one item: not restricted, or restricted to `left` more of it (None: none at all).

    `at` is when that became so, by the POS's own clock; None where it does not say.
    """

    sku: str
    restricted: bool
    left: int | None
    at: datetime | None


PosFact = OrderUpdate | ItemUpdate | Readiness
"""What a notification can tell."""


# --- The port --------------------------------------------------------------------------------------------------------


class PointOfSale(Protocol):
    """One venue's POS. Every call may raise `Unreachable`, `Throttled`, `Unauthorised`, `Rejected` or `BadAnswer`."""

    def menus(self) -> tuple[PosMenuName, ...]:
        """The menus that can be loaded."""

    def menu_document(self, menu_id: str) -> MenuDocument:
        """One whole menu, to be read when it is worth it. Raises `NotFound` when the POS has no such menu."""

    def availability(self) -> tuple[Restriction, ...]:
        """Everything that cannot be sold without limit at the moment."""

    def availability_of(self, skus: Collection[str]) -> tuple[Restriction, ...]:
        """What of these items cannot be sold without limit at the moment. Quick: somebody waits for the answer."""

    def readiness(self) -> Readiness:
        """Whether online orders are taken at the moment. Quick: somebody waits for the answer."""

    def discounts(self) -> tuple[PosDiscount, ...]:
        """The discounts that the POS knows. Quick: an order waits for the answer."""

    def allergens(self) -> tuple[AllergenNames, ...]:
        """What the POS calls its allergens."""

    def floor_plan(self) -> tuple[FloorArea, ...]:
        """The floor plan; empty when the location has none."""

    def place_order(self, ticket: OrderTicket) -> None:
        """Hands an order over. Returning means accepted for delivery, not yet on the till.

        Raises:
            Duplicate: the reference was used before, so the order has arrived.
            Rejected: the POS refuses the order; its reference may still be used by a corrected one of the same kind
                only under a new revision.
        """

    def open_checks(self) -> tuple[OpenCheck, ...]:
        """Every check that is open at the moment."""

    def print_message(self, text: str) -> None:
        """Shows a message on the till and prints it; at most 1,000 characters of it."""

    def register_webhook(self, endpoint: WebhookEndpoint) -> None:
        """Creates or updates the endpoint and adds the location to it; may be repeated."""

    def webhook_problems(self, endpoint: WebhookEndpoint) -> tuple[str, ...]:
        """What is wrong with the endpoint as the POS has it, a sentence each; nothing when registering can be spared.

        The password is not compared: the POS keeps it to itself.
        """

    def remove_webhook(self, endpoint_id: str) -> None:
        """Takes the location off the endpoint and deletes it; fine when it is gone already."""
