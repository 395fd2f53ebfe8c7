"""The Copper Pot Group: what the sandbox sells, and where.

High Street (45454565682155) has the "Online menu" (168) and a floor plan; Riverside (45454565682156) has "All day" (271)
and "Brunch" (272) and none. SKUs that are handy in tests, all at High Street:

| SKU | what | price |
|---|---|---|
| BURGER01 | Copper burger; cooking (1001 rare, 1002 medium, 1003 well done), leave out (1011 onions, 1012 pickles, 1013 sauce) | 12.50 |
| ↳ extras | CHEESEX 1.00, BACONX 1.50, EGGX 1.20 (1021 runny, 1022 hard), AVOCADOX 1.25 + 0.25 tax; at most three | |
| FRIES01 | Fries, on two screens; 1031 no salt | 4.00 |
| COLA01 | Cola | 3.00 |
| MARGHERITA | Margherita, nothing to choose that must be chosen | 11.00 |
| MEAL01 | Burger meal (deal): burger, side and drink are required; BURGER04 +3.00, SWEETFRIES +0.75, LAGER01 +2.00 | 17.00 |
| STEAK01 | Sirloin steak; a sauce must be chosen (PEPPERSAUCE 0.00, BEARNAISE 0.50) | 22.00 |
| SALMON01 | Grilled salmon, tax not in the price | 13.75 + 2.75 |
| LAGER01 | Lager; 4.00 with the order profile ``happyhour`` | 5.20 |
| CHEESECAKE / BROWNIE | sold out / five left at the start | 6.50 / 6.00 |
| SAUCEPOT | Dip pot, cannot be sold alone | 0.80 |
| STOREKIT_DELIVERY, STOREKIT_DISCOUNT, STOREKIT_SERVICE_CHARGE | open price items, on no screen; the discount is negative | 0.00 |
"""
