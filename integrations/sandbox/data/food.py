"""High Street's food screen."""

from integrations.sandbox.data.builders import item, rich, screen
from integrations.sandbox.data.choices import (
    BURGER_EXTRAS,
    COOKING,
    CUT,
    DIP_POT,
    DIPS,
    DRESSING,
    LEAVE_OUT,
    SALT,
    STEAK_SAUCE,
    TOPPINGS,
    WINGS_SIZE,
)

BUN = ["GLUTEN", "SESAME"]

BURGER = item(
    "BURGER01",
    "Copper burger",
    "12.50",
    instructions=[COOKING, LEAVE_OUT],
    modifiers=[BURGER_EXTRAS],
    content=rich(
        ("Copper burger", "<p>Two smashed patties, <b>aged cheddar</b>, pickles and our sauce. 850 kcal</p>"),
        ("Burger Copper", "<p>Deux steaks smashés, <b>cheddar affiné</b>, cornichons et notre sauce. 850 kcal</p>"),
        ("Copper-burger", "<p>Twee smashed burgers, <b>oude cheddar</b>, augurk en onze saus. 850 kcal</p>"),
        image="BURGER01",
        allergens=[*BUN, "MILK", "EGGS", "MUSTARD"],
    ),
)
CHICKEN_BURGER = item(
    "BURGER02",
    "Chicken burger",
    "11.50",
    instructions=[LEAVE_OUT],
    modifiers=[BURGER_EXTRAS],
    content=rich(
        ("Chicken burger", "Buttermilk chicken, slaw, hot honey. kcal: 1,200"),
        ("Burger de poulet", "Poulet au babeurre, salade de chou, miel piquant. kcal: 1,200"),
        ("Kipburger", None),
        image="BURGER02",
        allergens=[*BUN, "MILK"],
    ),
)
VEGGIE_BURGER = item(
    "BURGER03",
    "Veggie burger",
    "10.95",
    instructions=[LEAVE_OUT],
    modifiers=[BURGER_EXTRAS],
    content=rich(
        ("Veggie burger", "Mushroom and walnut patty, rocket. 1 883 kJ / 450 kcal"),
        None,
        ("Groenteburger", None),
        image="BURGER03",
        allergens=[*BUN, "NUTS"],
    ),
)
TRUFFLE_BURGER = item(
    "BURGER04",
    "Truffle burger",
    "15.00",
    instructions=[COOKING, LEAVE_OUT],
    modifiers=[BURGER_EXTRAS],
    content=rich(
        ("Truffle burger", "Dry-aged beef, truffle mayonnaise, gruyère."),
        ("Burger à la truffe", None),
        None,
        image="BURGER04",
        allergens=[*BUN, "MILK", "EGGS"],
    ),
)
FRIES = item(
    "FRIES01",
    "Fries",
    "4.00",
    instructions=[SALT],
    modifiers=[DIPS],
    content=rich(
        ("Fries", "Twice cooked, sea salt. 450 kcal"),
        ("Frites", "Cuites deux fois, sel de mer. 450 kcal"),
        ("Friet", "Dubbel gebakken, zeezout. 450 kcal"),
        image="FRIES01",
    ),
)
SWEET_FRIES = item(
    "SWEETFRIES",
    "Sweet potato fries",
    "4.75",
    instructions=[SALT],
    content=rich(
        ("Sweet potato fries", "With smoked paprika."), ("Frites de patate douce", None), None, image="SWEETFRIES"
    ),
)
PIZZAS = {
    sku: item(
        sku, name, price, price_as_text=sku == "FUNGHI", instructions=[CUT], modifiers=[TOPPINGS], content=content
    )
    for sku, name, price, content in [
        (
            "MARGHERITA",
            "Margherita",
            "11.00",
            rich(
                ("Margherita", "San Marzano tomato, <em>fior di latte</em>, basil. 780 kcal"),
                ("Margherita", "Tomate San Marzano, <em>fior di latte</em>, basilic. 780 kcal"),
                ("Margherita", "San Marzano-tomaat, <em>fior di latte</em>, basilicum. 780 kcal"),
                image="MARGHERITA",
                allergens=["GLUTEN", "MILK"],
            ),
        ),
        (
            "PEPPERONI",
            "Pepperoni",
            "12.50",
            rich(("Pepperoni", "Hot honey on request."), None, None, image="PEPPERONI", allergens=["GLUTEN", "MILK"]),
        ),
        (
            "NDUJA",
            "Nduja",
            "13.00",
            rich(
                ("Nduja", "Calabrian sausage, very hot."),
                ("Nduja", "Très piquant."),
                None,
                allergens=["GLUTEN", "MILK"],
            ),
        ),
        (
            "FUNGHI",
            "Funghi",
            "12.00",
            rich(
                ("Funghi", "Mushrooms, thyme, taleggio."),
                ("Champignons", None),
                ("Paddenstoelen", None),
                image="FUNGHI",
                allergens=["GLUTEN", "MILK"],
            ),
        ),
    ]
}

STARTERS = [
    item(
        "SOUP01",
        "Tomato soup",
        "4.58",
        tax="0.92",
        content=rich(
            ("Tomato soup", "With sourdough. 210 kcal"),
            ("Soupe à la tomate", None),
            ("Tomatensoep", None),
            image="SOUP01",
            allergens=["CELERY", "GLUTEN"],
        ),
    ),
    item(
        "GARLIC01",
        "Garlic bread",
        "4.50",
        content=rich(
            ("Garlic bread", None), ("Pain à l'ail", None), ("Knoflookbrood", None), allergens=["GLUTEN", "MILK"]
        ),
    ),
    item(
        "WINGS01",
        "Buffalo wings",
        "6.50",
        modifiers=[WINGS_SIZE, DIPS],
        content=rich(
            ("Buffalo wings", "Six or twelve."),
            ("Ailes de poulet", None),
            ("Kippenvleugels", None),
            image="WINGS01",
            allergens=["CELERY", "MILK"],
        ),
    ),
    item(
        "HALLOUMI01",
        "Halloumi fries",
        "6.50",
        content=rich(("Halloumi fries", "With chilli jam."), None, None, allergens=["MILK", "GLUTEN"]),
    ),
    item("OLIVES01", "Nocellara olives", "3.75"),
]
SIDES = [
    FRIES,
    SWEET_FRIES,
    item(
        "SLAW01",
        "Coleslaw",
        "3.00",
        content=rich(("Coleslaw", None), ("Salade de chou", None), ("Koolsla", None), allergens=["EGGS", "MUSTARD"]),
    ),
    item("SIDESALAD", "Side salad", "4.50", instructions=[DRESSING]),
    item(
        "ONIONRINGS",
        "Onion rings",
        "4.25",
        price_as_text=True,
        content=rich(
            ("Onion rings", "Beer batter."),
            ("Rondelles d'oignon", None),
            ("Uienringen", None),
            image="ONIONRINGS",
            allergens=["GLUTEN"],
        ),
    ),
    DIP_POT,
]
GRILL = [
    item(
        "SALMON01",
        "Grilled salmon",
        "13.75",
        tax="2.75",
        instructions=[LEAVE_OUT],
        content=rich(
            ("Grilled salmon", "Loch Duart salmon, samphire. 520 kcal"),
            ("Saumon grillé", None),
            ("Gegrilde zalm", None),
            image="SALMON01",
            allergens=["FISH"],
        ),
    ),
    item(
        "STEAK01",
        "Sirloin steak",
        "22.00",
        instructions=[COOKING],
        modifiers=[STEAK_SAUCE],
        content=rich(
            ("Sirloin steak", "<ul><li>250 g, 28 days aged</li><li>watercress</li></ul>"),
            ("Faux-filet", None),
            ("Entrecote", None),
            image="STEAK01",
        ),
    ),
    item(
        "CAESAR01",
        "Caesar salad",
        "10.50",
        instructions=[DRESSING],
        content=rich(
            ("Caesar salad", "Cos, anchovy, parmesan. 610 kcal"),
            ("Salade César", None),
            None,
            image="CAESAR01",
            allergens=["FISH", "EGGS", "MILK", "GLUTEN"],
        ),
    ),
    item(
        "POKE01",
        "Tuna poke bowl",
        "10.00",
        tax="2.00",
        content=rich(("Tuna poke bowl", None), None, ("Poké bowl tonijn", None), allergens=["FISH", "SOYA", "SESAME"]),
    ),
    # An entry without a linked product: it has no SKU and cannot be ordered.
    item(None, "Chef's special (ask us)", "0.00"),
]

FOOD = screen(
    "3001",
    "Food",
    [
        screen("3011", "Starters", STARTERS),
        screen(
            "3012",
            "Burgers",
            [BURGER, CHICKEN_BURGER, VEGGIE_BURGER, screen("3013", "Signature", [TRUFFLE_BURGER]), FRIES],
        ),
        screen("3014", "Pizza", list(PIZZAS.values())),
        screen("3015", "Grill & salads", GRILL),
        screen("3016", "Sides", SIDES),
    ],
)
