"""`manage.py prepare` makes a database and a host ready to start; `migrate` alone is enough for a database."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from storekit.queue.registry import PERIODIC_TASKS

ROOT = Path(__file__).resolve().parents[2]

STATE = """
import json
import django
django.setup()
from django.test import Client
from django_q.models import Schedule
ready = Client().get("/readyz", headers={"host": "localhost"})
print(json.dumps([ready.status_code, sorted(Schedule.objects.values_list("func", flat=True))]))
"""

READY = """
import json
import django
django.setup()
from django.test import Client
ready = Client().get("/readyz", headers={"host": "localhost"})
print(json.dumps([ready.status_code, ready.json()]))
"""

DROP = """
import django
django.setup()
from django.db import connection
connection.cursor().execute("DROP TABLE storekit_cache")
"""

TABLES = """
import django
django.setup()
from django.db import connection
print(connection.introspection.table_names())
"""


@pytest.fixture
def empty_database(tmp_path: Path, db: None) -> Iterator[dict[str, str]]:
    """An environment with a new, empty database of the kind that the suite runs on."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "REDIS_URL": ""}
    if connection.vendor == "sqlite":
        yield environment | {"DATABASE_URL": f"sqlite:///{tmp_path / 'storekit.sqlite3'}"}
        return
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"prepare_{uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield environment | {"DATABASE_URL": f"{server}/{name}"}
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return out


def run(environment: dict[str, str], *arguments: str) -> str:
    return finish(start(environment, *arguments))


def assert_ready(environment: dict[str, str]) -> None:
    status, schedules = json.loads(run(environment, "-c", STATE))
    assert status == 200
    assert schedules == sorted(PERIODIC_TASKS)


def test_prepare_leaves_everything_ready_and_may_be_repeated(empty_database: dict[str, str]) -> None:
    assert run(empty_database, "manage.py", "prepare").endswith("storekit is ready to start.\n")
    assert_ready(empty_database)
    assert (ROOT / "staticfiles" / "storekit" / "backoffice.css").is_file()

    run(empty_database, "manage.py", "prepare", "-v", "0")
    assert_ready(empty_database)


def test_migrate_alone_is_enough_for_a_database(empty_database: dict[str, str]) -> None:
    run(empty_database, "manage.py", "migrate", "-v", "0")

    assert_ready(empty_database)


def test_with_redis_the_table_of_the_cache_that_stands_in_for_it_is_made(empty_database: dict[str, str]) -> None:
    run(empty_database | {"REDIS_URL": "redis://127.0.0.1:9/0"}, "manage.py", "migrate", "-v", "0")

    assert "storekit_cache" in run(empty_database, "-c", TABLES)


def refused(environment: dict[str, str], *arguments: str) -> str:
    process = start(environment, *arguments)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    return errors


def test_check_names_what_an_unprepared_database_lacks(empty_database: dict[str, str]) -> None:
    """And makes no file where there is none."""
    said = refused(empty_database, "manage.py", "check")
    if connection.vendor == "sqlite":
        file = Path(empty_database["DATABASE_URL"].removeprefix("sqlite:///"))
        assert f"(storekit.E003) The database {file} does not exist yet. Run: python manage.py prepare" in said
        assert not file.exists()
        file.touch()
        said = refused(empty_database, "manage.py", "check")

    assert re.search(
        r"\(storekit\.E003\) \d+ migrations are missing, the first is \w+ 0001_initial\. Run: python", said
    )
    assert "(storekit.E003) The cache's table storekit_cache is missing. Run: python manage.py prepare" in said
    status, found = json.loads(run(empty_database, "-c", READY))
    assert status == 503
    assert "migrations are missing, the first is" in found["migrations"]
    assert "The cache's table storekit_cache is missing." in found["cache"]

    run(empty_database, "manage.py", "migrate", "-v", "0")
    run(empty_database, "-c", DROP)

    said = refused(empty_database, "manage.py", "check")
    assert "migrations are missing" not in said
    assert "(storekit.E003) The cache's table storekit_cache is missing. Run: python manage.py prepare" in said
    run(empty_database, "manage.py", "prepare", "-v", "0")
    run(empty_database, "manage.py", "check")


def test_check_says_that_the_database_does_not_answer(empty_database: dict[str, str]) -> None:
    nowhere = {"DATABASE_URL": "postgres://storekit:hunter2@127.0.0.1:9/nowhere"}

    said = refused(empty_database | nowhere, "manage.py", "check")

    assert "(storekit.E002) The database does not answer (OperationalError)." in said
    assert "hunter2" not in said


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite serves a single host")
def test_several_hosts_may_prepare_one_database_at_once(empty_database: dict[str, str]) -> None:
    hosts = [start(empty_database, "manage.py", "prepare", "-v", "0") for _ in range(2)]
    for host in hosts:
        finish(host)

    assert_ready(empty_database)
