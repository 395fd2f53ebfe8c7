"""storekit's settings for processes in which an hour passes in minutes, so that nobody has to sleep for a retry.

Every process of one storekit has to be told the same two numbers. Only what storekit decides by the clock hurries:
time-outs of calls and whatever else counts seconds by itself stay as they are, and so does the POS.
"""

import os

from django.utils import timezone

from storekit.settings import *  # noqa: F403 - these are those settings
from storekit.settings import CACHES, REDIS_URL
from tests.support.hurry import Hurry

if not REDIS_URL:
    # Django's cache in the database writes by one clock and reads by the other: everything would be stale at once.
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
vars(timezone)["now"] = Hurry.of(os.environ).now
