"""The calls about the venue: businesses, floor plans, profiles, payment methods, availability, readiness, messages."""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import not_found
from integrations.sandbox.api.menu import hal
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import location_of, number_of, own_location, read_json
from integrations.sandbox.data.venue import BUSINESSES, FLOOR_PLANS, ORDER_PROFILES, PAYMENT_METHODS
from integrations.sandbox.records import Message
from integrations.sandbox.state import store
from integrations.sandbox.till import register
from integrations.sandbox.webhooks_out import notifications

Json = dict[str, Any]


def businesses(request: HttpRequest) -> list[Json]:
    """List the businesses that the token opens."""
    return BUSINESSES


def floor_plans(request: HttpRequest, bl: int) -> list[Json]:
    """List a location's floor plans, with their tables when asked for."""
    plans = _plans(bl)
    if request.GET.get("expandTables", "").lower() == "true":
        return plans
    return [{"id": plan["id"], "name": plan["name"]} for plan in plans]


def tables(request: HttpRequest, bl: int, plan_id: int) -> list[Json]:
    """List the tables of one floor plan."""
    for plan in _plans(bl):
        if plan["id"] == plan_id:
            found: list[Json] = plan["tables"]
            return found
    raise not_found(f"Floor plan {plan_id} not found")


def _plans(bl: int) -> list[Json]:
    if own_location(bl) not in FLOOR_PLANS:
        raise not_found(f"No floor plan is configured for business location {bl}")
    return FLOOR_PLANS[bl]


def order_profiles(request: HttpRequest) -> Json:
    """List a location's order profiles."""
    return {"businessLocationId": location_of(request), "accountProfileList": ORDER_PROFILES}


def order_profile(request: HttpRequest, bl: int, code: str) -> Json:
    """Return one order profile."""
    own_location(bl)
    for profile in ORDER_PROFILES:
        if profile["code"] == code:
            return profile
    raise not_found(f"Account profile {code} not found")


def payment_methods(request: HttpRequest, bl: int) -> Json:
    """List a location's payment methods."""
    own_location(bl)
    return hal("paymentMethodList", PAYMENT_METHODS, request.path)


def readiness(request: HttpRequest) -> Json:
    """Tell whether a location takes online orders."""
    return notifications.readiness(location_of(request))


def print_message(request: HttpRequest) -> Json:
    """Show a message on the till."""
    body = validated("printMessage", read_json(request))
    message = Message(location_of(request), body["message"], body.get("alsoToPrinter", False), clock.now())
    register.show_message(message)
    return {"status": "ok"}


def restricted_items(request: HttpRequest) -> Json:
    """Return a page of all restricted items."""
    location = location_of(request)
    skus = sorted(sku for place, sku in store.restrictions if place == location)
    return _availability(request, location, skus, [])


def restrictions_of(request: HttpRequest) -> Json:
    """Return the restrictions of the SKUs asked for; those without one have no row."""
    location = location_of(request)
    asked = validated("itemAvailabilityRequest", read_json(request))["skus"]
    unknown = [sku for sku in asked if not store.catalogues[location].find(sku)]
    skus = [sku for sku in dict.fromkeys(asked) if (location, sku) in store.restrictions]
    return _availability(request, location, skus, [f"Unknown sku: {sku}" for sku in unknown])


def _availability(request: HttpRequest, location: int, skus: list[str], warnings: list[str]) -> Json:
    page = number_of(request, "page", 0, least=0, most=10**6)
    size = number_of(request, "size", 50, least=1, most=1000)
    rows = skus[page * size : (page + 1) * size]
    return {
        "data": [_row(location, sku) for sku in rows],
        "metadata": {
            "warnings": warnings,
            "current": {"page": page, "pageSize": size},
            "total": len(skus),
            "totalPages": -(-len(skus) // size),
        },
    }


def _row(location: int, sku: str) -> Json:
    restriction = store.restrictions[location, sku]
    return {"sku": sku, "count": restriction.count, "updatedAt": clock.iso(restriction.updated_at)}
