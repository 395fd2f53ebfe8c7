"""Health checks: whether this process is up, and whether everything it depends on works."""

import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django_q.brokers import get_broker
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from storekit.db.preparation import missing_cache_tables, missing_migrations
from storekit.redis_client.options import connection_options


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is up."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Report on database, migrations, cache and queue: "ok", or what is wrong; 503 if anything is.

    For whoever watches the installation. While only Redis is away guests still read menus and order, so a proxy should
    not decide by this which hosts it sends them to.
    """
    checks: dict[str, Callable[[], str]] = {
        "database": _check_database,
        "migrations": missing_migrations,
        "cache": _check_cache,
        "queue": _check_queue,
    }
    results = {name: _result(check) for name, check in checks.items()}
    healthy = all(result == "ok" for result in results.values())
    return JsonResponse(results, status=200 if healthy else 503)


def _result(check: Callable[[], str]) -> str:
    # Any error of a dependency's client is a result to report, not a reason to crash.
    try:
        problem = check()
    except Exception as error:
        problem = type(error).__name__
    return f"not in order: {problem}" if problem else "ok"


def _check_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return "" if cursor.fetchone() == (1,) else "no answer"


def _check_cache() -> str:
    if settings.REDIS_URL and (problem := _redis_problem()):
        return f"{problem}, so the database stands in for Redis, and pages are slower"
    # With Redis too: the table is needed the moment that Redis is away.
    if problem := missing_cache_tables():
        return problem
    key = f"readyz:{uuid.uuid4()}"
    cache.set(key, "kept", timeout=10)
    kept = cache.get(key) == "kept"
    cache.delete(key)
    return "" if kept else "it does not keep what it is given"


def _check_queue() -> str:
    if settings.REDIS_URL:
        return _redis_problem()
    get_broker().queue_size()
    return ""


def _redis_problem() -> str:
    """Return why Redis cannot be used, without its address; empty if it can. Asks once, since somebody waits."""
    options = connection_options() | {"retry": Retry(NoBackoff(), 0)}
    try:
        with Redis.from_url(settings.REDIS_URL, **options) as client:
            client.ping()
    except (RedisError, OSError) as error:
        return type(error).__name__
    return ""
