"""Test data of the sandbox: The Copper Pot Group and its two locations.

High Street (45454565682155) has the "Online menu" (168) and a floor plan. Riverside (45454565682156) has "All day"
(271), "Brunch" (272) and no floor plan. Useful SKUs, all at High Street:

- ``BURGER01`` Copper burger 12.50. Cooking: 1001 rare, 1002 medium, 1003 well done. Leave out: 1011 onions, 1012
  pickles, 1013 sauce. Extras, at most three: ``CHEESEX`` 1.00, ``BACONX`` 1.50, ``EGGX`` 1.20 (1021 runny, 1022 hard),
  ``AVOCADOX`` 1.25 + 0.25 tax.
- ``FRIES01`` Fries 4.00, on two screens; 1031 no salt. ``COLA01`` Cola 3.00; 1041 ice.
- ``MARGHERITA`` Margherita 11.00, with no required choices.
- ``MEAL01`` Burger meal 17.00, a deal: burger, side and drink are required. ``BURGER04`` +3.00, ``SWEETFRIES`` +0.75,
  ``LEMON01`` +0.20, ``LAGER01`` +2.00; a ``BROWNIE`` can be added for 4.00.
- ``STEAK01`` Sirloin steak 22.00; a sauce is required: ``PEPPERSAUCE`` 0.00, ``BEARNAISE`` 0.50.
- ``LATTE01`` Latte 3.20; a milk is required, with its own instructions: ``MILK-OAT`` 0.40 (1051 extra hot).
- ``SALMON01`` Grilled salmon 13.75 + 2.75 tax, which the price excludes.
- ``LAGER01`` Copper lager 5.20; 4.00 with the order profile ``happyhour``.
- ``CHEESECAKE`` is sold out and ``BROWNIE`` has five left at the start. ``SAUCEPOT`` cannot be sold alone.
- ``STOREKIT_DELIVERY``, ``STOREKIT_DISCOUNT`` (negative) and ``STOREKIT_SERVICE_CHARGE``: open prices, on no screen.

Habits can add a screen "Extras" (``data/extras.py``): ``BOTTLEBACK``, ``FILTER01`` with ``OWNCUP`` and ``LUNCH01`` with
``NOSIDE`` reduce the price, ``OPENFOOD`` has an open price, ``GRAVYX`` is a modifier on a screen; and give the order
profile ``delivery`` its own prices. The order profile ``oldapp`` is inactive. The discount ``HALF`` is not manual.
"""
