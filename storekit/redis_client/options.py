"""The options of every connection to Redis, and the name of the cache that stands in for it."""

from typing import Any

from redis.backoff import ExponentialBackoff
from redis.retry import Retry

STAND_IN = "stand_in"
"""The alias of the cache in the database that is used while Redis is away."""

_RETRIES = 2
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 0.2


def connection_options() -> dict[str, Any]:
    """Return keyword arguments for redis-py's `from_url`, which by itself never retries and waits for ever.

    A command whose connection was broken by a restart is sent again. The pauses are short, because a guest may be
    waiting: a Redis that refuses connections costs 0.2 s, one that does not answer at all 3 s.
    """
    return {
        "retry": Retry(ExponentialBackoff(cap=_LONGEST_PAUSE_SECONDS, base=_FIRST_PAUSE_SECONDS), _RETRIES),
        "socket_connect_timeout": 1,
        # The queue waits for its next task for one second at a time.
        "socket_timeout": 5,
    }
