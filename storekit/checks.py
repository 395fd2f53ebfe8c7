"""System checks for `manage.py check`, beyond Django's own."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError
from django.utils.module_loading import import_string

from storekit.db.preparation import what_is_missing
from storekit.queue.registry import every_name


def mail_is_sent(**_: Any) -> list[CheckMessage]:
    """storekit.W001: alerts to venues are sent by e-mail, which needs a mail server."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return []
    hint = "Set the mail server, for example EMAIL_URL=smtp+tls://user:password@host:587."
    return [Warning("EMAIL_URL is not set: no e-mail is sent.", hint=hint, id="storekit.W001")]


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
