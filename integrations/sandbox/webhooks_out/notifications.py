"""What the POS tells, to whom, and in which words."""

from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.records import Check, Endpoint, Order, PaymentOrder
from integrations.sandbox.state import store
from integrations.sandbox.till import snapshots
from integrations.sandbox.webhooks_out import delivery

Json = dict[str, Any]


def order_taken(order: Order, check: Check) -> None:
    """Tell that an order is on the till."""
    _to_endpoint(order.endpoint_id, _order("SUCCESS", order.location, order.reference), check)


def order_refused(order: Order, reason: str) -> None:
    """Tell that an order will never be on the till."""
    _to_endpoint(order.endpoint_id, _order("FAILURE", order.location, order.reference) | {"reason": reason}, None)


def check_changed(check: Check, status: str = "CHECK_WAS_UPDATED") -> None:
    """Tell what became of a check: to those who ordered or paid on it, and to those who watch the location.

    A check that staff opened has no reference to give.
    """
    for endpoint in list(store.endpoints.values()):
        if status == "DELIVERED" and not endpoint.subscribes("order", "DELIVERED"):
            continue
        if endpoint.endpoint_id in check.endpoint_ids or check.location in endpoint.locations:
            _to_endpoint(endpoint.endpoint_id, _order(status, check.location, check.reference), check)


def payment_taken(payment: PaymentOrder, identifier: str) -> None:
    """Tell that a payment is on its check."""
    _to_endpoint(payment.endpoint_id, _payment("SUCCESS", payment) | {"ikentooAccountIdentifier": identifier}, None)


def payment_refused(payment: PaymentOrder, reason: str, errors: Json) -> None:
    """Tell that a payment was not applied."""
    identifier = payment.body.get("iKaccountIdentifier")
    known = {"ikentooAccountIdentifier": identifier} if identifier else {}
    _to_endpoint(payment.endpoint_id, _payment("FAILURE", payment) | known | {"reason": reason, "errors": errors}, None)


def item_restricted(location: int, sku: str) -> None:
    """Tell how often an item may still be sold."""
    restriction = store.restrictions.get((location, sku))
    body: Json = {
        "type": "ITEM",
        "sku": sku,
        "businessLocationId": location,
        "count": restriction.count if restriction else None,
        "countUpdatedAt": clock.iso(restriction.updated_at if restriction else clock.now()),
        "status": "RESTRICTED" if restriction else "NOT_RESTRICTED",
    }
    _to_watchers(location, "item", "SALES_RESTRICTION_UPDATED", body)


def readiness_changed(location: int) -> None:
    """Tell whether the location takes online orders."""
    body = {"type": "ORDER_API", "businessLocationId": location, **readiness(location)}
    _to_watchers(location, "order_api", "ONLINE_ORDER_READINESS", body)


def readiness(location: int) -> Json:
    """Write a location's readiness for online orders."""
    now = store.readiness[location]
    asleep = store.faults.till_asleep
    return {
        "status": "READY" if now.ready and not asleep else "NOT_READY",
        "lastUpdatedAt": clock.iso(now.since),
        "onlineOrderingApiConfiguration": {"enabled": now.enabled, "orderProfileId": 611, "staffId": 801},
        "posStatus": {
            "salesPeriod": "OPENED" if now.opened else "CLOSED",
            "acceptingOnlineOrders": now.accepting,
            "availableDevices": 0 if asleep else now.devices,
        },
    }


def _order(status: str, location: int, reference: str | None) -> Json:
    body: Json = {"type": "ORDER", "status": status, "businessLocationId": location}
    return body | ({"thirdPartyReference": reference} if reference else {})


def _payment(status: str, payment: PaymentOrder) -> Json:
    return {
        "type": "PAYMENT",
        "status": status,
        "businessLocationId": payment.location,
        "thirdPartyReference": payment.reference,
    }


def _to_endpoint(endpoint_id: str, body: Json, check: Check | None) -> None:
    endpoint = store.endpoints.get(endpoint_id)
    if endpoint is None:
        return
    if check is not None:
        body = body | {"ikentooAccountIdentifier": check.identifier, "ikentooAccountId": check.account_id}
        if endpoint.provide_account:
            body["account"] = snapshots.account(check, clock.iso(clock.now()) if check.state == "closed" else None)
    delivery.send(endpoint, body)


def _to_watchers(location: int, resource: str, name: str, body: Json) -> None:
    watchers: list[Endpoint] = [
        endpoint
        for endpoint in store.endpoints.values()
        if location in endpoint.locations and endpoint.subscribes(resource, name)
    ]
    for endpoint in watchers:
        delivery.send(endpoint, body)
