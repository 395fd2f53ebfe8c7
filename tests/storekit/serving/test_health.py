"""/healthz: the process is up. /readyz: everything that it depends on works."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

ASK = """
import django
django.setup()
from django.test import Client
answer = Client().get("/readyz", headers={"host": "localhost"})
print(answer.status_code, answer.content.decode())
"""


def test_a_process_is_up_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db
def test_everything_in_order_is_200_with_a_word_for_each_check(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == dict.fromkeys(
        ("database", "migrations", "cache", "queue", "worker", "sweep", "orders", "clock"), "ok"
    )


@pytest.mark.django_db
def test_a_missing_migration_is_503(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app__in=["menus", "orders"]).delete()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert re.fullmatch(
        r"not in order: \d migrations are missing, the first is menus \w+\. Run: python manage\.py prepare",
        answer.json()["migrations"],
    )
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_a_missing_cache_table_is_503(client: Client, settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "no_such_table"}
    }

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["cache"] == (
        "not in order: The cache's table no_such_table is missing. Run: python manage.py prepare"
    )
    assert answer.json()["database"] == "ok"


def test_a_database_that_is_down_is_503_rather_than_a_crash() -> None:
    down = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": "postgres://storekit@127.0.0.1:9/nowhere",
    }

    asked = subprocess.run(
        [sys.executable, "-c", ASK], env=down, capture_output=True, text=True, timeout=60, check=True
    )

    status, _, body = asked.stdout.partition(" ")
    assert status == "503"
    assert {name for name, word in json.loads(body).items() if word != "ok"} == {
        "database",
        "migrations",
        "cache",
        "queue",
        "worker",
        "sweep",
        "orders",
        "clock",
    }
