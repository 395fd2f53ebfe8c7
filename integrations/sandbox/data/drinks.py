"""High Street's drinks screen and its happy hour prices."""

from decimal import Decimal

from integrations.sandbox.data.builders import item, rich, screen
from integrations.sandbox.data.choices import MILK, SERVED_WITH

COLA = item(
    "COLA01",
    "Cola",
    "3.00",
    instructions=[SERVED_WITH],
    content=rich(
        ("Cola", "330 ml. 139 kcal"), ("Cola", "33 cl. 139 kcal"), ("Cola", "33 cl. 139 kcal"), image="COLA01"
    ),
)
LEMONADE = item(
    "LEMON01",
    "Lemonade",
    "3.20",
    instructions=[SERVED_WITH],
    content=rich(("Lemonade", "Made here."), ("Limonade", None), ("Limonade", None), image="LEMON01"),
)
LAGER = item(
    "LAGER01",
    "Copper lager",
    "5.20",
    content=rich(
        ("Copper lager", "A pint."),
        ("Bière blonde", None),
        ("Pils", None),
        image="LAGER01",
        allergens=["GLUTEN"],
        alcohol=Decimal("4.4"),
    ),
)

SOFT = [
    COLA,
    item(
        "COLA02",
        "Diet cola",
        "3.00",
        instructions=[SERVED_WITH],
        content=rich(("Diet cola", "330 ml. 1 kcal"), ("Cola light", None), ("Cola light", None)),
    ),
    LEMONADE,
    item(
        "WATER01",
        "Sparkling water",
        "2.08",
        tax="0.42",
        content=rich(("Sparkling water", None), ("Eau gazeuse", None), ("Bruiswater", None)),
    ),
    item(
        "JUICE01",
        "Orange juice",
        "2.80",
        price_as_text=True,
        content=rich(("Orange juice", None), ("Jus d'orange", None), ("Sinaasappelsap", None)),
    ),
]
HOT = [
    item("COFFEE01", "Americano", "2.60", content=rich(("Americano", None), ("Café allongé", None), ("Koffie", None))),
    item(
        "LATTE01",
        "Latte",
        "3.20",
        modifiers=[MILK],
        content=rich(("Latte", None), ("Café latte", None), None, image="LATTE01"),
    ),
    item("TEA01", "Pot of tea", "2.20", content=rich(("Pot of tea", None), ("Thé", None), ("Thee", None))),
    item(
        "HOTCHOC",
        "Hot chocolate",
        "3.50",
        modifiers=[MILK],
        content=rich(
            ("Hot chocolate", "With <i>marshmallows</i>. 320 kcal"),
            ("Chocolat chaud", None),
            ("Warme chocolademelk", None),
        ),
    ),
]
BEERS = [
    LAGER,
    item(
        "IPA01",
        "Pale ale",
        "5.80",
        content=rich(("Pale ale", "A pint."), None, None, allergens=["GLUTEN"], alcohol=Decimal("5.6")),
    ),
    item(
        "CIDER01",
        "Dry cider",
        "5.00",
        content=rich(("Dry cider", None), ("Cidre brut", None), None, allergens=["SULPHITES"], alcohol=Decimal("4.5")),
    ),
]
WINES = [
    item(
        "WINERED",
        "House red",
        "6.50",
        content=rich(
            ("House red", "175 ml"),
            ("Vin rouge de la maison", "17,5 cl"),
            ("Huiswijn rood", None),
            allergens=["SULPHITES"],
            alcohol=Decimal("13"),
        ),
    ),
    item(
        "WINEWHITE",
        "House white",
        "6.50",
        content=rich(
            ("House white", "175 ml"),
            ("Vin blanc de la maison", "17,5 cl"),
            ("Huiswijn wit", None),
            allergens=["SULPHITES"],
            alcohol=Decimal("12.5"),
        ),
    ),
]

DRINKS = screen(
    "3002",
    "Drinks",
    [
        screen("3021", "Soft drinks", SOFT),
        screen("3022", "Hot drinks", HOT),
        # An old screen, without an id.
        screen(None, "Beer & wine", [screen("3024", "Beer & cider", BEERS), screen("3025", "Wine", WINES)]),
    ],
    color="#2F5D62",
)

HAPPY_HOUR = {
    "LAGER01": Decimal("4.00"),
    "IPA01": Decimal("4.50"),
    "CIDER01": Decimal("4.00"),
    "WINERED": Decimal("5.00"),
    "WINEWHITE": Decimal("5.00"),
    "FRIES01": Decimal("3.00"),
    "COLA01": Decimal("2.50"),
}
