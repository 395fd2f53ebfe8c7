"""Choose the database of a test run before Django reads its settings, which is why pytest loads this with `-p`.

`STOREKIT_TEST_DATABASE=postgresql` runs the same tests on a PostgreSQL that is started for the run.
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


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if _server is not None:
        _server.stop()
