"""Many rows of one table in one statement each for select, insert, update and delete, however many they are.

`bulk_create` splits what it writes by SQLite's limit of variables, and `bulk_update` builds a CASE for every value: for
a large menu that is hundreds of statements, and seconds. Fields are asked about columns here, not about each of their
values, because that costs more than reading or writing them. PostgreSQL takes new rows fastest by COPY, and changed
ones from arrays; elsewhere the driver repeats one prepared statement.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CharField, Field, ForeignKey, JSONField, Model, QuerySet, TextField, UUIDField

Row = Sequence[Any]


class Ids(dict[Any, uuid.UUID | None]):
    """Ids as the database has them, each made into an object once, wherever it is referred to."""

    def __missing__(self, raw: Any) -> uuid.UUID | None:
        found = self[raw] = raw if raw is None or isinstance(raw, uuid.UUID) else uuid.UUID(raw)
        return found


def read_rows(rows: "QuerySet[Any]", *, columns: Sequence[str], ids: Ids) -> list[tuple[Any, ...]]:
    """What `rows.values_list(*columns)` holds, in no order. `ids` may be shared by tables that refer to each other."""
    try:
        sql, parameters = rows.order_by().values_list(*columns).query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall()
    fields = _fields(rows.model)
    by_column = zip(columns, zip(*found, strict=True), strict=False)
    return list(zip(*(_read_column(fields[name], values, ids) for name, values in by_column), strict=True))


def insert_rows(model: type[Model], *, columns: Sequence[str], rows: Iterable[Row], same: Mapping[str, Any]) -> None:
    """Inserts `rows`, whose values stand in the order of `columns` (attribute names such as `parent_id`).

    `same` are values that all rows share; columns that are in neither get their field's default.
    """
    rest = {field.attname: field.get_default() for field in model._meta.concrete_fields} | dict(same)
    for column in columns:
        del rest[column]
    names = ", ".join(_quoted(model, [*columns, *rest]))
    values = _prepared(model, columns, rows, same=rest)
    if not values:
        return
    if connection.vendor == "postgresql":
        _copy(f"COPY {_table(model)} ({names}) FROM STDIN", values)
        return
    placeholders = ", ".join(["%s"] * len(values[0]))
    _execute(
        f"INSERT INTO {_table(model)} ({names}) VALUES ({placeholders})",  # noqa: S608  # names of our own models
        values,
    )


def update_rows(model: type[Model], *, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Sets `columns` in existing rows; each of `rows` is the primary key, then the values in the order of `columns`."""
    key, names = _quoted(model, [_pk(model)])[0], _quoted(model, columns)
    values = _prepared(model, [_pk(model), *columns], rows)
    if connection.vendor == "postgresql":
        settings = ", ".join(f"{name} = new.{name}" for name in names)
        _execute_with_arrays(
            f"UPDATE {_table(model)} SET {settings} FROM unnest({{arrays}}) AS new ({', '.join([key, *names])})"  # noqa: S608  # names of our own models
            f" WHERE {_table(model)}.{key} = new.{key}",
            _types(model, [_pk(model), *columns]),
            values,
        )
        return
    settings = ", ".join(f"{name} = %s" for name in names)
    _execute(
        f"UPDATE {_table(model)} SET {settings} WHERE {key} = %s",  # noqa: S608  # names of our own models
        [(*row[1:], row[0]) for row in values],
    )


def delete_rows(model: type[Model], *, ids: Iterable[Any]) -> None:
    """Deletes rows that nothing else refers to."""
    key = _pk(model)
    values = _prepared(model, [key], ((id,) for id in ids))
    start = f"DELETE FROM {_table(model)} WHERE {_quoted(model, [key])[0]}"  # noqa: S608  # names of our own models
    if connection.vendor == "postgresql":
        _execute_with_arrays(f"{start} = ANY({{arrays}})", _types(model, [key]), values)
        return
    _execute(f"{start} = %s", values)


def _execute(sql: str, rows: Sequence[Row]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def _execute_with_arrays(sql: str, types: Sequence[str], rows: Sequence[Row]) -> None:
    """Puts one array for each column in the place of `{arrays}`."""
    if rows:
        arrays = [list(values) for values in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("{arrays}", ", ".join(f"%s::{type}[]" for type in types)), arrays)


def _copy(sql: str, rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(sql) as copy:
        for row in rows:
            copy.write_row(row)


# --- Values as the driver has them -----------------------------------------------------------------------------------


def _read_column(field: "Field[Any, Any]", values: Sequence[Any], ids: Ids) -> Sequence[Any]:
    if isinstance(field, UUIDField):
        return [ids[value] for value in values]
    if isinstance(field, JSONField):
        decode = (field.decoder or json.JSONDecoder)().decode
        return [None if value is None else decode(value) for value in values]
    if isinstance(field, CharField | TextField):
        return values
    # Numbers, flags and times, of which few differ within a column.
    column = field.cached_col
    read: dict[Any, Any] = {value: value for value in set(values)}
    for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection)):
        read = {raw: convert(value, column, connection) for raw, value in read.items()}
    return [read[value] for value in values]


def _prepared(
    model: type[Model], columns: Sequence[str], rows: Iterable[Row], *, same: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows as the driver takes them, each with the values that all of them share behind its own."""
    fields = _fields(model)
    by_column = zip(columns, zip(*rows, strict=True), strict=False)
    prepared: list[Iterable[Any]] = [_prepared_column(fields[name], values) for name, values in by_column]
    shared = [repeat(_prepared_column(fields[name], [value])[0]) for name, value in (same or {}).items()]
    # What is repeated has no end; the rows' own columns have.
    return list(zip(*prepared, *shared, strict=False)) if prepared else []


def _prepared_column(field: "Field[Any, Any]", values: Sequence[Any]) -> Sequence[Any]:
    if isinstance(field, CharField | TextField):
        return values
    if isinstance(field, UUIDField):
        if connection.features.has_native_uuid_field:
            return values
        return [None if value is None else value.hex for value in values]
    if isinstance(field, JSONField):
        encode = (field.encoder or json.JSONEncoder)().encode
        return [None if value is None else encode(value) for value in values]
    # Numbers, flags and times, of which few differ within a column.
    prepared = {value: field.get_db_prep_save(value, connection) for value in set(values)}
    return [prepared[value] for value in values]


def _fields(model: type[Model]) -> dict[str, "Field[Any, Any]"]:
    """By attribute name; a foreign key as the field that it refers to."""
    return {
        field.attname: field.target_field if isinstance(field, ForeignKey) else field
        for field in model._meta.concrete_fields
    }


def _table(model: type[Model]) -> str:
    return str(connection.ops.quote_name(model._meta.db_table))


def _quoted(model: type[Model], columns: Sequence[str]) -> list[str]:
    names = {field.attname: field.column for field in model._meta.concrete_fields}
    return [connection.ops.quote_name(str(names[column])) for column in columns]


def _types(model: type[Model], columns: Sequence[str]) -> list[str]:
    types = {field.attname: field.db_type(connection) for field in model._meta.concrete_fields}
    return [str(types[column]) for column in columns]


def _pk(model: type[Model]) -> str:
    return model._meta.pk.attname
