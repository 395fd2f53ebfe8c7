"""Django's settings for the sandbox: an HTTP toolkit and nothing more (no apps, no database, no sessions)."""

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
# A whole menu is put through the control API in one body.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "integrations.sandbox.faults.middleware.FaultsMiddleware"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]


def _is_a_crash(record: logging.LogRecord) -> bool:
    """Tell an unexpected exception from the 4xx and 5xx that the sandbox is asked to answer."""
    return record.exc_info is not None


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"crashes": {"()": "django.utils.log.CallbackFilter", "callback": _is_a_crash}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["crashes"]}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
