"""With REDIS_URL set, cache and queue live in Redis: a real one, and processes of their own."""

import json
import subprocess
import sys
from typing import Any

import pytest
import redis

from tests.support.processes import CODE, Worker, environment
from tests.support.redis import running_redis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database("it is about what is not in it")]

# Queues a task, says so, and once told to, waits for its result and reports.
QUEUE_A_TASK_AND_LOOK = """
import json, sys, time
import django
django.setup()
from django.core.cache import cache
from django.test import Client
from django_q.models import OrmQ
from django_q.tasks import async_task, result
if sys.argv[1:]:
    cache.set("greeting", "hello", timeout=60)
    task = async_task("operator.mul", 6, 7)
    print("queued", flush=True)
    sys.stdin.readline()
    found = {"result": result(task, wait=60_000), "cached": cache.get("greeting"), "in_database": OrmQ.objects.count()}
else:
    found = {}
ready = Client().get("/readyz", headers={"host": "localhost"})
print(json.dumps(found | {"readyz": [ready.status_code, ready.json()]}))
"""


def start(*arguments: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", QUEUE_A_TASK_AND_LOOK, *arguments],
        cwd=CODE,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def report(process: subprocess.Popen[str], *, told: str = "") -> dict[str, Any]:
    out, errors = process.communicate(told, timeout=90)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_task_queued_in_redis_is_processed_and_the_cache_is_shared() -> None:
    with running_redis() as url:
        environ = environment() | {"REDIS_URL": url, "WORKERS": "1"}
        queueing = start("queue", environ=environ)
        assert queueing.stdout is not None
        assert queueing.stdout.readline() == "queued\n"
        kept = [key.decode() for key in redis.Redis.from_url(url).scan_iter()]
        assert any("storekit" in key and "q" in key for key in kept), kept
        assert any("greeting" in key for key in kept), kept

        worker = Worker(environ)
        try:
            seen = report(queueing, told="go\n")
        finally:
            worker.kill()

    assert seen["result"] == 42
    assert seen["cached"] == "hello"
    assert seen["in_database"] == 0
    words = seen["readyz"][1]
    # A test run may have made its tables without them.
    del words["migrations"]
    assert set(words.values()) == {"ok"}


def test_readyz_reports_a_redis_that_is_down() -> None:
    seen = report(start(environ=environment() | {"REDIS_URL": "redis://127.0.0.1:9/0"}))

    status, words = seen["readyz"]
    assert status == 503
    assert words["database"] == "ok"
    assert words["cache"].startswith("not in order")
    assert words["queue"].startswith("not in order")
