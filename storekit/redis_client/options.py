"""The options of every connection to Redis, and the name of the cache that stands in for it."""

from typing import Any

from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError
from redis.retry import Retry

STAND_IN = "stand_in"
"""The alias of the cache in the database that is used while Redis is away."""

_RETRIES = 2
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.2


def connection_options() -> dict[str, Any]:
    """Return keyword arguments for redis-py's `from_url`, which by itself never retries and waits for ever.

    A command whose connection was broken by a restart is sent again. A guest may be waiting, so the pauses are short,
    and what timed out is not tried again: a Redis that refuses connections costs 0.3 s, one that does not answer 2 s.
    """
    pauses = ExponentialBackoff(cap=_LONGEST_PAUSE_SECONDS, base=_FIRST_PAUSE_SECONDS)
    return {
        "retry": Retry(pauses, _RETRIES, supported_errors=(ConnectionError,)),
        "socket_connect_timeout": 1,
        # Longer than the queue waits for its next task at a time, which is one second.
        "socket_timeout": 2,
    }
