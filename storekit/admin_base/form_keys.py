"""A key for each form that is shown, so that a second click on its button is recognised and does nothing."""

import uuid

from django.http import HttpRequest

FORM_KEY = "form_key"


def form_key(request: HttpRequest) -> str:
    """Return the key that the form was sent with, or a new one for a form that is shown first, or was tampered with."""
    try:
        return uuid.UUID(request.POST.get(FORM_KEY, "")).hex
    except ValueError:
        return uuid.uuid4().hex
