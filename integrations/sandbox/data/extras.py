"""Menu entries that real menus have, on a screen of their own at High Street, each kind with a habit to switch it."""

from decimal import Decimal

from integrations.sandbox.behaviour.habits import Habits
from integrations.sandbox.data.builders import NEGATIVE, POSITIVE, Json, choice, deal, deal_group, item, modifier
from integrations.sandbox.data.builders import modifier_group as group
from integrations.sandbox.data.venue import HIGH_STREET

# The guest brings a cup (0.50 off) or a bottle back (0.25 off), or leaves out the side of a deal (1.00 off).
NEGATIVE_ITEMS: list[Json] = [
    item("BOTTLEBACK", "Bottle back", "0.25", strategy=NEGATIVE),
    item(
        "FILTER01",
        "Filter coffee",
        "2.80",
        modifiers=[group("CUP", "Cup", [modifier("OWNCUP", "Own cup", "0.50", strategy=NEGATIVE)], least=0, most=1)],
    ),
    deal(
        "LUNCH01",
        "Lunch box",
        "9.00",
        [
            deal_group(
                "LUNCH01-SIDE",
                "Side",
                [
                    choice(item("CRISPS01", "Crisps", "1.50")),
                    choice(item("NOSIDE", "No side", "1.00", strategy=NEGATIVE), "1.00"),
                ],
            )
        ],
    ),
]
OPEN_PRICE_ITEMS: list[Json] = [item("OPENFOOD", "Open food", "0.00", strategy=POSITIVE)]
MODIFIERS_ON_A_SCREEN: list[Json] = [modifier("GRAVYX", "Gravy", "0.75")]
# A description may have 4,000 characters and a locale 7.
_LONG_TEXT: Json = {
    "locale": "zh-Hant",
    "friendlyDisplayName": "十道菜品嚐菜單",
    "description": ("Ten courses, each from another valley. " * 103)[:4000],
}
LONG_TEXTS: list[Json] = [
    item("TASTING01", "Tasting menu", "95.00", content={"texts": [_LONG_TEXT], "allergenCodes": []}),
]

DELIVERY_PRICES = {
    "BURGER01": Decimal("13.50"),
    "MARGHERITA": Decimal("12.00"),
    "FRIES01": Decimal("4.50"),
    "COLA01": Decimal("3.50"),
    "CHEESEX": Decimal("1.20"),
    "SALMON01": Decimal("15.00"),
}


def extra_entries(location: int, habits: Habits) -> list[Json]:
    """Return the extra menu entries of a location, as the habits have it."""
    if location != HIGH_STREET:
        return []
    return [
        *(NEGATIVE_ITEMS if habits.negative_items else ()),
        *(OPEN_PRICE_ITEMS if habits.open_price_items else ()),
        *(LONG_TEXTS if habits.long_texts else ()),
        *(MODIFIERS_ON_A_SCREEN if habits.modifier_on_screen else ()),
    ]
