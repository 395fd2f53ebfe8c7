"""Queries and inserts that every order makes: worded once a process for each number of values.

For a query over a few joined tables Django's ORM needs several times as long to word it as PostgreSQL to answer it, and
so it is with the insert of many rows. The words are the ORM's own.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet, Value

Row = tuple[Any, ...]


class _Blank(NamedTuple):
    """A place for a value, by the name of the sequence that it comes from and its place there."""

    name: str
    place: int


class _Words(NamedTuple):
    sql: str
    params: tuple[Any, ...]
    converters: dict[int, tuple[list[Any], Any]]


class WordedQuery:
    """A query with sequences of values left open, each of any length, nought included."""

    def __init__(self, queryset: Callable[..., QuerySet]) -> None:
        """Takes what makes the queryset, a `values_list`, of one sequence of expressions for each name."""
        self._queryset = queryset
        # Their number is small, because lengths are rounded up.
        self._words = cache(self._word)

    def rows(self, **values: Sequence[Any]) -> list[Row]:
        """The rows. A sequence may be filled up with its last value, so it has to be one in which that is the same."""
        filled = {name: _filled_up(sequence) for name, sequence in values.items()}
        shape = tuple((name, len(sequence)) for name, sequence in filled.items())
        words = self._words(connection.vendor, shape)
        params = [_adapted(filled[one.name][one.place] if type(one) is _Blank else one) for one in words.params]
        with connection.cursor() as cursor:
            cursor.execute(words.sql, params)
            rows: list[Row] = cursor.fetchall()
        return [_converted(row, words.converters) for row in rows] if words.converters else rows

    def _word(self, vendor: str, shape: tuple[tuple[str, int], ...]) -> _Words:
        blanks = {name: [Value(_Blank(name, place)) for place in range(length)] for name, length in shape}
        compiler = self._queryset(**blanks).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        return _Words(sql, tuple(params), compiler.get_converters([column for column, _, _ in compiler.select]))


def insert(row: Model) -> None:
    """Inserts a new row as its `save` would, and gives it the id that the database chose. Sends no signals."""
    fields = [field for field in row._meta.concrete_fields if not (field.primary_key and row.pk is None)]
    values = [_prepared(field, field.pre_save(row, add=True)) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_row_insert(type(row), tuple(field.name for field in fields)), values)
        row.pk = row._meta.pk.to_python(cursor.fetchone()[0])
    row._state.adding, row._state.db = False, connection.alias


# What PostgreSQL's driver takes as it is; of every other type the field knows what becomes of it.
_NATIVE = {str, int, bool, Decimal, UUID, datetime, type(None)}


def _prepared(field: Any, value: Any) -> Any:
    is_native = connection.vendor == "postgresql" and type(value) in _NATIVE
    return value if is_native else field.get_db_prep_save(value, connection)


@cache
def _row_insert(model: type[Model], columns: tuple[str, ...]) -> str:
    id = connection.ops.quote_name(str(model._meta.pk.column))
    return f"{_values_insert(model, columns, 1)} RETURNING {id}"


def insert_rows(model: type[Model], *, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """Inserts the rows in one statement, or in as few as the database's limit of values allows.

    Values are whole numbers, texts, `Decimal`s, `UUID`s and None.
    """
    if not rows:
        return
    if connection.vendor == "postgresql":
        # As one value: PostgreSQL reads a JSON text faster than an expression for each of hundreds of values.
        records = [dict(zip(columns, row, strict=True)) for row in rows]
        _execute(_json_insert(model, columns), [json.dumps(records, default=_in_json)])
        return
    most = connection.features.max_query_params
    step = most // len(columns) if most else len(rows)
    for first in range(0, len(rows), step):
        some = rows[first : first + step]
        _execute(_values_insert(model, columns, len(some)), [_adapted(value) for row in some for value in row])


def _execute(sql: str, params: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@cache
def _json_insert(model: type[Model], columns: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    typed = ", ".join(f"{quote(name)} {_field(model, name).db_type(connection)}" for name in columns)
    names = ", ".join(map(quote, columns))
    return f"{_into(model, columns)} SELECT {names} FROM json_to_recordset(%s) AS lines ({typed})"  # noqa: S608  # names only


@lru_cache(maxsize=256)
def _values_insert(model: type[Model], columns: tuple[str, ...], number: int) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"{_into(model, columns)} VALUES {', '.join([row] * number)}"


def _into(model: type[Model], columns: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(_field(model, name).column) for name in columns)
    return f"INSERT INTO {quote(model._meta.db_table)} ({names})"


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _filled_up(values: Sequence[Any]) -> list[Any]:
    """At a length that is a power of two, so that there are few of them to word."""
    length = 1 << (len(values) - 1).bit_length() if values else 0
    return [*values, *([values[-1]] * (length - len(values)) if values else ())]


def _in_json(value: Any) -> str:
    return value.hex if isinstance(value, UUID) else str(value)


def _adapted(value: Any) -> Any:
    # What Django's fields do for a database that knows no such type.
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _converted(row: Row, converters: dict[int, tuple[list[Any], Any]]) -> Row:
    found = list(row)
    for place, (convert, expression) in converters.items():
        for one in convert:
            found[place] = one(found[place], expression, connection)
    return tuple(found)
