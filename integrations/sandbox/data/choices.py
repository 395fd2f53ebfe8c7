"""Production instructions and product modifiers of High Street's items."""

from integrations.sandbox.data.builders import instructions, item, modifier, modifier_group, rich

COOKING = instructions(100, "Cooking", [(1001, "Rare"), (1002, "Medium"), (1003, "Well done")])
LEAVE_OUT = instructions(
    101, "Leave out", [(1011, "No onions"), (1012, "No pickles"), (1013, "No sauce")], several=True
)
EGG_COOKING = instructions(102, "Egg", [(1021, "Runny"), (1022, "Hard")])
SALT = instructions(103, "Salt", [(1031, "No salt"), (1032, "Extra salt")])
SERVED_WITH = instructions(104, "Served with", [(1041, "Ice"), (1042, "Lemon"), (1043, "No straw")], several=True)
HEAT = instructions(105, "Milk heat", [(1051, "Extra hot"), (1052, "Lukewarm")])
CUT = instructions(106, "Cut", [(1061, "Uncut"), (1062, "Six slices"), (1063, "Eight slices")])
DRESSING = instructions(107, "Dressing", [(1071, "On the side"), (1072, "No dressing")])

ALL_INSTRUCTIONS = [COOKING, LEAVE_OUT, EGG_COOKING, SALT, SERVED_WITH, HEAT, CUT, DRESSING]

BURGER_EXTRAS = modifier_group(
    "EXTRAS",
    "Extras",
    [
        modifier(
            "CHEESEX",
            "Extra cheese",
            "1.00",
            content=rich(
                ("Extra cheese", None), ("Supplément fromage", None), ("Extra kaas", None), allergens=["MILK"]
            ),
        ),
        modifier("BACONX", "Bacon", "1.50", price_as_text=True, content=rich(("Bacon", None), ("Bacon", None), None)),
        modifier(
            "EGGX",
            "Fried egg",
            "1.20",
            instructions=[EGG_COOKING],
            content=rich(("Fried egg", None), ("Œuf au plat", None), ("Gebakken ei", None), allergens=["EGGS"]),
        ),
        modifier("AVOCADOX", "Avocado", "1.25", tax="0.25", content=rich(("Avocado", None), ("Avocat", None), None)),
    ],
    least=0,
    most=3,
    content=rich(("Make it yours", None), ("À votre goût", None), ("Naar uw smaak", None)),
)
TOPPINGS = modifier_group(
    "TOPPINGS",
    "Toppings",
    [
        modifier("OLIVEX", "Olives", "0.90"),
        modifier("MUSHROOMX", "Mushrooms", "1.00"),
        modifier("HAMX", "Ham", "1.50"),
        modifier("BURRATAX", "Burrata", "3.00", content=rich(("Burrata", None), None, None, allergens=["MILK"])),
    ],
)
STEAK_SAUCE = modifier_group(
    "STEAK-SAUCE",
    "Sauce",
    [
        modifier(
            "PEPPERSAUCE",
            "Peppercorn sauce",
            "0.00",
            content=rich(("Peppercorn sauce", None), None, None, allergens=["MILK"]),
        ),
        modifier(
            "BEARNAISE", "Béarnaise", "0.50", content=rich(("Béarnaise", None), None, None, allergens=["EGGS", "MILK"])
        ),
        modifier("CHIMICHURRI", "Chimichurri", "0.00"),
    ],
    least=1,
    most=1,
    content=rich(("Choose a sauce", None), ("Choisissez une sauce", None), ("Kies een saus", None)),
)
WINGS_SIZE = modifier_group(
    "WINGS-SIZE",
    "How many",
    [modifier("WINGS-6", "Six", "0.00"), modifier("WINGS-12", "Twelve", "5.00")],
    least=1,
    most=1,
)
MILK = modifier_group(
    "MILK-KIND",
    "Milk",
    [
        modifier(
            "MILK-DAIRY",
            "Dairy milk",
            "0.00",
            instructions=[HEAT],
            content=rich(("Dairy milk", None), None, None, allergens=["MILK"]),
        ),
        modifier(
            "MILK-OAT",
            "Oat milk",
            "0.40",
            instructions=[HEAT],
            content=rich(("Oat milk", None), None, None, allergens=["GLUTEN"]),
        ),
        modifier("MILK-SOYA", "Soya milk", "0.40", content=rich(("Soya milk", None), None, None, allergens=["SOYA"])),
    ],
    least=1,
    most=1,
)
SCOOPS = modifier_group(
    "SCOOPS",
    "Scoops",
    [
        modifier("SCOOP-VANILLA", "Vanilla", "1.80"),
        modifier("SCOOP-CHOC", "Chocolate", "1.80"),
        modifier("SCOOP-LEMON", "Lemon sorbet", "1.60"),
    ],
    least=1,
    most=3,
)
DIPS = modifier_group(
    "DIPS", "Dips", [modifier("DIP-MAYO", "Mayonnaise", "0.50"), modifier("DIP-BBQ", "Barbecue", "0.50")], most=2
)

DIP_POT = item(
    "SAUCEPOT",
    "Dip pot",
    "0.80",
    only_as_sub_item=True,
    content=rich(("Dip pot", "A pot of any of our dips."), ("Petit pot de sauce", None), ("Dipsaus", None)),
)
