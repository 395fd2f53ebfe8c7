"""Databases of earlier days: the migrations one by one, which a new database makes in one step for each app."""

from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

Targets = list[tuple[str, str]]


def migrate(targets: Targets) -> Any:
    """Bring the database to these migrations, and return the models as they were then."""
    executor = _one_by_one()
    executor.migrate(targets)
    return _one_by_one().loader.project_state(targets).apps


def migrate_from_nothing(targets: Targets) -> Any:
    """Bring an empty database to these migrations, and return the models as they were then.

    Going back from today's would run every migration in between, too.
    """
    _drop_all_tables()
    return migrate(targets)


def migrate_to_now() -> None:
    """Run every migration that is left, as `manage.py migrate` does."""
    call_command("migrate", verbosity=0)


def _one_by_one() -> MigrationExecutor:
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    return executor


def _drop_all_tables() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
            return
        with connection.constraint_checks_disabled():
            for name in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
