"""The two ways to refer to an order: its number at the venue, and its collection code."""

import secrets

from django.db import connection

from orders.models import OrderCounter
from storekit.models import Venue

# Letters and digits that are not mistaken for each other when read out or written by hand.
ALPHABET = "ACDEFGHJKMNPQRTWXY34679"
CODE_LENGTH = 8

# One statement counts, locks and creates the row, on SQLite as on PostgreSQL.
_NEXT_NUMBER = """
    INSERT INTO {table} (venue_id, last_number) VALUES (%s, 1)
    ON CONFLICT (venue_id) DO UPDATE SET last_number = {table}.last_number + 1
    RETURNING last_number
"""


def next_number(*, venue: Venue) -> int:
    """Return the venue's next order number. Other orders of the venue wait for theirs until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_NUMBER.format(table=OrderCounter._meta.db_table), [venue.pk])
        number: int = cursor.fetchone()[0]
    return number


def random_collection_code() -> str:
    """Return eight random characters: one of 78 thousand million codes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
