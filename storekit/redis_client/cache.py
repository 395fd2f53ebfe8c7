"""The cache in Redis, and the database's cache in its place while Redis is away."""

import logging
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from storekit.redis_client.options import STAND_IN

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 5.0


class RedisCacheWithStandIn(RedisCache):
    """Redis. When it fails, this process uses the database's cache for five seconds before it asks Redis again.

    What is cached here is either built again (menus), or counted (log-in attempts) and must go on being counted. What
    was kept in the one cache is not in the other: a count may begin anew, and a menu may be built once more.
    """

    # Django makes an instance for each thread; they all learn from one of them. By the server's address.
    _away_until: dict[str, float] = {}

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("touch", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("delete", *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("get_many", *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("set_many", *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("delete_many", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("has_key", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("incr", *args, **kwargs)

    def clear(self) -> Any:
        return self._call("clear")

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        server: str = self._servers[0]  # type: ignore[attr-defined]  # unknown to the stubs
        if time.monotonic() >= self._away_until.get(server, 0.0):
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (RedisError, OSError) as error:
                # The message may hold the address of the server.
                logger.warning("Redis is away (%s): the database stands in as the cache", type(error).__name__)
                self._away_until[server] = time.monotonic() + _PAUSE_SECONDS
        stand_in: BaseCache = caches[STAND_IN]
        return getattr(stand_in, name)(*args, **kwargs)
