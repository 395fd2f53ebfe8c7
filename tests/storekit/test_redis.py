"""With REDIS_URL set, cache and queue live in Redis: a real one, and processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.support.redis import running_redis
from tests.support.sandbox import eventually

ROOT = Path(__file__).resolve().parents[2]

QUEUE_A_TASK = """
import django
django.setup()
from django.core.cache import cache
from django_q.tasks import async_task
cache.set("greeting", "hello", timeout=60)
print(async_task("operator.mul", 6, 7))
"""

LOOK = """
import json, sys
import django
django.setup()
from django.core.cache import cache
from django.test import Client
from django_q.models import OrmQ
from django_q.tasks import result
ready = Client().get("/readyz", headers={"host": "localhost"})
print(json.dumps({
    "result": result(sys.argv[1]), "cached": cache.get("greeting"), "in_database": OrmQ.objects.count(),
    "readyz": [ready.status_code, ready.json()],
}))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    with running_redis() as url:
        made = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'storekit.sqlite3'}",
            "REDIS_URL": url,
            "WORKERS": "1",
        }
        run(made, "manage.py", "migrate", "-v", "0")
        yield made


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_task_queued_in_redis_is_processed_and_the_cache_is_shared(environment: dict[str, str]) -> None:
    task = run(environment, "-c", QUEUE_A_TASK)
    server = redis.Redis.from_url(environment["REDIS_URL"])
    kept = [key.decode() for key in server.scan_iter()]
    assert any("storekit" in key and "q" in key for key in kept), kept
    assert any("greeting" in key for key in kept), kept

    worker = subprocess.Popen([sys.executable, "manage.py", "qcluster"], cwd=ROOT, env=environment)
    try:
        seen = eventually(lambda: _finished(environment, task), seconds=60)
    finally:
        worker.terminate()
        worker.wait(timeout=30)

    assert seen["result"] == 42
    assert seen["cached"] == "hello"
    assert seen["in_database"] == 0
    status, words = seen["readyz"]
    assert (status, set(words.values())) == (200, {"ok"})


def _finished(environment: dict[str, str], task: str) -> dict[str, Any]:
    seen: dict[str, Any] = json.loads(run(environment, "-c", LOOK, task))
    return seen if seen["result"] is not None else {}


def test_readyz_reports_a_redis_that_is_down(tmp_path: Path) -> None:
    down = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "REDIS_URL": "redis://127.0.0.1:9/0"}
    down["DATABASE_URL"] = f"sqlite:///{tmp_path / 'storekit.sqlite3'}"

    run(down, "manage.py", "migrate", "-v", "0")
    seen = json.loads(
        run(down, "-c", LOOK.replace("result(sys.argv[1])", "None").replace('cache.get("greeting")', "0"))
    )

    status, words = seen["readyz"]
    assert status == 503
    assert words["database"] == "ok"
    assert words["cache"].startswith("not in order")
    assert words["queue"].startswith("not in order")
