"""The token in a table's QR code: it opens the bills of that table, and of no other.

It belongs to the table's row, which a sync keeps whatever becomes of the table's name, number and area.
"""

from django.db import transaction
from django.db.models import Exists

from storekit.db import clock
from storekit.models import Venue
from tables.models import RetiredToken, Table, new_token, twins


class UnknownToken(LookupError):
    """No table of a venue that uses pay at table has this token."""


class TokenRetired(LookupError):
    """The code was replaced by a new one, or its table is no longer in use: the guest has to ask the staff."""


class TwoTables(TokenRetired):
    """Another table has the same number. The till's checks name no more than that: a guest might see others' bills."""


def table_of(token: str) -> Table:
    """Return the table with this token, its venue and area included.

    Raises:
        UnknownToken: there is none, or its venue has not switched pay at table on.
        TokenRetired: there was one.
        TwoTables: there is one, and another table of the venue has its number.
    """
    tables = Table.objects.select_related("venue", "area").annotate(has_twin=Exists(twins()))
    table = tables.filter(token=token, venue__pay_at_table__enabled=True).first()
    if table is None:
        if RetiredToken.objects.filter(token=token, table__venue__pay_at_table__enabled=True).exists():
            raise TokenRetired("This code is no longer valid. Ask the staff.")
        raise UnknownToken("No table has this code.")
    if table.archived_at is not None:
        raise TokenRetired("This table is no longer in use. Ask the staff.")
    if table.has_twin:
        raise TwoTables("Two tables have this number, so its bill cannot be shown here. Ask the staff.")
    return table


def rotate(*, table: Table) -> str:
    """Give the table a new token, and return it. A guest who scans the old one is told to ask the staff."""
    with transaction.atomic():
        locked = Table.objects.select_for_update().get(pk=table.pk)
        if locked.token:
            RetiredToken.objects.create(table=locked, token=locked.token, retired_at=clock.now())
        locked.token = new_token()
        locked.save(update_fields=["token"])
    table.token = locked.token
    return locked.token


def give_tokens(*, venue: Venue) -> int:
    """Give a token to each table of the venue that has none, and return how many those were.

    Only a release that knew no tokens leaves tables without.
    """
    without = list(Table.objects.filter(venue=venue, token=None).values_list("pk", flat=True))
    return sum(Table.objects.filter(pk=pk, token=None).update(token=new_token()) for pk in without)
