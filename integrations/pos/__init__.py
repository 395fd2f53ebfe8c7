"""The port to a point of sale: what storekit asks of a POS, independent of any vendor.

Plain data, errors and one protocol, free of Django, HTTP and vendors. Money is `Decimal` in the venue's currency,
times are aware datetimes, and every sequence is a tuple, so that values can be compared and hashed. Import from this
package rather than from its modules.
"""

from integrations.pos.availability import (
    POS_CLOCK_TOLERANCE,
    Availability,
    Readiness,
    Restriction,
)
from integrations.pos.checks import (
    CheckItem,
    CheckLine,
    CheckPayment,
    OpenCheck,
)
from integrations.pos.connections import (
    CallGuard,
    PosLocation,
    TokenGrant,
    TokenSource,
    VenuePosSettings,
    WebhookEndpoint,
    WebhookState,
)
from integrations.pos.errors import (
    BadAnswer,
    Duplicate,
    NotConnected,
    NotFound,
    PosDown,
    PosError,
    Rejected,
    Throttled,
    Unauthorised,
    Unreachable,
)
from integrations.pos.floor_plan import (
    FloorArea,
    FloorTable,
)
from integrations.pos.menu import (
    AllergenNames,
    CustomPrice,
    GroupKind,
    MenuCategory,
    MenuDocument,
    MenuModifier,
    MenuModifierGroup,
    MenuProduct,
    MenuReading,
    MenuSnapshot,
    PosMenuName,
    PriceRules,
    ProductKind,
    StoredGroups,
    Translation,
    Translations,
)
from integrations.pos.notifications import (
    ItemUpdate,
    OrderEvent,
    OrderUpdate,
    PosFact,
    ReceivedNotification,
)
from integrations.pos.orders import (
    OrderTicket,
    OrderType,
    PosDiscount,
    TicketAddress,
    TicketCustomer,
    TicketDiscount,
    TicketLine,
    TicketPayment,
)
from integrations.pos.payments import (
    PAYMENT_REFERENCE_PREFIX,
    PaymentRefusal,
    PaymentTicket,
    PaymentUpdate,
)
from integrations.pos.protocol import (
    PointOfSale,
)
from integrations.pos.refusals import (
    RefusalCause,
)
from integrations.pos.sales import (
    ClosedSale,
)

__all__ = [
    "PAYMENT_REFERENCE_PREFIX",
    "POS_CLOCK_TOLERANCE",
    "AllergenNames",
    "Availability",
    "BadAnswer",
    "CallGuard",
    "CheckItem",
    "CheckLine",
    "CheckPayment",
    "ClosedSale",
    "CustomPrice",
    "Duplicate",
    "FloorArea",
    "FloorTable",
    "GroupKind",
    "ItemUpdate",
    "MenuCategory",
    "MenuDocument",
    "MenuModifier",
    "MenuModifierGroup",
    "MenuProduct",
    "MenuReading",
    "MenuSnapshot",
    "NotConnected",
    "NotFound",
    "OpenCheck",
    "OrderEvent",
    "OrderTicket",
    "OrderType",
    "OrderUpdate",
    "PaymentRefusal",
    "PaymentTicket",
    "PaymentUpdate",
    "PointOfSale",
    "PosDiscount",
    "PosDown",
    "PosError",
    "PosFact",
    "PosLocation",
    "PosMenuName",
    "PriceRules",
    "ProductKind",
    "Readiness",
    "ReceivedNotification",
    "RefusalCause",
    "Rejected",
    "Restriction",
    "StoredGroups",
    "Throttled",
    "TicketAddress",
    "TicketCustomer",
    "TicketDiscount",
    "TicketLine",
    "TicketPayment",
    "TokenGrant",
    "TokenSource",
    "Translation",
    "Translations",
    "Unauthorised",
    "Unreachable",
    "VenuePosSettings",
    "WebhookEndpoint",
    "WebhookState",
]
