"""The three menus, and the items on no menu."""

from decimal import Decimal

from integrations.sandbox.data.builders import (
    NEGATIVE,
    POSITIVE,
    choice,
    deal,
    deal_group,
    instructions,
    item,
    menu,
    modifier,
    modifier_group,
    rich,
    screen,
)
from integrations.sandbox.data.choices import SCOOPS
from integrations.sandbox.data.drinks import COLA, DRINKS, LAGER, LEMONADE
from integrations.sandbox.data.food import (
    BURGER,
    CHICKEN_BURGER,
    FOOD,
    FRIES,
    PIZZAS,
    SWEET_FRIES,
    TRUFFLE_BURGER,
    VEGGIE_BURGER,
)

BROWNIE = item(
    "BROWNIE",
    "Chocolate brownie",
    "6.00",
    content=rich(
        ("Chocolate brownie", "Warm, with cream. 540 kcal"),
        ("Brownie au chocolat", None),
        ("Chocoladebrownie", None),
        image="BROWNIE",
        allergens=["GLUTEN", "EGGS", "MILK"],
    ),
)
DESSERTS = [
    BROWNIE,
    item(
        "CHEESECAKE",
        "Baked cheesecake",
        "6.50",
        content=rich(
            ("Baked cheesecake", None),
            ("Gâteau au fromage", None),
            ("Kwarktaart", None),
            image="CHEESECAKE",
            allergens=["GLUTEN", "EGGS", "MILK"],
        ),
    ),
    item(
        "ICECREAM",
        "Ice cream",
        "1.00",
        modifiers=[SCOOPS],
        content=rich(("Ice cream", "One to three scoops."), ("Glace", None), ("IJs", None), allergens=["MILK"]),
    ),
    item(
        "PANNACOTTA",
        "Panna cotta",
        "5.50",
        content=rich(("Panna cotta", "Poached rhubarb."), None, None, allergens=["MILK"]),
    ),
]
MEAL = deal(
    "MEAL01",
    "Burger meal",
    "17.00",
    [
        deal_group(
            "MEAL01-BURGER",
            "Choose your burger",
            [choice(BURGER), choice(CHICKEN_BURGER), choice(VEGGIE_BURGER), choice(TRUFFLE_BURGER, "3.00")],
            content=rich(("Choose your burger", None), ("Choisissez votre burger", None), ("Kies uw burger", None)),
        ),
        deal_group("MEAL01-SIDE", "Choose your side", [choice(FRIES), choice(SWEET_FRIES, "0.75")]),
        deal_group(
            "MEAL01-DRINK", "Choose your drink", [choice(COLA, "0.00"), choice(LEMONADE, "0.20"), choice(LAGER, "2.00")]
        ),
        deal_group("MEAL01-SWEET", "Add a dessert", [choice(BROWNIE, "4.00")], least=None, most=2),
    ],
    content=rich(
        ("Burger meal", "A burger, a side and a drink."),
        ("Menu burger", "Un burger, un accompagnement et une boisson."),
        ("Burgermenu", None),
        image="MEAL01",
    ),
)
PIZZA_FOR_TWO = deal(
    "DEAL02",
    "Pizza for two",
    "24.00",
    [
        deal_group(
            "DEAL02-PIZZA",
            "Two pizzas",
            [choice(PIZZAS["MARGHERITA"]), choice(PIZZAS["PEPPERONI"], "1.00"), choice(PIZZAS["NDUJA"], "1.50")],
            least=2,
            most=2,
        ),
        deal_group("DEAL02-DRINK", "Two drinks", [choice(COLA), choice(LEMONADE, "0.20")], least=2, most=2),
    ],
    content=rich(("Pizza for two", "Two pizzas and two soft drinks."), ("Pizza pour deux", None), None, image="DEAL02"),
)
ONLINE_MENU = menu(
    168,
    "Online menu",
    [
        FOOD,
        DRINKS,
        screen(
            "3003", "Deals & desserts", [MEAL, PIZZA_FOR_TWO, screen("3031", "Desserts", DESSERTS)], color="#7A3E65"
        ),
    ],
)

SPREAD = modifier_group(
    "SPREAD",
    "Spread",
    [modifier("BUTTER", "Butter", "0.00"), modifier("MARMALADE", "Marmalade", "0.50")],
    least=0,
    most=1,
)
EGGS = instructions(201, "Eggs", [(2001, "Poached"), (2002, "Scrambled"), (2003, "Fried")])
ALL_DAY = menu(
    271,
    "All day",
    [
        screen(
            "4001",
            "Plates",
            [
                item(
                    "RV-FISH",
                    "Fish and chips",
                    "14.50",
                    content=rich(
                        ("Fish and chips", "Haddock, mushy peas. 920 kcal"),
                        None,
                        None,
                        image="RV-FISH",
                        allergens=["FISH", "GLUTEN"],
                    ),
                ),
                item(
                    "RV-PIE",
                    "Leek and potato pie",
                    "12.00",
                    content=rich(("Leek and potato pie", None), None, None, allergens=["GLUTEN", "MILK"]),
                ),
                item("RV-CHIPS", "Chips", "4.00"),
            ],
        ),
        screen(
            "4002",
            "Drinks",
            [
                item("RV-COLA", "Cola", "3.00"),
                item(
                    "RV-ALE",
                    "River ale",
                    "5.50",
                    content=rich(("River ale", None), None, None, allergens=["GLUTEN"], alcohol=Decimal("4.1")),
                ),
            ],
        ),
    ],
)
BRUNCH = menu(
    272,
    "Brunch",
    [
        screen(
            "4011",
            "Brunch",
            [
                item(
                    "RV-EGGS",
                    "Eggs on toast",
                    "8.50",
                    instructions=[EGGS],
                    content=rich(
                        ("Eggs on toast", "340 kcal"), None, None, image="RV-EGGS", allergens=["EGGS", "GLUTEN"]
                    ),
                ),
                item("RV-TOAST", "Toast", "3.50", modifiers=[SPREAD]),
                item("RV-COFFEE", "Filter coffee", "2.80"),
            ],
        )
    ],
)

# On no screen: online ordering uses these for its fees and discounts.
OPEN_PRICE_ITEMS = [
    item("STOREKIT_DELIVERY", "Delivery fee", "0.00", strategy=POSITIVE),
    item("STOREKIT_DISCOUNT", "Online discount", "0.00", strategy=NEGATIVE),
    item("STOREKIT_SERVICE_CHARGE", "Service charge", "0.00", strategy=POSITIVE),
]
