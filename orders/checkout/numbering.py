"""The two names that people call an order by: its number at the venue, and the code that it is collected with."""

import secrets

from django.db import connection

from orders.models import OrderCounter
from storekit.models import Venue

# Letters and digits that are not mistaken for each other, read out or handwritten.
ALPHABET = "ACDEFGHJKMNPQRTWXY34679"
CODE_LENGTH = 8

# One statement counts, locks and creates, on SQLite as on PostgreSQL.
_NEXT_NUMBER = """
    INSERT INTO {table} (venue_id, last_number) VALUES (%s, 1)
    ON CONFLICT (venue_id) DO UPDATE SET last_number = {table}.last_number + 1
    RETURNING last_number
"""


def next_number(*, venue: Venue) -> int:
    """The venue's next order number. Until the transaction ends nobody else gets a number of this venue."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_NUMBER.format(table=OrderCounter._meta.db_table), [venue.pk])
        number: int = cursor.fetchone()[0]
    return number


def draw_code() -> str:
    """Eight random characters, of which there are eighty thousand million."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
