"""Health checks: whether this process is up, and whether everything it depends on works."""

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django_q.brokers import get_broker
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from storekit.db import clock
from storekit.db.clock import seconds_ahead_of_database
from storekit.db.due_rows import CLOCK_SKEW
from storekit.db.preparation import missing_cache_tables, missing_migrations
from storekit.db.probe import DatabaseProbe
from storekit.queue.heartbeat import worker_health
from storekit.queue.registry import OLDEST_DUE_ORDER
from storekit.redis_client.options import connection_options

ORDERS_SENT_WITHIN = timedelta(minutes=2)
"""A due order that nobody has tried to send for longer is an alarm: ticks find it in seconds, sweeps in a minute."""

_database = DatabaseProbe()


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is up."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Report on database, migrations, cache, queue, workers, orders and clock: "ok", or what is wrong; 503 if anything.

    Answers within five seconds, also while the database is frozen.

    For the people who watch the installation. While only Redis is away guests still read menus and order, so a proxy
    should not decide by this which hosts it sends them to.
    """
    checks: dict[str, Callable[[], str]] = {
        "database": _no_problem,
        "migrations": missing_migrations,
        "cache": _check_cache,
        "queue": _check_queue,
        "worker": _check_worker,
        "sweep": _check_sweep,
        "orders": _check_orders,
        "clock": _check_clock,
    }
    if problem := _database.problem():
        # The others need the database too, and would each wait for it; only Redis does not.
        results = dict.fromkeys(checks, f"not in order: {problem}")
        if settings.REDIS_URL:
            results["queue"] = _result(_check_queue)
    else:
        results = {name: _result(check) for name, check in checks.items()}
    healthy = all(result == "ok" for result in results.values())
    return JsonResponse(results, status=200 if healthy else 503)


def figures(request: HttpRequest) -> JsonResponse:
    """Report what `readyz` judges the workers by, in seconds; null for what has never been or is not there.

    503 while the database does not answer.
    """
    if problem := _database.problem():
        return JsonResponse({"database": f"not in order: {problem}"}, status=503)
    try:
        health, oldest = worker_health(), _oldest_due_order()
        return JsonResponse(
            {
                "last_beat": _seconds(health.last_beat),
                "last_sweep": _seconds(health.last_sweep),
                "oldest_due_order": _seconds(oldest),
                "worker_clock_ahead": health.clock_ahead,
                "web_clock_ahead": round(seconds_ahead_of_database(), 3),
            }
        )
    except DatabaseError as error:
        return JsonResponse({"database": f"not in order: {type(error).__name__}"}, status=503)


def _seconds(time_passed: timedelta | None) -> float | None:
    return None if time_passed is None else round(time_passed.total_seconds(), 1)


def _check_worker() -> str:
    health = worker_health()
    if health.alive:
        return ""
    since = "" if health.last_beat is None else f" for {_seconds(health.last_beat):.0f} s"
    return f"no worker has run{since}, so orders are not being sent. Run: python manage.py qcluster"


def _check_sweep() -> str:
    health = worker_health()
    if health.sweeps:
        return ""
    since = "" if health.last_sweep is None else f" for {_seconds(health.last_sweep):.0f} s"
    return f"no worker has looked for due orders{since}"


def _check_orders() -> str:
    waited = _oldest_due_order()
    if waited is None or waited < ORDERS_SENT_WITHIN:
        return ""
    return f"an order has been due for {_seconds(waited):.0f} s, and no worker has tried to send it"


def _check_clock() -> str:
    ahead = max(worker_health().clock_ahead, seconds_ahead_of_database(), key=abs)
    if abs(ahead) <= CLOCK_SKEW.total_seconds():
        return ""
    return f"the clock of a host is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the database's"


def _oldest_due_order() -> timedelta | None:
    since = import_string(OLDEST_DUE_ORDER)()
    return None if since is None else clock.now() - since


def _result(check: Callable[[], str]) -> str:
    # Any error of a dependency's client is a result to report, not a reason to crash.
    try:
        problem = check()
    except Exception as error:
        problem = type(error).__name__
    return f"not in order: {problem}" if problem else "ok"


def _no_problem() -> str:
    return ""


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
