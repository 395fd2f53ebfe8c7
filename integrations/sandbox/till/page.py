"""The till page: what staff see, rendered once by the server and kept up to date a card at a time.

The page asks for changes twice a second. A card is a piece of HTML under a key; the page replaces the cards whose HTML
is not what it has, so the server's templates are the only place that knows what a card looks like. Whatever staff type
into stands in dialogs outside of the cards, where no update reaches it.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from integrations.sandbox.api.errors import Refusal
from integrations.sandbox.api.web import answer, own_location
from integrations.sandbox.data.venue import HIGH_STREET, LOCATION_NAMES, ORDER_PROFILES, PAYMENT_METHODS
from integrations.sandbox.records import Check, Order
from integrations.sandbox.state import store
from integrations.sandbox.till import checks
from integrations.sandbox.till.catalogue import guest_price

Json = dict[str, Any]

LATEST = 12
DELIVERY_PROFILES = {profile["code"] for profile in ORDER_PROFILES if profile["deliveryMode"] == "DELIVERY"}


def page(request: HttpRequest) -> HttpResponse:
    """Serve the page with everything on it."""
    with store.lock:
        try:
            location = _location(request)
        except Refusal as refusal:
            return answer(refusal.as_json(request.path), refusal.status)
        catalogue = store.catalogues[location]
        shown = {
            "location": location,
            "locations": LOCATION_NAMES,
            "name": LOCATION_NAMES[location],
            "version": store.version,
            "sections": _sections(location),
            "faults": store.faults,
            "ready": store.readiness[location].ready,
            "sellable": [_item_face(location, entry) for entry in catalogue.sellable()],
            "tables": sorted(checks.active_tables(location)),
            "methods": PAYMENT_METHODS,
        }
        return render(request, "sandbox/till.html", shown)


def data(request: HttpRequest) -> Json:
    """Return what changed since the version that the page has; usually that nothing did."""
    location = _location(request)
    if request.GET.get("since") == str(store.version):
        return {"version": store.version, "changed": False}
    return {
        "version": store.version,
        "changed": True,
        "sections": _sections(location),
        "faults": store.faults.as_json(),
        "ready": store.readiness[location].ready,
    }


def _location(request: HttpRequest) -> int:
    text = request.GET.get("location", str(HIGH_STREET))
    return own_location(int(text) if text.isdecimal() else 0)


def _sections(location: int) -> dict[str, list[Json]]:
    """Render every card of a location, by section."""
    orders = [order for order in reversed(store.orders.values()) if order.location == location]
    undecided = [order for order in orders if order.status == "accepted"]
    failed = [order for order in orders if order.status == "failed"]
    messages = [message for message in reversed(store.messages) if message.location == location]
    return {
        "incoming": [_card("order", order.reference, _order_face(order)) for order in undecided + failed[:LATEST]],
        "checks": [
            _card("check", check.identifier, _check_face(check)) for check in reversed(checks.open_checks(location))
        ],
        "messages": [
            _card("message", f"message-{len(messages) - place}", {"message": message})
            for place, message in enumerate(messages[:LATEST])
        ],
        "items": [
            _card("item", entry["sku"], _item_face(location, entry)) for entry in store.catalogues[location].sellable()
        ],
    }


def _card(kind: str, key: str, face: Json) -> Json:
    return {"key": key, "html": render_to_string(f"sandbox/_{kind}.html", face | {"key": key}).strip()}


def _order_face(order: Order) -> Json:
    return {"order": order, "customer": _customer(order.body), "received_at": order.received_at}


def _check_face(check: Check) -> Json:
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


def _item_face(location: int, entry: Json) -> Json:
    restriction = store.restrictions.get((location, entry["sku"]))
    return {
        "sku": entry["sku"],
        "name": entry["productName"],
        "price": guest_price(entry, None),
        "restricted": restriction is not None,
        "left": max(restriction.count or 0, 0) if restriction else None,
    }
