"""The two names that people call an order by: its number at the venue, and the code that it is collected with."""

import secrets

from django.db import connection

from orders.models import Order, OrderCounter
from storekit.models import Venue

# Letters and digits that are not mistaken for each other, read out or handwritten.
ALPHABET = "ACDEFGHJKMNPQRTWXY34679"
CODE_LENGTH = 8
_DRAWN_AT_ONCE = 4

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


def free_collection_code(*, venue: Venue) -> str:
    """A code that no open order of the venue has.

    To be called after `next_number` in the same transaction: whoever else looks for a code waits there.
    """
    while True:
        drawn = [draw_code() for _ in range(_DRAWN_AT_ONCE)]
        taken = set(
            Order.objects.open()
            .filter(venue=venue, collection_code__in=drawn)
            .values_list("collection_code", flat=True)
        )
        for code in drawn:
            if code not in taken:
                return code


def draw_code() -> str:
    """Eight random characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
