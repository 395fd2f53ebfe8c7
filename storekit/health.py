"""Health checks: whether this process is up, and whether everything it depends on works."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_q.brokers import get_broker


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is up."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Report on database, migrations, cache and queue; 503 if any of them does not work."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database_answers,
        "migrations": _migrations_are_applied,
        "cache": _cache_works,
        "queue": _queue_answers,
    }
    results = {name: _result(check) for name, check in checks.items()}
    healthy = all(result == "ok" for result in results.values())
    return JsonResponse(results, status=200 if healthy else 503)


def _result(check: Callable[[], bool]) -> str:
    # Any error of a dependency's client is a result to report, not a reason to crash.
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


def _cache_works() -> bool:
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
