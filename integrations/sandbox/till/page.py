"""The till page: rendered by the server, then updated card by card.

The page polls twice a second. A card is a piece of HTML with a key; the page replaces the cards whose HTML has changed,
so only the server's templates define what a card looks like. Input fields are in dialogs outside the cards, so that an
update never overwrites what is being typed.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from integrations.sandbox.amounts import CURRENCIES
from integrations.sandbox.api.errors import Refusal
from integrations.sandbox.api.web import json_response, own_location
from integrations.sandbox.data.venue import HIGH_STREET, LOCATION_NAMES, PAYMENT_METHODS
from integrations.sandbox.records import Check, Order
from integrations.sandbox.state import store
from integrations.sandbox.till import checks, reasons
from integrations.sandbox.till.catalogue import guest_price
from integrations.sandbox.till.profiles import DELIVERY_PROFILES

Json = dict[str, Any]

LATEST = 12
# The kinds of payment failures in the API documentation.
PAYMENT_REFUSALS = (
    "ACCOUNT_NOT_FOUND",
    "ACCOUNT_ALREADY_CLOSED",
    "INVALID_TASK",
    "ITEM_NOT_ADDED",
    "ITEM_NOT_FOUND",
    "MISSING_STAFF",
    "NATIVE_PAYMENT_NOT_SUPPORTED",
    "OVERPAID",
    "PAYMENT_ID_NOT_FOUND",
    "PAYMENT_METHOD_NOT_FOUND",
    "STAFF_NOT_FOUND",
    "UPDATE_FAILED",
    "UNKNOWN",
)


def page(request: HttpRequest) -> HttpResponse:
    """Serve the whole page."""
    with store.lock:
        try:
            location = _location(request)
        except Refusal as refusal:
            return json_response(refusal.as_json(request.path), refusal.status)
        catalogue = store.catalogues[location]
        shown = {
            "location": location,
            "locations": LOCATION_NAMES,
            "name": LOCATION_NAMES[location],
            "version": store.version,
            "sections": _sections(location),
            "switches": _switches(),
            "habits": store.habits,
            "payment_refusals": PAYMENT_REFUSALS,
            "reasons": reasons.examples(),
            "currency": store.currencies[location].code,
            "currencies": list(CURRENCIES),
            "ready": store.readiness[location].ready,
            "sellable": [_item_context(location, entry) for entry in catalogue.sellable()],
            "tables": sorted(checks.active_tables(location)),
            "methods": PAYMENT_METHODS,
        }
        return render(request, "sandbox/till.html", shown)


def data(request: HttpRequest) -> Json:
    """Return all cards if the state has changed since the page's version; otherwise say that nothing changed."""
    location = _location(request)
    if request.GET.get("since") == str(store.version):
        return {"version": store.version, "changed": False}
    return {
        "version": store.version,
        "changed": True,
        "sections": _sections(location),
        "switches": _switches(),
        "ready": store.readiness[location].ready,
    }


def _switches() -> dict[str, Json]:
    return {"faults": store.faults.as_json(), "habits": store.habits.as_json()}


def _location(request: HttpRequest) -> int:
    text = request.GET.get("location", str(HIGH_STREET))
    return own_location(int(text) if text.isdecimal() else 0)


def _sections(location: int) -> dict[str, list[Json]]:
    """Render all cards of a location, by section."""
    orders = [order for order in reversed(store.orders.values()) if order.location == location]
    undecided = [order for order in orders if order.status == "accepted"]
    failed = [order for order in orders if order.status == "failed"]
    payments = [payment for payment in reversed(store.payments.values()) if payment.location == location]
    refused = [payment for payment in payments if payment.status == "failed"]
    open_payments = [payment for payment in payments if payment.status == "accepted"]
    messages = [message for message in reversed(store.messages) if message.location == location]
    return {
        "incoming": [
            *(_card("order", order.reference, _order_context(order)) for order in undecided + failed[:LATEST]),
            *(_card("payment", each.reference, {"payment": each}) for each in open_payments + refused[:LATEST]),
        ],
        "checks": [
            _card("check", check.identifier, _check_context(check)) for check in reversed(checks.open_checks(location))
        ],
        "messages": [
            _card("message", f"message-{len(messages) - place}", {"message": message})
            for place, message in enumerate(messages[:LATEST])
        ],
        "items": [
            _card("item", entry["sku"], _item_context(location, entry))
            for entry in store.catalogues[location].sellable()
        ],
    }


def _card(kind: str, key: str, context: Json) -> Json:
    return {"key": key, "html": render_to_string(f"sandbox/_{kind}.html", context | {"key": key}).strip()}


def _order_context(order: Order) -> Json:
    return {"order": order, "customer": _customer(order.body), "received_at": order.received_at}


def _check_context(check: Check) -> Json:
    body = store.orders[check.reference].body if check.reference else {}
    address = body.get("deliveryAddress", {})
    parts = (address.get(part) for part in ("addressLine1", "addressLine2", "zip", "city"))
    return {
        "check": check,
        "kind": _kind(check, bool(address)),
        "due": check.due,
        "address": ", ".join(part for part in parts if part),
        "phone": body.get("customerInfo", {}).get("contactNumberAsE164"),
        "wanted_at": _moment(body.get("orderCollectionTimeAsIso8601") or body.get("scheduledTimeForOrderAsIso8601")),
    }


def _kind(check: Check, has_address: bool) -> str:
    if check.table is not None:
        return "Table order" if check.reference else "Table"
    if check.reference is None:
        return "Counter"
    return "Delivery" if has_address or check.profile in DELIVERY_PROFILES else "Pickup"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _customer(body: Json) -> str:
    customer = body["customerInfo"]
    return f"{customer['firstName']} {customer.get('lastName', '')}".strip()


def _item_context(location: int, entry: Json) -> Json:
    restriction = store.restrictions.get((location, entry["sku"]))
    return {
        "sku": entry["sku"],
        "name": entry["productName"],
        "price": guest_price(entry, {}, store.currencies[location]),
        "restricted": restriction is not None,
        "left": max(restriction.count or 0, 0) if restriction else None,
    }
