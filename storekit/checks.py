"""System checks for `manage.py check`, beyond Django's own."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from storekit.queue.registry import every_name


def mail_is_sent(**_: Any) -> list[CheckMessage]:
    """storekit.W001: alerts to venues are sent by e-mail, which needs a mail server."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return []
    hint = "Set the mail server, for example EMAIL_URL=smtp+tls://user:password@host:587."
    return [Warning("EMAIL_URL is not set: no e-mail is sent.", hint=hint, id="storekit.W001")]


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
