"""Create the cache's table, so that `migrate` alone is enough for a database."""

from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections


def create_cache_table(*, using: str, **_: Any) -> None:
    """Create the table of every cache that lives in the database and has none yet; called after every migrate.

    With `REDIS_URL` set the cache is in Redis, and this does nothing. Several hosts may come here at the same moment:
    one creates the table, and the others go on once it exists.
    """
    try:
        call_command("createcachetable", database=using, verbosity=0)
    except CommandError:
        existing = connections[using].introspection.table_names()
        in_database = [cache for cache in settings.CACHES.values() if cache["BACKEND"].endswith("DatabaseCache")]
        if any(cache["LOCATION"] not in existing for cache in in_database):
            raise
