"""One row for one value, as often as storefronts ask: worded once a process, planned once a database connection.

For a row out of four tables Django's ORM needs ten times as long to word the query as SQLite to answer it, and
PostgreSQL four times as long to plan it as to carry it out.
"""

import itertools
from collections.abc import Callable
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from django.db.models import QuerySet
from psycopg.pq import ExecStatus

Row = tuple[Any, ...]


class NotAtOnce(Exception):
    """The short way is closed at the moment."""


class RowQuery:
    """A query for one row with one value left open."""

    def __init__(self, *, name: str, queryset: Callable[[], QuerySet]) -> None:
        """Takes a name for the database's logs, and the queryset: `values_list`, filtered by any one value."""
        self._name = name
        self._queryset = queryset
        # Keyed by the driver's connection, which is a new one whenever Django opens it again.
        self._prepared: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
        self._numbers = itertools.count(1)

    def find(self, value: str) -> Row | None:
        """The row as the database's driver returns it (JSON is text), or None."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [value])
            row: Row | None = cursor.fetchone()
        return row

    def find_at_once(self, value: str) -> Row | None:
        """The same as fast as the driver can; on PostgreSQL every value is text then.

        There it is a prepared statement on the driver's own connection, past Django's question whether that is alive.

        Raises:
            NotAtOnce: it was not, or a pooler in between does not know the statement; `find` will do.
        """
        driver = connection.connection
        if connection.vendor != "postgresql":
            # SQLite cannot go away, and Python's driver for it keeps what it has prepared by itself.
            return self.find(value)
        if driver is None or driver.closed:
            raise NotAtOnce
        try:
            return self._find_prepared(driver, value)
        except psycopg.Error:
            raise NotAtOnce from None

    def _find_prepared(self, driver: Any, value: str) -> Row | None:
        name = self._prepared.get(driver)
        if name is None:
            name = f"{self._name}_{next(self._numbers)}".encode()
            sql = self._sql.replace("%s", "$1").encode()
            if driver.pgconn.prepare(name, sql).status != ExecStatus.COMMAND_OK:
                raise NotAtOnce
            self._prepared[driver] = name
        found = driver.pgconn.exec_prepared(name, [value.encode()])
        if found.status != ExecStatus.TUPLES_OK:
            self._prepared.pop(driver, None)
            raise NotAtOnce
        if not found.ntuples:
            return None
        texts = (found.get_value(0, column) for column in range(found.nfields))
        return tuple(text if text is None else text.decode() for text in texts)

    @cached_property
    def _sql(self) -> str:
        sql, values = self._queryset().query.sql_with_params()
        if len(values) != 1:
            raise ValueError(f"{self._name} has to leave one value open, and leaves {len(values)}.")
        return str(sql)
