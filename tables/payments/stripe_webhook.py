"""Receive Stripe's events. Each is only a hint: the payment is read from Stripe by its next step, soon after."""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from storekit.rest.bodies import BodyTooLarge, read_body
from storekit.rest.errors import error_response
from tables.models import Payment
from tables.payments.provider_events import provider_changed

if TYPE_CHECKING:
    from tables.payments.providers.stripe_events import Event

logger = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
"""In bytes. Events of payments have about 5 kB."""


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> JsonResponse:
    """Take one event. 200 means that nothing is left to do with it, 400 that it is not Stripe's."""
    try:
        body = read_body(request, limit=LARGEST_BODY)
    except BodyTooLarge:
        return _refusal(413, "too_large", "An event has at most 256 KiB.")
    events = _events()
    try:
        event = events.signed_event(
            body, request.headers.get("Stripe-Signature", ""), secrets=settings.STRIPE_WEBHOOK_SECRETS
        )
    except events.BadSignature:
        return _refusal(400, "bad_signature", "Stripe did not sign this, or not lately.")
    noted = event.type in events.EVENTS and _note(event)
    logger.info("Stripe's event %s (%s): %s", event.id, event.type, "noted" if noted else "ignored")
    return JsonResponse({"status": "noted" if noted else "ignored"})


def _note(event: "Event") -> bool:
    """Make the event's payment due, if it is one of ours; return whether it is. Any number of times is as good as once.

    A payment that is being started may not have its reference yet: then the answer to that request has the news.
    """
    rows = Payment.objects.filter(provider="stripe", provider_reference=event.intent, provider_account=event.account)
    if not event.intent or not rows.exists():
        return False
    provider_changed(provider="stripe", reference=event.intent)
    return True


def _events() -> Any:
    """Import what knows the library: that takes 0.4 s, and most web processes never see an event."""
    return import_module("tables.payments.providers.stripe_events")


def _refusal(status: int, code: str, detail: str) -> JsonResponse:
    return error_response(status=status, type="client_error", code=code, detail=detail)
