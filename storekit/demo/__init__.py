"""`make demo`: the whole of storekit on one machine, with the sandbox POS, from nothing to an order on the till.

Talks to storekit as the outside does, by commands, pages and REST, and imports nothing of it.
"""
