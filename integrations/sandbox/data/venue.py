"""The business and its two locations: floor plans, profiles, payment methods, discounts and so on."""

from typing import Any

from integrations.sandbox.data.choices import ALL_INSTRUCTIONS
from integrations.sandbox.data.menus import EGGS

Json = dict[str, Any]

BUSINESS_ID = 29091
HIGH_STREET = 45454565682155
RIVERSIDE = 45454565682156
LOCATION_NAMES = {HIGH_STREET: "High Street", RIVERSIDE: "Riverside"}

BUSINESSES: list[Json] = [
    {
        "name": "The Copper Pot Group",
        "id": BUSINESS_ID,
        "businessLocations": [{"id": number, "name": name} for number, name in LOCATION_NAMES.items()],
    }
]


def floor_table(number: int, covers: int, *, active: bool = True, description: str = "") -> Json:
    """Return a table of a floor plan."""
    return {
        "number": number,
        "reference": f"T{number}",
        "id": str(9000 + number),
        "active": active,
        "description": description,
        "defaultClientCount": covers,
    }


FLOOR_PLANS: dict[int, list[Json]] = {
    HIGH_STREET: [
        {
            "id": 501,
            "name": "Main room",
            "tables": [
                floor_table(1, 2, description="By the window"),
                *(floor_table(number, 4) for number in range(2, 7)),
                floor_table(7, 8, description="Round table"),
                floor_table(8, 2, active=False, description="Out of use"),
            ],
        },
        {"id": 502, "name": "Terrace", "tables": [floor_table(number, 4) for number in range(20, 24)]},
    ]
}

ORDER_PROFILES: list[Json] = [
    {"id": 611, "code": "storekit", "name": "Online ordering", "deliveryMode": "TAKE_AWAY"},
    {"id": 612, "code": "delivery", "name": "Delivery", "deliveryMode": "DELIVERY"},
    {"id": 613, "code": "dinein", "name": "Dine in", "deliveryMode": "NONE"},
    {"id": 614, "code": "happyhour", "name": "Happy hour", "deliveryMode": "NONE"},
    {"id": 615, "code": "oldapp", "name": "Old ordering app", "deliveryMode": "TAKE_AWAY"},
]
INACTIVE_PROFILES = {"oldapp"}

PAYMENT_METHODS: list[Json] = [
    {"name": "storekit online", "code": "STOREKIT", "accountingReference": "4001", "pmId": 701},
    {"name": "Pay at table", "code": "APM", "accountingReference": "4002", "pmId": 702},
    {"name": "Cash", "code": "CASH", "accountingReference": "4003", "pmId": 703},
    {"name": "Card", "code": "CARD", "accountingReference": "4004", "pmId": 704},
    {"name": "Gift card", "code": "GIFT", "accountingReference": "4005", "pmId": 705},
]

# What the till books a payment on that names no method.
DEFAULT_METHOD = "CARD"

# Only manual discounts can be overridden by an order; the API does not show which ones are.
DISCOUNTS: list[Json] = [
    {"name": "Staff 10%", "code": "STAFF10", "discountPercentage": 10},
    {"name": "Five off", "code": "FIVE", "discountAmount": "5.00"},
    {"name": "Half price", "code": "HALF", "discountPercentage": "50.00"},
]

AUTOMATIC_DISCOUNTS = {"HALF"}

STAFF_IDS = {801, 802}

INSTRUCTIONS: dict[int, list[Json]] = {HIGH_STREET: ALL_INSTRUCTIONS, RIVERSIDE: [EGGS]}

_ALLERGENS = {
    "CELERY": ("Celery", "Céleri", "Selderij"),
    "CRUSTACEANS": ("Crustaceans", "Crustacés", "Schaaldieren"),
    "EGGS": ("Eggs", "Œufs", "Eieren"),
    "FISH": ("Fish", "Poisson", "Vis"),
    "GLUTEN": ("Gluten", "Gluten", "Gluten"),
    "LUPIN": ("Lupin", "Lupin", "Lupine"),
    "MILK": ("Milk", "Lait", "Melk"),
    "MOLLUSCS": ("Molluscs", "Mollusques", "Weekdieren"),
    "MUSTARD": ("Mustard", "Moutarde", "Mosterd"),
    "NUTS": ("Nuts", "Fruits à coque", "Noten"),
    "PEANUTS": ("Peanuts", "Arachides", "Pinda's"),
    "SESAME": ("Sesame", "Sésame", "Sesam"),
    "SOYA": ("Soya", "Soja", "Soja"),
    "SULPHITES": ("Sulphites", "Sulfites", "Sulfieten"),
}
ALLERGENS: list[Json] = [
    {
        "code": code,
        "translations": [
            {"locale": locale, "text": text} for locale, text in zip(("en", "fr", "nl"), texts, strict=True)
        ],
    }
    for code, texts in _ALLERGENS.items()
]

# Restrictions at start-up; None means sold out.
RESTRICTED_AT_START: dict[tuple[int, str], int | None] = {
    (HIGH_STREET, "CHEESECAKE"): None,
    (HIGH_STREET, "BROWNIE"): 5,
}
