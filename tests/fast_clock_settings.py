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
FOLLOW_DATABASE_CLOCK = False
vars(timezone)["now"] = FastClock.from_environment(os.environ).now
