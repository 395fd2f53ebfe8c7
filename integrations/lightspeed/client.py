"""One function for each Lightspeed endpoint: path, parameters and the outer shape of the response.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/). Every function may raise what
`LightspeedHttp.call` raises, and `BadAnswer` if the response's outer shape is not as documented.
"""

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

from integrations.lightspeed import errors
from integrations.lightspeed.errors import Call
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.json_fields import Json, as_object, as_objects, count, malformed
from integrations.pos import NotFound

# Seconds. The POS takes long to produce a large menu.
_MENU_TIMEOUT = 45.0
# For calls that the caller can do without, so that they cannot use up its time.
_OPTIONAL_TIMEOUT = 6.0
# For calls that a guest or an order is waiting for, and can do without.
_QUICK_TIMEOUT = 3.0
# For checks: a guest at the table is waiting, and they are asked for again soon.
_CHECKS_TIMEOUT = 8.0
MAX_SKUS = 50
"""The most SKUs in one request for item availability."""
_MAX_AVAILABILITY_PAGES = 50


def businesses(*, http: LightspeedHttp) -> list[Json]:
    """Return what the consent covers: `[{name, id, businessLocations: [{id, name}]}]`."""
    return as_objects(http.call("GET", "/o/op/data/businesses", kind=Call.READ), "businesses")


def menu_list(*, http: LightspeedHttp, location: int) -> list[Json]:
    """Return the menus: `[{menuName, ikentooMenuId}]`."""
    query = {"businessLocationId": str(location)}
    return as_objects(http.call("GET", "/o/op/1/menu/list", kind=Call.READ, query=query), "menu list")


def menu_load(
    *,
    http: LightspeedHttp,
    location: int,
    menu_id: str,
    account_profile: str = "",
    read_timeout: float = _MENU_TIMEOUT,
) -> bytes:
    """Return one whole menu with rich content as unparsed JSON, at normal prices or those of an order profile."""
    query = {"businessLocationId": str(location), "richContent": "true"}
    if account_profile:
        query["accountProfile"] = account_profile
    path = f"/o/op/2/menu/load/{_path_segment(menu_id)}"
    return http.fetch("GET", path, kind=Call.READ, query=query, read_timeout=read_timeout)


def item_availability(*, http: LightspeedHttp, location: int, skus: Collection[str]) -> list[Json]:
    """Return the pages of the answer about the items: `[{data: [{sku, count, updatedAt}], metadata: {warnings}}]`.

    Lightspeed wants 1 to 50 SKUs in a request and has none for all items. Only restricted items have a row.
    """
    distinct = list(dict.fromkeys(skus))
    return [
        page
        for first in range(0, len(distinct), MAX_SKUS)
        for page in _availability_pages(http, location, distinct[first : first + MAX_SKUS])
    ]


def _availability_pages(http: LightspeedHttp, location: int, skus: list[str]) -> Iterator[Json]:
    where = "item availability"
    for page in range(_MAX_AVAILABILITY_PAGES):
        # Without a size a page has 25 rows, half of the answer.
        query = {"businessLocationId": str(location), "page": str(page), "size": str(MAX_SKUS)}
        answer = http.call(
            "POST",
            "/o/op/1/itemAvailability",
            kind=Call.READ,
            query=query,
            body={"skus": skus},
            read_timeout=_QUICK_TIMEOUT,
        )
        found = as_object(answer, where)
        pages = count(as_object(found.get("metadata"), where), "totalPages", where)
        yield found
        if pages is None or page + 1 >= pages:
            return
    raise malformed(where, f"has more than {_MAX_AVAILABILITY_PAGES} pages")


def readiness(*, http: LightspeedHttp, location: int) -> Json:
    """Return `{status: READY | NOT_READY, onlineOrderingApiConfiguration: {enabled}, posStatus: {salesPeriod, …}}`."""
    query = {"businessLocationId": str(location)}
    path = "/o/op/1/onlineOrderReadiness"
    return as_object(
        http.call("GET", path, kind=Call.READ, query=query, read_timeout=_QUICK_TIMEOUT), "online order readiness"
    )


def discounts(*, http: LightspeedHttp, location: int) -> list[Json]:
    """Return the discounts: `[{name, code, discountPercentage or discountAmount}]`."""
    query = {"businessLocationId": str(location)}
    path = "/o/op/1/menu/discounts"
    return as_objects(http.call("GET", path, kind=Call.READ, query=query, read_timeout=_QUICK_TIMEOUT), "discounts")


def open_checks(*, http: LightspeedHttp, location: int) -> list[Json]:
    """Return the open checks: `[AccountSnapshot]`.

    Lightspeed lists dine-in checks opened within the past 15 hours, and none for a location in trial mode.
    """
    return as_objects(_checks(http, location, "/o/op/1/order/table/getCheck"), "open checks")


def open_check(*, http: LightspeedHttp, location: int, identifier: str) -> Json:
    """Return one open check by its identifier, such as `A78094.48`. Raises `NotFound` if it is gone."""
    return as_object(_checks(http, location, f"/o/op/1/order/accounts/{_path_segment(identifier)}"), "check")


def open_check_at(*, http: LightspeedHttp, location: int, table: int) -> Json:
    """Return the oldest open check of a table, by the table's number. Raises `NotFound` if it has none."""
    return as_object(_checks(http, location, f"/o/op/1/order/table/{table}/getCheck"), "check of a table")


def _checks(http: LightspeedHttp, location: int, path: str) -> Any:
    query = {"businessLocationId": str(location)}
    return http.call("GET", path, kind=Call.READ, query=query, read_timeout=_CHECKS_TIMEOUT)


def sale_of_order(*, http: LightspeedHttp, location: int, reference: str) -> Json:
    """Return the closed sale of the order with this reference of ours. Needs the scope `financial-api`.

    Raises:
        NotFound: no closed sale came of it.
    """
    query = {"externalReferenceId": f"TASK:OO-{location}-{reference}"}
    path = f"/f/finance/{location}/saleByExternalReference"
    return as_object(http.call("GET", path, kind=Call.READ, query=query), "sale")


def print_message(*, http: LightspeedHttp, location: int, message: str) -> None:
    """Show a message on the till and print it. Lightspeed keeps it for a day while the till is offline."""
    query = {"businessLocationId": str(location)}
    body = {"message": message, "alsoToPrinter": True}
    http.call("POST", "/o/op/1/printMsg", kind=Call.WRITE, query=query, body=body, read_timeout=_OPTIONAL_TIMEOUT)


def floor_plans(*, http: LightspeedHttp, location: int) -> list[Json]:
    """Return the floor plans: `[{id, name, tables: [{number, id, active, description, defaultClientCount}]}]`.

    Raises:
        NotFound: the location has no floor plan.
    """
    query = {"expandTables": "true"}
    answer = http.call("GET", f"/o/op/data/{location}/floorplans", kind=Call.READ, query=query)
    return as_objects(answer, "floor plans")


def account_profiles(*, http: LightspeedHttp, location: int) -> list[Json]:
    """Return the order profiles: `[{id, code, name, deliveryMode: NONE | TAKE_AWAY | DELIVERY}]`."""
    query = {"businessLocationId": str(location)}
    answer = as_object(http.call("GET", "/o/op/data/account-profiles", kind=Call.READ, query=query), "order profiles")
    return as_objects(answer.get("accountProfileList"), "order profiles, accountProfileList")


def payment_methods(*, http: LightspeedHttp, location: int) -> list[Json]:
    """Return the payment methods: `[{name, code, accountingReference, pmId}]`. Needs the scope `financial-api`."""
    answer = as_object(http.call("GET", f"/f/finance/{location}/paymentMethods", kind=Call.READ), "payment methods")
    embedded = answer.get("_embedded")
    if embedded is None:
        # HAL omits `_embedded` altogether when the list is empty.
        return []
    methods = as_object(embedded, "payment methods, _embedded").get("paymentMethodList")
    return as_objects(methods, "payment methods, paymentMethodList")


def allergens(*, http: LightspeedHttp) -> list[Json]:
    """Return the allergens: `[{code, translations: [{locale, text}]}]`."""
    return as_objects(http.call("GET", "/i/allergens", kind=Call.READ, read_timeout=_OPTIONAL_TIMEOUT), "allergens")


def order_to_go(*, http: LightspeedHttp, order: Json) -> None:
    """Send a pickup or delivery order. Returning means accepted for delivery, not yet on the till.

    Raises:
        Duplicate: its reference was used before.
        Rejected: also for any status but `ok`, after which nothing arrives.
        Unreachable: also for a response that cannot be read, because the order may have arrived.
    """
    _deliver(http, "/o/op/1/order/toGo", order, Call.ORDER)


def order_local(*, http: LightspeedHttp, order: Json) -> None:
    """Send an order to a table, or add one to an open check. Raises as `order_to_go` does."""
    _deliver(http, "/o/op/1/order/local", order, Call.ORDER)


def _deliver(http: LightspeedHttp, path: str, body: Json, kind: Call) -> None:
    answer = http.call("POST", path, kind=kind, body=body)
    status = answer.get("status") if isinstance(answer, dict) else None
    if not isinstance(status, str):
        raise errors.for_bad_body(call=kind, status=200, detail=f"The response to the {kind} has no status.")
    if status != "ok":
        raise errors.not_accepted(status, call=kind)


def pay(*, http: LightspeedHttp, payment: Json) -> None:
    """Send a payment for a check. Raises as `order_to_go` does."""
    _deliver(http, "/o/op/1/pay", payment, Call.PAYMENT)


def tax_breakdown(*, http: LightspeedHttp, location: int, order: Json) -> Json:
    """Return what the till would charge for an order: `{amountDue, totalNetAmountInCents, …}`."""
    path = f"/tp/v1/business-locations/{location}/tax-breakdown"
    answer = http.call("POST", path, kind=Call.READ, body=order, read_timeout=_QUICK_TIMEOUT)
    return as_object(answer, "tax breakdown")


def webhook(*, http: LightspeedHttp, endpoint_id: str) -> Json:
    """Return a webhook endpoint. Raises `NotFound` if it is not registered."""
    path = f"/o/wh/1/webhook/{_path_segment(endpoint_id)}"
    return as_object(http.call("GET", path, kind=Call.READ, read_timeout=_OPTIONAL_TIMEOUT), "webhook")


def webhook_locations(*, http: LightspeedHttp, endpoint_id: str) -> list[Json]:
    """Return the locations of an endpoint: `[{businessLocationId, warnings}]`. Raises `NotFound` if there is none."""
    path = f"/o/wh/1/webhook/{_path_segment(endpoint_id)}/business-locations"
    return as_objects(http.call("GET", path, kind=Call.READ, read_timeout=_OPTIONAL_TIMEOUT), "webhook, locations")


def create_webhook(*, http: LightspeedHttp, endpoint: Json) -> None:
    """Register a new endpoint. Raises `Rejected` if it exists."""
    http.call("PUT", "/o/wh/1/webhook", kind=Call.WRITE, body=endpoint)


def update_webhook(*, http: LightspeedHttp, endpoint: Json) -> None:
    """Replace an endpoint. Flags that are left out are reset to their defaults."""
    http.call("POST", "/o/wh/1/webhook", kind=Call.WRITE, body=endpoint)


def delete_webhook(*, http: LightspeedHttp, endpoint_id: str) -> None:
    """Delete an endpoint. Raises `NotFound` if it does not exist."""
    http.call("DELETE", f"/o/wh/1/webhook/{_path_segment(endpoint_id)}", kind=Call.WRITE)


def add_webhook_location(*, http: LightspeedHttp, endpoint_id: str, location: int) -> Any:
    """Add a location to an endpoint. Without it the endpoint gets no notifications of items and readiness.

    Returns the answer unchecked, `{businessLocationId, warnings}` by the documentation.
    """
    path = f"/o/wh/1/webhook/{_path_segment(endpoint_id)}/business-locations/{location}"
    return http.call("PUT", path, kind=Call.WRITE)


def remove_webhook_location(*, http: LightspeedHttp, endpoint_id: str, location: int) -> None:
    """Remove a location from an endpoint. Raises `NotFound` if either does not exist."""
    path = f"/o/wh/1/webhook/{_path_segment(endpoint_id)}/business-locations/{location}"
    http.call("DELETE", path, kind=Call.WRITE)


def _path_segment(text: str) -> str:
    if not text or text in {".", ".."}:
        raise NotFound("This has no id in Lightspeed.")
    return quote(text, safe="")
