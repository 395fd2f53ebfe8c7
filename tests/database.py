"""Choose the database of a test run before Django reads its settings, which is why pytest loads this with `-p`.

`STOREKIT_TEST_DATABASE=postgresql` runs the same tests on a PostgreSQL that is started for the run, but for those that
use no database, or are marked with `any_database` because its kind makes no difference: they run once, with SQLite.
"""

import os

import pytest

from tests.support.postgres import PostgresServer, start_postgres

_server: PostgresServer | None = None
_IS_CONTROLLER = "PYTEST_XDIST_WORKER" not in os.environ

if _IS_CONTROLLER:
    for _name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(_name, None)
    if os.environ.get("STOREKIT_TEST_DATABASE", "sqlite") == "postgresql":
        _server = start_postgres()
        os.environ["DATABASE_URL"] = _server.url


def pytest_report_header() -> str:
    return f"database: {'PostgreSQL at ' + os.environ['DATABASE_URL'] if 'DATABASE_URL' in os.environ else 'SQLite'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out the tests for which it makes no difference."""
    if "DATABASE_URL" in os.environ:
        kept = [item for item in items if _uses_a_database(item) and not item.get_closest_marker("any_database")]
        left_out = set(items) - set(kept)
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = kept


def _uses_a_database(item: pytest.Item) -> bool:
    # Some tests start processes with a database of their own, of the run's kind: all end-to-end ones, and a few others,
    # which ask Django's connection for the kind.
    starts_its_own = "e2e" in item.path.parts or hasattr(getattr(item, "module", None), "connection")
    fixtures = getattr(item, "fixturenames", ())
    return starts_its_own or "db" in fixtures or item.get_closest_marker("django_db") is not None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if _server is not None:
        _server.stop()
