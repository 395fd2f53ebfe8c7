"""What `manage.py check` says about the settings, beyond Django's own checks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning


def mail_is_sent(**_: Any) -> list[CheckMessage]:
    """storekit.W001: venues are told of trouble by e-mail, which needs a mail server."""
    if not settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        return []
    hint = "Name the mail server, as EMAIL_URL=smtp+tls://user:password@host:587."
    return [Warning("EMAIL_URL is not set: no e-mail is sent.", hint=hint, id="storekit.W001")]
