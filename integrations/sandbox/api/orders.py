"""The order calls. What the API can check is refused at once; the till refuses the rest later."""

from datetime import datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.amounts import decimal
from integrations.sandbox.api.errors import Refusal, TillRefusal, bad_request
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import own_location, read_json
from integrations.sandbox.data.venue import STAFF_IDS
from integrations.sandbox.records import Order
from integrations.sandbox.state import store
from integrations.sandbox.till import checks, intake, profiles
from integrations.sandbox.till.pricing import Pricer

Json = dict[str, Any]
Kind = Literal["toGo", "local"]


def to_go(request: HttpRequest) -> Json:
    """Accept a pickup or delivery order."""
    return _accept(read_json(request), "toGo", "apeToGoOrder")


def local(request: HttpRequest) -> Json:
    """Accept an order for a table, or more items for an open check."""
    return _accept(read_json(request), "local", "apeLocalOrder")


def _accept(received: Any, kind: Kind, shape: str) -> Json:
    body = validated(shape, received)
    location = own_location(body["businessLocationId"])
    if store.faults.reject_orders:
        raise Refusal(400, store.faults.reject_orders)
    reference = body["thirdPartyReference"]
    known = store.orders.get(reference)
    if known is not None and known.status != "ignored":
        words = f"reference has already been used for another order: {reference}"
        raise Refusal(409, words, body={"status": "fail", "msg": words})
    _check_ids(body, location, kind)
    _check_sense(body)
    order = Order(
        reference=reference,
        kind=kind,
        location=location,
        endpoint_id=body["endpointId"],
        received=received,
        body=body,
        received_at=clock.now(),
        deadline=_deadline(body),
    )
    store.orders[reference] = order
    if store.habits.acceptance == "received":
        order.status = "ignored"
    else:
        store.later(store.faults.order_delay, lambda: intake.take_order(order))
    return {"status": store.habits.acceptance}


def _deadline(body: Json) -> datetime | None:
    """Return when the order expires. The lifetime counts from the scheduled time, if there is one."""
    lifetime = body.get("maxTimeToAttemptOrderDeliverToPos")
    if lifetime is None:
        return None
    start = clock.parse_iso(body.get("scheduledTimeForOrderAsIso8601", "")) or clock.now()
    return start + timedelta(milliseconds=lifetime) * store.faults.validity


def check_endpoint(body: Json) -> None:
    """Refuse an endpoint that is not registered. Endpoint ids are case-sensitive."""
    if body["endpointId"] not in store.endpoints:
        raise bad_request("endpointId", f"Unknown endpoint {body['endpointId']}", code="NotFound")


def _check_ids(body: Json, location: int, kind: Kind) -> None:
    check_endpoint(body)
    profile = body.get("accountProfileCode")
    if profile is not None and not profiles.is_active(profile):
        raise bad_request("accountProfileCode", f"Unknown profile {profile}", code="NotFound", rejected=profile)
    method = body.get("payment", {}).get("paymentMethod")
    if method is not None and checks.method_name(method) is None:
        raise bad_request("payment.paymentMethod", f"Unknown payment method {method}", code="NotFound", rejected=method)
    if "staffId" in body and body["staffId"] not in STAFF_IDS:
        raise bad_request("staffId", f"Unknown staff {body['staffId']}", code="NotFound", rejected=body["staffId"])
    if kind == "local" and "accountIdentifier" not in body:
        if "tableNumber" not in body:
            raise bad_request("tableNumber", "must not be null without an accountIdentifier", code="NotNull")
        checks.own_table(location, body["tableNumber"])
    try:
        Pricer.at(location, profile).lines(body.get("items", []))
    except TillRefusal:
        # The API cannot know this: the till refuses the order later, by webhook.
        return


def _check_sense(body: Json) -> None:
    for field in ("scheduledTimeForOrderAsIso8601", "orderCollectionTimeAsIso8601"):
        if field in body:
            moment = clock.parse_iso(body[field])
            if moment is None:
                raise bad_request(field, "must be ISO 8601 with an offset", code="typeMismatch", rejected=body[field])
            if moment <= clock.now():
                raise bad_request(field, "must be in the future", code="Future", rejected=body[field])
    customer = body["customerInfo"]
    if "thirdPartyReference" in customer and "email" not in customer:
        raise bad_request("customerInfo.thirdPartyReference", "must be left out when there is no email")
    payment = body.get("payment", {})
    if decimal(payment.get("tipAmount")) > decimal(payment.get("paymentAmount")):
        raise bad_request("payment.tipAmount", "cannot be more than paymentAmount, which includes it")
