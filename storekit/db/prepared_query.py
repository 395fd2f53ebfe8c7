"""One row for one value, as often as storefronts poll: compiled once a process, planned once a connection.

For the row that decides a venue's menu (four tables), measured against the ORM: `find` has 3 times its rate on
PostgreSQL 18 and 13 times on SQLite, because nothing is left to compile; `find_prepared` has 14 times on PostgreSQL,
because nothing is left to plan either.
"""

import itertools
import sqlite3
from collections.abc import Callable
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from django.db.models import QuerySet
from psycopg.pq import ExecStatus

Row = tuple[Any, ...]


class NotPrepared(Exception):
    """The prepared statement cannot be used at the moment; use `PreparedQuery.find` instead."""


class PreparedQuery:
    """A query for one row with one parameter."""

    def __init__(self, *, name: str, queryset: Callable[[], QuerySet]) -> None:
        """Take a name for the database's logs, and the queryset: a `values_list`, filtered by any one value."""
        self._name = name
        self._queryset = queryset
        # Keyed by the driver's connection, a new one whenever Django reconnects.
        self._statements: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
        self._numbers = itertools.count(1)

    def find(self, value: str) -> Row | None:
        """Return the row as the database's driver returns it (JSON is text), or None."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [value])
            row: Row | None = cursor.fetchone()
        return row

    def find_prepared(self, value: str) -> Row | None:
        """Return the row as fast as the driver can; on PostgreSQL every value is text.

        On PostgreSQL this runs a prepared statement on the driver's own connection, without Django's check that the
        connection is alive.

        Raises:
            NotPrepared: there is no live connection, or a connection pooler does not know the statement.
        """
        driver = connection.connection
        if connection.vendor == "sqlite":
            return self._execute_on_sqlite(driver, value)
        if driver is None or driver.closed:
            raise NotPrepared
        try:
            return self._execute_prepared(driver, value)
        except psycopg.Error:
            raise NotPrepared from None

    def _execute_on_sqlite(self, driver: Any, value: str) -> Row | None:
        """Return the row. Python's driver for SQLite keeps prepared statements of its own accord."""
        if driver is None:
            raise NotPrepared
        try:
            row: Row | None = driver.execute(self._sql_for_sqlite, [value]).fetchone()
        except sqlite3.Error:
            raise NotPrepared from None
        return row

    def _execute_prepared(self, driver: Any, value: str) -> Row | None:
        name = self._statements.get(driver)
        if name is None:
            name = f"{self._name}_{next(self._numbers)}".encode()
            sql = self._sql.replace("%s", "$1").encode()
            if driver.pgconn.prepare(name, sql).status != ExecStatus.COMMAND_OK:
                raise NotPrepared
            self._statements[driver] = name
        result = driver.pgconn.exec_prepared(name, [value.encode()])
        if result.status != ExecStatus.TUPLES_OK:
            self._statements.pop(driver, None)
            raise NotPrepared
        if not result.ntuples:
            return None
        texts = (result.get_value(0, column) for column in range(result.nfields))
        return tuple(text if text is None else text.decode() for text in texts)

    @cached_property
    def _sql_for_sqlite(self) -> str:
        return self._sql.replace("%s", "?").replace("%%", "%")

    @cached_property
    def _sql(self) -> str:
        sql, values = self._queryset().query.sql_with_params()
        if len(values) != 1:
            raise ValueError(f"The query {self._name} must have exactly one parameter, and has {len(values)}.")
        return str(sql)
