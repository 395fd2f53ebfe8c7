"""The one row that decides what a guest at a table sees: read with every poll, and named by the entity tag.

Phones poll each second. The tag is made from everything that the answer shows: the names, the settings, and the
versions of the table's bills, which rise with every change. So an answer that has not changed costs one query, there is
nothing to invalidate, and no tag is ever kept for something else.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import BooleanField, Func, TextField

from storekit.db import clock
from storekit.db.prepared_query import PreparedQuery, Row
from tables.bills.refreshing import KNOWN_FOR
from tables.models import Table

# Raise this when the same rows make other JSON, so that a phone never keeps an old release's answer.
_SHAPE = 1


class _VersionsOfBills(Func):
    """The ids and versions of the table's open bills, as text. Has no parameters, so it fits into prepared queries."""

    output_field = TextField()
    # As in the condition of the index `bills_of_a_table`.
    _BILLS = (
        "(SELECT {} FROM (SELECT CAST(bill.id AS text) || ' ' || bill.version AS known FROM tables_bill bill "
        "WHERE bill.venue_id = tables_table.venue_id AND bill.table_number = tables_table.number "
        "AND NOT (bill.status = 'closed') ORDER BY bill.id) bills)"
    )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for PostgreSQL."""
        template = self._BILLS.format("string_agg(known, ',')")
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return the SQL for SQLite."""
        template = self._BILLS.format("group_concat(known, ',')")
        return self.as_sql(compiler, connection, template=template, **context)


class _HasTwin(Func):
    """Whether another table in use has the same number, as `tables.models.twins`; without its parameters."""

    output_field = BooleanField()
    template = (
        "EXISTS (SELECT 1 FROM tables_table twin WHERE twin.venue_id = tables_table.venue_id "
        "AND twin.number = tables_table.number AND twin.archived_at IS NULL AND twin.id <> tables_table.id)"
    )


# The columns in the order of _StateRow.
_STATE_ROW = PreparedQuery(
    name="table_state",
    queryset=lambda: Table.objects.filter(token="any").order_by().values_list(  # noqa: S106 - any value at all
        "venue", "archived_at", "venue__pay_at_table__enabled", _HasTwin(),
        "venue__check_list__fetched_at", "venue__check_list__next_attempt_at",
        "look_wanted_at", "next_look_at",
        _VersionsOfBills(),
        "number", "name", "area__name", "venue__slug", "venue__name", "venue__currency", "venue__timezone",
        "venue__connection__settings__ignore_free_items",
    ),
)  # fmt: skip
_FIRST_SHOWN = 8


class _StateRow(NamedTuple):
    """What decides whether there is an answer, and how old it is. Values are as the driver returns them."""

    venue: int | str
    archived_at: datetime | str | None
    enabled: bool | int | str | None
    has_twin: bool | int | str
    fetched_at: datetime | str | None
    next_attempt_at: datetime | str | None
    look_wanted_at: datetime | str | None
    next_look_at: datetime | str | None


@dataclass(frozen=True)
class TableState:
    """A table that its token opens, at one moment."""

    venue_id: int
    etag: str
    is_due: bool
    """Whether the POS is to be asked again."""
    is_known: bool
    """Whether the POS was asked a short time ago."""
    wants_look: bool
    """Whether the table has no bill, and nobody has asked the POS for it by its number lately."""


def state_of(token: str) -> TableState | None:
    """Return the table's state, or None if the token opens nothing now."""
    return _state(_STATE_ROW.find(token))


def fast_state_of(token: str) -> TableState | None:
    """Return the same by the fast query. Raises `NotPrepared` if that is not available now; use `state_of`."""
    return _state(_STATE_ROW.find_prepared(token))


def _state(row: Row | None) -> TableState | None:
    if row is None:
        return None
    found, shown = _StateRow(*row[:_FIRST_SHOWN]), row[_FIRST_SHOWN:]
    if found.archived_at or not _is_true(found.enabled) or _is_true(found.has_twin):
        return None
    now = clock.now()
    fetched_at, due_at, look_at = map(_moment, (found.fetched_at, found.next_attempt_at, found.next_look_at))
    return TableState(
        venue_id=int(found.venue),
        etag=_etag(shown),
        is_due=due_at is None or due_at <= now,
        is_known=fetched_at is not None and fetched_at > now - KNOWN_FOR,
        wants_look=not (shown[0] or found.look_wanted_at) and (look_at is None or look_at <= now),
    )


def _etag(shown: Row) -> str:
    words = [_SHAPE, *(_text(value) for value in shown)]
    return f'"{hashlib.sha256(repr(words).encode()).hexdigest()[:32]}"'


def _text(value: Any) -> str:
    """Return the value as text, the same for every driver and way to ask."""
    if value is None:
        return ""
    return {"t": "1", "f": "0", "True": "1", "False": "0"}.get(str(value), str(value))


def _is_true(value: bool | int | str | None) -> bool:
    return _text(value) == "1"


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a moment as the driver has it: on PostgreSQL with its offset, on SQLite in UTC without saying so."""
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)
