"""Whether this process is up, and whether everything it stands on is in order."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_q.brokers import get_broker


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Database, migrations, cache and queue, a word each; 503 when one of them is not in order."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "migrations": _migrations_are_applied,
        "cache": _cache_keeps,
        "queue": _queue_answers,
    }
    results = {name: _verdict(check) for name, check in checks.items()}
    healthy = all(result == "ok" for result in results.values())
    return JsonResponse(results, status=200 if healthy else 503)


def _verdict(check: Callable[[], bool]) -> str:
    # Whatever goes wrong in a dependency's own client is the answer here, not a crash of the page that reports it.
    try:
        return "ok" if check() else "not in order"
    except Exception as error:
        return f"not in order ({type(error).__name__})"


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _cache_keeps() -> bool:
    key = f"readyz:{uuid.uuid4()}"
    cache.set(key, "kept", timeout=10)
    kept: bool = cache.get(key) == "kept"
    cache.delete(key)
    return kept


def _queue_answers() -> bool:
    broker = get_broker()
    if settings.REDIS_URL:
        return bool(broker.ping())
    return int(broker.queue_size()) >= 0
