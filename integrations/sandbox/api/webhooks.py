"""Registration of webhook endpoints and of their locations, which ITEM and ORDER_API notifications need."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import bad_request, not_found
from integrations.sandbox.api.oauth import is_loopback
from integrations.sandbox.api.schemas import validated
from integrations.sandbox.api.web import own_location, read_json
from integrations.sandbox.records import Endpoint
from integrations.sandbox.state import store

Json = dict[str, Any]

WARNING: Json = {
    "information": "Item availability needs a newer version of the app on the tills of this business location.",
    "type": "APP_VERSION",
}
SUBSCRIPTIONS = {
    ("order", "DELIVERED"),
    ("item", "SALES_RESTRICTION_UPDATED"),
    ("order_api", "ONLINE_ORDER_READINESS"),
}


def create(request: HttpRequest) -> Json:
    """Register a new endpoint. An existing one is updated by POST instead."""
    endpoint = _endpoint(read_json(request))
    if endpoint.endpoint_id in store.endpoints:
        raise bad_request("endpointId", f"Endpoint {endpoint.endpoint_id} already exists", code="Unique")
    store.endpoints[endpoint.endpoint_id] = endpoint
    return endpoint.as_json()


def update(request: HttpRequest) -> Json:
    """Replace an endpoint. Flags that are left out fall back to their defaults; its locations are kept."""
    endpoint = _endpoint(read_json(request))
    endpoint.locations = _known(endpoint.endpoint_id).locations
    store.endpoints[endpoint.endpoint_id] = endpoint
    return endpoint.as_json()


def read(request: HttpRequest, endpoint_id: str) -> Json:
    """Return an endpoint."""
    return _known(endpoint_id).as_json()


def remove(request: HttpRequest, endpoint_id: str) -> Json:
    """Remove an endpoint."""
    _known(endpoint_id)
    del store.endpoints[endpoint_id]
    return {"status": "ok"}


def locations(request: HttpRequest, endpoint_id: str) -> list[Json]:
    """List the locations added to an endpoint. By habit, each comes with a warning."""
    endpoint = _known(endpoint_id)
    return [_location(endpoint, bl) for bl in sorted(endpoint.locations)]


def add_location(request: HttpRequest, endpoint_id: str, bl: int) -> Json:
    """Add a location to an endpoint, which then gets its ITEM and ORDER_API notifications."""
    endpoint = _known(endpoint_id)
    endpoint.locations.setdefault(own_location(bl), clock.now())
    return _location(endpoint, bl)


def _location(endpoint: Endpoint, bl: int) -> Json:
    added_at = clock.iso(endpoint.locations[bl])
    return {
        "businessLocationId": bl,
        "createdAt": added_at,
        "updatedAt": added_at,
        "warnings": [WARNING] if store.habits.location_warning else [],
    }


def remove_location(request: HttpRequest, endpoint_id: str, bl: int) -> Json:
    """Remove a location from an endpoint."""
    endpoint = _known(endpoint_id)
    if own_location(bl) not in endpoint.locations:
        raise not_found(f"Business location {bl} was not added to endpoint {endpoint_id}")
    del endpoint.locations[bl]
    return {"status": "ok"}


def _known(endpoint_id: str) -> Endpoint:
    endpoint = store.endpoints.get(endpoint_id)
    if endpoint is None:
        raise not_found(f"endpoint ID not found for {endpoint_id}")
    return endpoint


def _endpoint(received: Any) -> Endpoint:
    body = validated("webhookEndpoint", received)
    url = urlsplit(body["url"])
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname)):
        raise bad_request("url", "must be an https URL", code="URL", rejected=body["url"])
    subscriptions = body.get("subscribeTo", [])
    for place, wanted in enumerate(subscriptions):
        if (wanted["resource"], wanted["name"]) not in SUBSCRIPTIONS:
            raise bad_request(f"subscribeTo[{place}]", "Unknown subscription", code="NotFound", rejected=wanted)
    with_basic_auth = body.get("withBasicAuth", False)
    if with_basic_auth and not (body.get("username") and body.get("password")):
        raise bad_request("username", "username and password are needed with withBasicAuth", code="NotNull")
    return Endpoint(
        endpoint_id=body["endpointId"],
        url=body["url"],
        with_basic_auth=with_basic_auth,
        username=body.get("username"),
        password=body.get("password"),
        provide_account=body.get("provideAccount", False),
        expand_transactions=body.get("expandTransactions", False),
        expand_payments=body.get("expandPayments", False),
        subscriptions=[{"resource": wanted["resource"], "name": wanted["name"]} for wanted in subscriptions],
    )
