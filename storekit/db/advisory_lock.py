"""A lock that several hosts share through their database."""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from django.db import connection


@contextmanager
def advisory_lock(name: str) -> Iterator[None]:
    """Run the block while no other host that shares the database runs one under the same name; wait if one does.

    PostgreSQL only, where a killed process gives the lock back with its connection. SQLite serves a single host, so
    there is nothing to wait for.
    """
    if connection.vendor != "postgresql":
        yield
        return
    key = crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
