"""The payment call."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import Refusal
from integrations.sandbox.api.orders import check_endpoint
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import own_location, read_json
from integrations.sandbox.records import PaymentTask
from integrations.sandbox.state import store
from integrations.sandbox.till import intake


def pay(request: HttpRequest) -> dict[str, Any]:
    """Accept a payment for a check. The till applies or refuses it later, by webhook."""
    body = validated("apePayment", read_json(request))
    location = own_location(body["businessLocationId"])
    reference = body["thirdPartyPaymentReference"]
    if reference in store.payments:
        raise Refusal(400, f"reference has already been used for another payment: {reference}")
    check_endpoint(body)
    received_at = clock.now()
    lifetime = body.get("taskTtlInMs")
    payment = PaymentTask(
        reference=reference,
        location=location,
        endpoint_id=body["endpointId"],
        body=body,
        received_at=received_at,
        deadline=received_at + timedelta(milliseconds=lifetime) * store.faults.validity if lifetime else None,
    )
    store.payments[reference] = payment
    store.later(store.faults.order_delay, lambda: intake.take_payment(payment))
    return {"status": "ok"}
