"""Many rows of one table in one statement each for insert, update and delete, however many they are.

`bulk_create` splits what it writes by SQLite's limit of variables, and `bulk_update` builds a CASE for every value: for
a large menu that is hundreds of statements, and seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

Row = Sequence[Any]


def insert_rows(model: type[Model], *, columns: Sequence[str], rows: Iterable[Row], same: Mapping[str, Any]) -> None:
    """Inserts `rows`, whose values stand in the order of `columns` (attribute names such as `parent_id`).

    `same` are values that all rows share; columns that are in neither get their field's default.
    """
    rest = {field.attname: field.get_default() for field in model._meta.concrete_fields} | dict(same)
    for column in columns:
        del rest[column]
    names = [*columns, *rest]
    placeholders = ", ".join(["%s"] * len(names))
    tail = _prepared(model, list(rest), [tuple(rest.values())])[0]
    _execute(
        f"INSERT INTO {_table(model)} ({', '.join(_quoted(model, names))}) VALUES ({placeholders})",  # noqa: S608  # names of our own models
        [(*row, *tail) for row in _prepared(model, columns, rows)],
    )


def update_rows(model: type[Model], *, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Sets `columns` in existing rows; each of `rows` is the primary key, then the values in the order of `columns`."""
    key = _pk(model)
    settings = ", ".join(f"{name} = %s" for name in _quoted(model, columns))
    _execute(
        f"UPDATE {_table(model)} SET {settings} WHERE {_quoted(model, [key])[0]} = %s",  # noqa: S608  # names of our own models
        [(*row[1:], row[0]) for row in _prepared(model, [key, *columns], rows)],
    )


def delete_rows(model: type[Model], *, ids: Iterable[Any]) -> None:
    """Deletes rows that nothing else refers to."""
    key = _pk(model)
    _execute(
        f"DELETE FROM {_table(model)} WHERE {_quoted(model, [key])[0]} = %s",  # noqa: S608  # names of our own models
        _prepared(model, [key], ((id,) for id in ids)),
    )


def _execute(sql: str, rows: Sequence[Row]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)


def _prepared(model: type[Model], columns: Sequence[str], rows: Iterable[Row]) -> list[Row]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    prepare = [fields[column].get_db_prep_save for column in columns]
    return [tuple(to_db(value, connection) for to_db, value in zip(prepare, row, strict=True)) for row in rows]


def _table(model: type[Model]) -> str:
    return str(connection.ops.quote_name(model._meta.db_table))


def _quoted(model: type[Model], columns: Sequence[str]) -> list[str]:
    names = {field.attname: field.column for field in model._meta.concrete_fields}
    return [connection.ops.quote_name(str(names[column])) for column in columns]


def _pk(model: type[Model]) -> str:
    return model._meta.pk.attname
