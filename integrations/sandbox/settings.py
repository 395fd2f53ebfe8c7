"""Django settings of the sandbox: HTTP handling only, with no apps, database or sessions."""

import logging
import secrets
from pathlib import Path

SECRET_KEY = secrets.token_hex()
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "integrations.sandbox.urls"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
# The control API takes a whole menu in one request.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "integrations.sandbox.behaviour.middleware.FaultsMiddleware"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]


def _is_a_crash(record: logging.LogRecord) -> bool:
    """Return whether a record is an unexpected exception, not an intended 4xx or 5xx response."""
    return record.exc_info is not None


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"crashes": {"()": "django.utils.log.CallbackFilter", "callback": _is_a_crash}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["crashes"]}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
