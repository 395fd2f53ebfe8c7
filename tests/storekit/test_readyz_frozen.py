"""/readyz answers in time, also while the database is frozen."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

ASK = """
import json, time
import django
django.setup()
from django.test import Client
answers = []
for _ in range(2):
    begun = time.monotonic()
    answer = Client().get("/readyz", headers={"host": "localhost"})
    answers.append([answer.status_code, time.monotonic() - begun, answer.json()])
figures = Client().get("/readyz/figures", headers={"host": "localhost"})
print(json.dumps([*answers, figures.status_code]))
"""


@pytest.fixture
def frozen_database() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgres://storekit@127.0.0.1:{server.getsockname()[1]}/frozen"


def test_a_frozen_database_is_reported_within_five_seconds_and_then_at_once(frozen_database: str) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": frozen_database, "REDIS_URL": ""}

    asked = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )

    first, second, figures = json.loads(asked.stdout)
    status, seconds, words = first
    assert (status, seconds < 5) == (503, True), first
    assert set(words) == {"database", "migrations", "cache", "queue", "worker", "sweep", "orders", "clock"}
    assert set(words.values()) == {"not in order: the database did not answer within 3 s"}
    status, seconds, words = second
    assert (status, seconds < 1) == (503, True), second
    assert words["database"] == "not in order: the database has not answered an earlier question yet"
    assert figures == 503
