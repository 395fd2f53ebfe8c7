"""The project's settings with the secrets of a test run; not used outside tests."""

import os

os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789")
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "c3RvcmVraXQtdGVzdC1rZXktMzItYnl0ZXMtbG9uZyE=")
os.environ.setdefault("EMAIL_URL", "memorymail://")

from storekit.settings import *  # noqa: F403
from storekit.settings import BASE_DIR, DATABASES, Q_CLUSTER, STATIC_ROOT, STORAGES

STATIC_ROOT.mkdir(exist_ok=True)
(BASE_DIR / "var").mkdir(exist_ok=True)
# Tests freeze the clock of their own process only.
FOLLOW_DATABASE_CLOCK = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tasks are really queued, and run by the worker processes that a test starts.
Q_CLUSTER["save_limit"] = 1000
# Straight from the apps' folders, which no collected copy can be older than.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MEDIA_ROOT = BASE_DIR / "var" / "media"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that worker processes and the live server use the same database.
    _name = os.environ.get("STOREKIT_TEST_NAME", "test")
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / "var" / f"{_name}.sqlite3")}
