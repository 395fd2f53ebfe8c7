"""The notifications of the POS: their content and their receivers.

Sources: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/) and integrators' logs.
"""

from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.outbox import delivery
from integrations.sandbox.records import Check, Endpoint, Order, PaymentTask, Readiness
from integrations.sandbox.state import store
from integrations.sandbox.till import snapshots

Json = dict[str, Any]


def order_arrived(order: Order, check: Check) -> None:
    """Notify that an order is on the till. The habit decides in which words, or that nothing is sent."""
    status = store.habits.arrival
    if status == "SILENT" or (status == "DELIVERED" and not _subscribes(order.endpoint_id, "order", "DELIVERED")):
        return
    _send_to(order.endpoint_id, _order(status, order.location, order.reference), check)


def order_failed(order: Order, reason: str) -> None:
    """Notify that the till refused an order."""
    body = _order("FAILURE", order.location, order.reference) | {"reason": reason}
    if store.habits.bare_order_failures:
        body = _bare(body)
    _send_to(order.endpoint_id, body, None)


def check_changed(check: Check, status: str = "CHECK_WAS_UPDATED") -> None:
    """Notify a change of a check to the endpoints that ordered or paid on it or have added its location.

    A check opened by staff has no reference.
    """
    for endpoint in list(store.endpoints.values()):
        if status == "DELIVERED" and not endpoint.subscribes("order", "DELIVERED"):
            continue
        if endpoint.endpoint_id in check.endpoint_ids or check.location in endpoint.locations:
            _send_to(endpoint.endpoint_id, _order(status, check.location, check.reference), check)


def payment_applied(payment: PaymentTask, identifier: str) -> None:
    """Notify that a payment is on its check."""
    _send_to(payment.endpoint_id, _payment("SUCCESS", payment) | {"ikentooAccountIdentifier": identifier}, None)


def payment_failed(payment: PaymentTask, reason: str, errors: Json) -> None:
    """Notify that the till refused a payment."""
    identifier = payment.body.get("iKaccountIdentifier")
    known = {"ikentooAccountIdentifier": identifier} if identifier else {}
    body = _payment("FAILURE", payment) | known | {"reason": reason, "errors": errors}
    if store.habits.bare_payment_failures:
        body = _bare(body)
    _send_to(payment.endpoint_id, body, None)


def item_restricted(location: int, sku: str) -> None:
    """Notify an item's restriction, or that it has none any more."""
    restriction = store.restrictions.get((location, sku))
    body: Json = {
        "type": "ITEM",
        "sku": sku,
        "businessLocationId": location,
        "count": restriction.count if restriction else None,
        "countUpdatedAt": clock.iso(restriction.updated_at if restriction else clock.now()),
        "status": "RESTRICTED" if restriction else "NOT_RESTRICTED",
    }
    _send_to_subscribers(location, "item", "SALES_RESTRICTION_UPDATED", body)


def readiness_changed(location: int) -> None:
    """Notify a location's readiness if any of its conditions has changed; never the same twice."""
    conditions = _conditions(store.readiness[location], asleep=store.faults.till_asleep)
    if conditions == store.notified_readiness.get(location, _conditions(Readiness(), asleep=False)):
        return
    store.notified_readiness[location] = conditions
    store.readiness[location].since = clock.now()
    body = {"type": "ORDER_API", "businessLocationId": location, **readiness(location)}
    _send_to_subscribers(location, "order_api", "ONLINE_ORDER_READINESS", body)


def readiness(location: int) -> Json:
    """Return a location's readiness for online orders. READY needs all four conditions."""
    now = store.readiness[location]
    return _conditions(now, asleep=store.faults.till_asleep) | {"lastUpdatedAt": clock.iso(now.since)}


def _conditions(now: Readiness, *, asleep: bool) -> Json:
    devices = 0 if asleep else now.devices
    return {
        "status": "READY" if now.ready and not asleep else "NOT_READY",
        "onlineOrderingApiConfiguration": {"enabled": now.enabled, "orderProfileId": 611, "staffId": 801},
        "posStatus": {
            "salesPeriod": "OPENED" if now.opened else "CLOSED",
            "acceptingOnlineOrders": now.accepting,
            "availableDevices": devices > 0 if store.habits.devices_as_flag else devices,
        },
    }


def _bare(body: Json) -> Json:
    """Reduce a failure to what integrators' logs show: no type and no location."""
    return {name: body[name] for name in ("status", "reason", "thirdPartyReference")}


def _order(status: str, location: int, reference: str | None) -> Json:
    body: Json = {"type": "ORDER", "status": status, "businessLocationId": location}
    return body | ({"thirdPartyReference": reference} if reference else {})


def _payment(status: str, payment: PaymentTask) -> Json:
    return {
        "type": "PAYMENT",
        "status": status,
        "businessLocationId": payment.location,
        "thirdPartyReference": payment.reference,
    }


def _subscribes(endpoint_id: str, resource: str, name: str) -> bool:
    endpoint = store.endpoints.get(endpoint_id)
    return endpoint is not None and endpoint.subscribes(resource, name)


def _send_to(endpoint_id: str, body: Json, check: Check | None) -> None:
    endpoint = store.endpoints.get(endpoint_id)
    if endpoint is None:
        return
    if check is not None:
        account_id = int(check.account_id) if store.habits.account_id_as_number else check.account_id
        body = body | {"ikentooAccountIdentifier": check.identifier, "ikentooAccountId": account_id}
        if endpoint.provide_account:
            body["account"] = snapshots.account(check)
    delivery.send(endpoint, body)


def _send_to_subscribers(location: int, resource: str, name: str, body: Json) -> None:
    subscribers: list[Endpoint] = [
        endpoint
        for endpoint in store.endpoints.values()
        if location in endpoint.locations and endpoint.subscribes(resource, name)
    ]
    for endpoint in subscribers:
        delivery.send(endpoint, body)
