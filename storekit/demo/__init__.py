"""`make demo`: all of storekit on one machine with the sandbox POS, from an empty database to an order on the till.

The demo uses storekit's commands, pages and REST API as a person would, and imports nothing from it.
"""
