"""What `manage.py check` says about the settings, beyond Django's own checks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from storekit.queue.registry import every_name


def mail_is_sent(**_: Any) -> list[CheckMessage]:
    """storekit.W001: venues are told of trouble by e-mail, which needs a mail server."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return []
    hint = "Name the mail server, as EMAIL_URL=smtp+tls://user:password@host:587."
    return [Warning("EMAIL_URL is not set: no e-mail is sent.", hint=hint, id="storekit.W001")]


def registered_names_resolve(**_: Any) -> list[CheckMessage]:
    """storekit.E001: what the queue calls by its name has to be there."""
    return [found for name in sorted(set(every_name())) if (found := _unresolved(name))]


def _unresolved(name: str) -> CheckMessage | None:
    try:
        if callable(import_string(name)):
            return None
    except ImportError:
        pass
    hint = "Correct the name in storekit/queue/registry.py, or put the function back."
    return Error(f"{name} is registered and is no function.", hint=hint, id="storekit.E001")
