"""Calls about the venue: businesses, floor plans, order profiles, payment methods, readiness, messages."""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import not_found
from integrations.sandbox.api.menu import hal
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import location_of, own_location, read_json
from integrations.sandbox.data.venue import BUSINESSES, PAYMENT_METHODS
from integrations.sandbox.outbox import notifications
from integrations.sandbox.records import Message
from integrations.sandbox.state import store
from integrations.sandbox.till import intake, profiles

Json = dict[str, Any]


def businesses(request: HttpRequest) -> list[Json]:
    """List the businesses of the account."""
    return BUSINESSES


def floor_plans(request: HttpRequest, bl: int) -> list[Json]:
    """List a location's floor plans, with their tables if requested."""
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
    if own_location(bl) not in store.floor_plans:
        raise not_found(f"No floor plan is configured for business location {bl}")
    return store.floor_plans[bl]


def order_profiles(request: HttpRequest) -> Json:
    """List a location's active order profiles."""
    return {"businessLocationId": location_of(request), "accountProfileList": profiles.active_profiles()}


def order_profile(request: HttpRequest, bl: int, code: str) -> Json:
    """Return one order profile."""
    own_location(bl)
    for profile in profiles.active_profiles():
        if profile["code"] == code:
            return profile
    raise not_found(f"Account profile {code} not found")


def payment_methods(request: HttpRequest, bl: int) -> Json:
    """List a location's payment methods."""
    own_location(bl)
    return hal("paymentMethodList", PAYMENT_METHODS, request.path)


def readiness(request: HttpRequest) -> Json:
    """Return a location's readiness for online orders."""
    return notifications.readiness(location_of(request))


def print_message(request: HttpRequest) -> Json:
    """Show a message on the till."""
    body = validated("printMessage", read_json(request))
    message = Message(location_of(request), body["message"], body.get("alsoToPrinter", False), clock.now())
    intake.show_message(message)
    return {"status": "ok"}
