"""`manage.py prepare` makes a database and a host ready to start; `migrate` alone is enough for a database."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from storekit.queue.registry import PERIODIC_TASKS

ROOT = Path(__file__).resolve().parents[2]

# What a person at the host sees, each in a process of its own as on a host: whether `check` passes, and `/readyz`.
SEEN = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test import Client
from django_q.models import Schedule

def seen():
    try:
        call_command("check")
        said = ""
    except SystemCheckError as error:
        said = str(error)
    ready = Client().get("/readyz", headers={"host": "localhost"})
    tasks = Schedule.objects.values_list("func", flat=True) if ready.status_code == 200 else []
    return [said, ready.status_code, ready.json(), sorted(tasks)]

answers = [seen()]
if "without the cache's table" in sys.argv:
    connection.cursor().execute("DROP TABLE storekit_cache")
    answers.append(seen())
    call_command("prepare", verbosity=0)
    answers.append(seen())
print(json.dumps(answers))
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


def refused(environment: dict[str, str], *arguments: str) -> str:
    process = start(environment, *arguments)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    return errors


def look(environment: dict[str, str], *arguments: str) -> list[Any]:
    found: list[Any] = json.loads(run(environment, "-c", SEEN, *arguments).splitlines()[-1])
    return found


def assert_ready(seen: Any) -> None:
    said, status, words, schedules = seen
    assert (said, status) == ("", 200), words
    assert schedules == sorted(PERIODIC_TASKS)


def test_check_and_readyz_name_what_an_unprepared_database_lacks(empty_database: dict[str, str]) -> None:
    """And `check` makes no file where there is none."""
    if connection.vendor == "sqlite":
        file = Path(empty_database["DATABASE_URL"].removeprefix("sqlite:///"))
        said = refused(empty_database, "manage.py", "check")
        assert f"(storekit.E003) The database {file} does not exist yet. Run: python manage.py prepare" in said
        assert not file.exists()
        file.touch()

    [[said, status, found, _]] = look(empty_database)

    assert re.search(r"\(storekit\.E003\) \d+ migrations are missing, the first is \w+ 0001_\w+\. Run: python", said)
    assert "(storekit.E003) The cache's table storekit_cache is missing. Run: python manage.py prepare" in said
    assert status == 503
    assert "migrations are missing, the first is" in found["migrations"]
    assert "The cache's table storekit_cache is missing." in found["cache"]


def test_prepare_leaves_everything_ready_and_may_be_repeated(empty_database: dict[str, str]) -> None:
    assert run(empty_database, "manage.py", "prepare").endswith("storekit is ready to start.\n")
    assert (ROOT / "staticfiles" / "storekit" / "backoffice.css").is_file()

    first, without_table, again = look(empty_database, "without the cache's table")

    assert_ready(first)
    assert "migrations are missing" not in without_table[0]
    assert (
        "(storekit.E003) The cache's table storekit_cache is missing. Run: python manage.py prepare" in without_table[0]
    )
    assert_ready(again)


def test_migrate_alone_is_enough_for_a_database_and_makes_the_table_that_stands_in_for_redis(
    empty_database: dict[str, str],
) -> None:
    run(empty_database | {"REDIS_URL": "redis://127.0.0.1:9/0"}, "manage.py", "migrate", "-v", "0")

    # A host without Redis keeps its cache in that table.
    assert_ready(look(empty_database)[0])


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

    assert_ready(look(empty_database)[0])
