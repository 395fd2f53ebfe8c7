"""What a database lacks before storekit can use it, in words that name it."""

from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_PREPARE = "Run: python manage.py prepare"


def what_is_missing() -> list[str]:
    """Return a sentence for each thing that `manage.py prepare` has to do to the database; empty if it is ready.

    Raises:
        DatabaseError: the database does not answer.
    """
    if not _exists():
        return [f"The database {connection.settings_dict['NAME']} does not exist yet. {_PREPARE}"]
    return [sentence for sentence in (missing_migrations(), missing_cache_tables()) if sentence]


def missing_migrations() -> str:
    """Return a sentence that names the first migration that was not run, and counts them; empty if all were."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return ""
    first = f"{plan[0][0].app_label} {plan[0][0].name}"
    many = f"{len(plan)} migrations are missing, the first is {first}."
    return f"{f'The migration {first} is missing.' if len(plan) == 1 else many} {_PREPARE}"


def missing_cache_tables() -> str:
    """Return a sentence that names the missing tables of the caches in the database; empty if there is none."""
    wanted = {cache["LOCATION"] for cache in settings.CACHES.values() if cache["BACKEND"].endswith("DatabaseCache")}
    missing = sorted(wanted - set(connection.introspection.table_names()) if wanted else ())
    return f"The cache's table {', '.join(missing)} is missing. {_PREPARE}" if missing else ""


def _exists() -> bool:
    # Connecting to a SQLite file that does not exist would make an empty one.
    return connection.vendor != "sqlite" or Path(connection.settings_dict["NAME"]).exists()
