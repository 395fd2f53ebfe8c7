"""System checks for `manage.py check`, beyond Django's own."""

import os
import shlex
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError
from django.utils.module_loading import import_string
from gunicorn.config import Config
from gunicorn.util import load_class

from storekit import gunicorn
from storekit.db.preparation import what_is_missing
from storekit.queue.registry import every_name
from storekit.serving.patient_worker import PatientWorker


def mail_is_sent(**_: Any) -> list[CheckMessage]:
    """storekit.W001: alerts to venues are sent by e-mail, which needs a mail server."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return []
    hint = "Set the mail server, for example EMAIL_URL=smtp+tls://user:password@host:587."
    return [Warning("EMAIL_URL is not set: no e-mail is sent.", hint=hint, id="storekit.W001")]


def requests_are_collected(**_: Any) -> list[CheckMessage]:
    """storekit.W002: a server that hands over requests as they trickle in is stopped by a few slow clients.

    Of what starts the server only gunicorn's environment can be seen from here.
    """
    arguments, _rest = Config().parser().parse_known_args(shlex.split(os.environ.get("GUNICORN_CMD_ARGS", "")))
    worker_class = arguments.worker_class
    if worker_class is None or issubclass(load_class(worker_class), PatientWorker):
        return []
    hint = f"Leave the worker class out: storekit.gunicorn sets {gunicorn.worker_class}."
    return [
        Warning(
            f"GUNICORN_CMD_ARGS sets the worker class {worker_class}: a few clients that do not finish their requests "
            "can keep everybody else waiting.",
            hint=hint,
            id="storekit.W002",
        )
    ]


def payments_are_real(**_: Any) -> list[CheckMessage]:
    """storekit.W003: payments at the table that nobody is charged for, at venues with real tills."""
    if settings.LIGHTSPEED_ENVIRONMENT != "production":
        return []
    if settings.PAYMENT_PROVIDER == "sandbox":
        cause, hint = "PAYMENT_PROVIDER is sandbox", "Set PAYMENT_PROVIDER=stripe and its keys"
    elif "_test_" in settings.STRIPE_SECRET_KEY:
        cause, hint = "STRIPE_SECRET_KEY is a key for tests", "Set the live keys"
    else:
        return []
    return [
        Warning(
            f"{cause}: guests who pay at the table are not charged, though the till says that they have paid.",
            hint=f"{hint}, or leave payments at the table switched off at every venue.",
            id="storekit.W003",
        )
    ]


def database_is_prepared(**_: Any) -> list[CheckMessage]:
    """storekit.E002, E003: the database answers, has every migration and the tables of its caches."""
    try:
        missing = what_is_missing()
    except DatabaseError as error:
        hint = "Start the database, or correct DATABASE_URL."
        return [Error(f"The database does not answer ({type(error).__name__}).", hint=hint, id="storekit.E002")]
    return [Error(sentence, id="storekit.E003") for sentence in missing]


def registered_names_resolve(**_: Any) -> list[CheckMessage]:
    """storekit.E001: every function that the queue calls by name must exist."""
    return [found for name in sorted(set(every_name())) if (found := _unresolved(name))]


def _unresolved(name: str) -> CheckMessage | None:
    try:
        if callable(import_string(name)):
            return None
    except ImportError:
        pass
    hint = "Correct the name in storekit/queue/registry.py, or restore the function."
    return Error(f"{name} is registered, but is not a function.", hint=hint, id="storekit.E001")
