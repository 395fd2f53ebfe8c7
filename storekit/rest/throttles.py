"""How many requests a minute one API key and one address may make, counted by each process for itself.

Counting in memory costs no query, and goes on when the cache server is away. Several processes together allow as many
times the rate; it is there to stop floods, not to be exact.
"""

import time

from django.core.cache.backends.locmem import LocMemCache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from storekit.models import ApiKey

counts = LocMemCache("throttles", {"OPTIONS": {"MAX_ENTRIES": 10_000}})
"""The times of the past minute's requests, by key and by address."""


class InMemory(SimpleRateThrottle):
    """Counts in this process's memory. A subclass says what: `rate` and `get_cache_key`."""

    cache = counts
    # Requests of a minute in which the clock was ahead must not count for hours.
    timer = staticmethod(time.monotonic)


class ByKey(InMemory):
    """Throttle by the API key."""

    rate = "300/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"key:{request.auth.pk}" if isinstance(request.auth, ApiKey) else None


class ByAddress(InMemory):
    """Throttle by the client's address, which `NUM_PROXIES` finds behind proxies."""

    rate = "600/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"address:{self.get_ident(request)}"
