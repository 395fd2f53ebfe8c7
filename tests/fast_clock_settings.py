"""storekit's settings for processes that run by the fast clock: an hour passes in minutes.

Every process of one storekit needs the same two numbers in its environment. Only what storekit decides by
`timezone.now` runs fast. Time-outs of calls, everything else that counts seconds, and the POS run in real time.
"""

import os

from django.utils import timezone

from storekit.redis_client.options import STAND_IN
from storekit.settings import *  # noqa: F403 - the same settings
from storekit.settings import CACHES, REDIS_URL
from tests.support.fast_clock import FastClock

# Django's database cache writes by one clock and reads by the other, so every entry would expire at once.
CACHES[STAND_IN if REDIS_URL else "default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
_clock = FastClock.from_environment(os.environ)
# The database's clock runs in real time.
FOLLOW_DATABASE_CLOCK = _clock.speed == 1
vars(timezone)["now"] = _clock.now

# A log-in takes a second otherwise.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class _NoMigrations:
    """Make the tables as the models say: migrating takes several times as long, and other tests show that it works."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = _NoMigrations()
