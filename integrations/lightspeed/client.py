"""One function for each of Lightspeed's endpoints: paths, parameters, and the outer shape of the answers.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/). Every function may raise what
`LightspeedHttp.call` raises, and `BadAnswer` where the answer's outer shape is not the documented one.
"""

from collections.abc import Collection
from urllib.parse import quote

from integrations.lightspeed import errors
from integrations.lightspeed.errors import Call
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.json_fields import Json, as_object, as_objects, count, malformed
from integrations.pos import NotFound

# A large menu takes the POS long.
_MENU_TIMEOUT = 45.0
# What a menu sync can do without must not cost it its time.
_SIDE_TIMEOUT = 6.0
# A guest, or an order on its way, waits for it, and can do without.
_WAITED_FOR_TIMEOUT = 3.0
_MOST_SKUS = 50
_AVAILABILITY_PAGE = 500
_MOST_AVAILABILITY_PAGES = 100


def businesses(*, http: LightspeedHttp) -> list[Json]:
    """`[{name, id, businessLocations: [{id, name}]}]`, as far as the consent reaches."""
    return as_objects(http.call("GET", "/o/op/data/businesses", kind=Call.READ), "businesses")


def menu_list(*, http: LightspeedHttp, location: int) -> list[Json]:
    """`[{menuName, ikentooMenuId}]`."""
    query = {"businessLocationId": str(location)}
    return as_objects(http.call("GET", "/o/op/1/menu/list", kind=Call.READ, query=query), "menu list")


def menu_load(*, http: LightspeedHttp, location: int, menu_id: str, account_profile: str = "") -> bytes:
    """One whole menu with its rich content, at the normal prices or at an order profile's; JSON to be parsed."""
    query = {"businessLocationId": str(location), "richContent": "true"}
    if account_profile:
        query["accountProfile"] = account_profile
    path = f"/o/op/2/menu/load/{_part(menu_id)}"
    return http.fetch("GET", path, kind=Call.READ, query=query, read_timeout=_MENU_TIMEOUT)


def item_availability(*, http: LightspeedHttp, location: int) -> list[Json]:
    """All restricted items: `[{sku, count, updatedAt}]`."""
    return _availability(http, "GET", location, size=_AVAILABILITY_PAGE, read_timeout=_SIDE_TIMEOUT)


def item_availability_of(*, http: LightspeedHttp, location: int, skus: Collection[str]) -> list[Json]:
    """The restricted ones among the items: `[{sku, count, updatedAt}]`. Asks for fifty at a time."""
    asked, found = list(dict.fromkeys(skus)), []
    for first in range(0, len(asked), _MOST_SKUS):
        body = {"skus": asked[first : first + _MOST_SKUS]}
        found += _availability(http, "POST", location, size=_MOST_SKUS, read_timeout=_WAITED_FOR_TIMEOUT, body=body)
    return found


def _availability(
    http: LightspeedHttp, method: str, location: int, *, size: int, read_timeout: float, body: Json | None = None
) -> list[Json]:
    """The rows of every page."""
    found: list[Json] = []
    where = "item availability"
    for page in range(_MOST_AVAILABILITY_PAGES):
        query = {"businessLocationId": str(location), "page": str(page), "size": str(size)}
        answer = http.call(
            method, "/o/op/1/itemAvailability", kind=Call.READ, query=query, body=body, read_timeout=read_timeout
        )
        found += as_objects(as_object(answer, where).get("data"), where)
        pages = count(as_object(answer.get("metadata"), where), "totalPages", where)
        if pages is None and body is None:
            raise malformed(where, "has no totalPages")
        # An answer about fifty items is whole without saying so.
        if pages is None or page + 1 >= pages:
            return found
    raise malformed(where, f"has more than {_MOST_AVAILABILITY_PAGES} pages")


def readiness(*, http: LightspeedHttp, location: int) -> Json:
    """`{status: READY | NOT_READY, onlineOrderingApiConfiguration: {enabled}, posStatus: {salesPeriod, …}}`."""
    query = {"businessLocationId": str(location)}
    path = "/o/op/1/onlineOrderReadiness"
    return as_object(
        http.call("GET", path, kind=Call.READ, query=query, read_timeout=_WAITED_FOR_TIMEOUT), "online order readiness"
    )


def discounts(*, http: LightspeedHttp, location: int) -> list[Json]:
    """`[{name, code, discountPercentage or discountAmount}]`."""
    query = {"businessLocationId": str(location)}
    path = "/o/op/1/menu/discounts"
    return as_objects(
        http.call("GET", path, kind=Call.READ, query=query, read_timeout=_WAITED_FOR_TIMEOUT), "discounts"
    )


def open_checks(*, http: LightspeedHttp, location: int) -> list[Json]:
    """All checks that are open today: `[AccountSnapshot]`."""
    query = {"businessLocationId": str(location)}
    return as_objects(http.call("GET", "/o/op/1/order/table/getCheck", kind=Call.READ, query=query), "open checks")


def print_message(*, http: LightspeedHttp, location: int, message: str) -> None:
    """Shows a message on the till and prints it. Kept for a day when the POS is offline."""
    query = {"businessLocationId": str(location)}
    body = {"message": message, "alsoToPrinter": True}
    http.call("POST", "/o/op/1/printMsg", kind=Call.WRITE, query=query, body=body, read_timeout=_SIDE_TIMEOUT)


def floor_plans(*, http: LightspeedHttp, location: int) -> list[Json]:
    """`[{id, name, tables: [{number, id, active, description, defaultClientCount}]}]`.

    Raises:
        NotFound: the location has no floor plan.
    """
    query = {"expandTables": "true"}
    answer = http.call("GET", f"/o/op/data/{location}/floorplans", kind=Call.READ, query=query)
    return as_objects(answer, "floor plans")


def account_profiles(*, http: LightspeedHttp, location: int) -> list[Json]:
    """The order profiles: `[{id, code, name, deliveryMode: NONE | TAKE_AWAY | DELIVERY}]`."""
    query = {"businessLocationId": str(location)}
    answer = as_object(http.call("GET", "/o/op/data/account-profiles", kind=Call.READ, query=query), "order profiles")
    return as_objects(answer.get("accountProfileList"), "order profiles, accountProfileList")


def payment_methods(*, http: LightspeedHttp, location: int) -> list[Json]:
    """`[{name, code, accountingReference, pmId}]`; needs the scope `financial-api`."""
    answer = as_object(http.call("GET", f"/f/finance/{location}/paymentMethods", kind=Call.READ), "payment methods")
    embedded = answer.get("_embedded")
    if embedded is None:
        # HAL leaves out an empty list with everything around it.
        return []
    methods = as_object(embedded, "payment methods, _embedded").get("paymentMethodList")
    return as_objects(methods, "payment methods, paymentMethodList")


def allergens(*, http: LightspeedHttp) -> list[Json]:
    """`[{code, translations: [{locale, text}]}]`."""
    return as_objects(http.call("GET", "/i/allergens", kind=Call.READ, read_timeout=_SIDE_TIMEOUT), "allergens")


def order_to_go(*, http: LightspeedHttp, order: Json) -> None:
    """Hands over a pickup or delivery order; returning means accepted for delivery, not yet on the till.

    Raises:
        Duplicate: its reference was used before.
        Unreachable: also for an answer that makes no sense: the order may have arrived.
    """
    _hand_over(http, "/o/op/1/order/toGo", order)


def order_local(*, http: LightspeedHttp, order: Json) -> None:
    """Hands over an order to a table, or more for an open check. Raises what `order_to_go` does."""
    _hand_over(http, "/o/op/1/order/local", order)


def _hand_over(http: LightspeedHttp, path: str, order: Json) -> None:
    answer = http.call("POST", path, kind=Call.ORDER, body=order)
    if not isinstance(answer, dict) or answer.get("status") != "ok":
        raise errors.for_nonsense(call=Call.ORDER, status=200, detail="The answer to the order does not say ok.")


def webhook(*, http: LightspeedHttp, endpoint_id: str) -> Json:
    """A webhook endpoint. Raises `NotFound` when it is not registered."""
    path = f"/o/wh/1/webhook/{_part(endpoint_id)}"
    return as_object(http.call("GET", path, kind=Call.READ, read_timeout=_SIDE_TIMEOUT), "webhook")


def webhook_locations(*, http: LightspeedHttp, endpoint_id: str) -> list[Json]:
    """The locations that an endpoint hears of: `[{id, …}]`. Raises `NotFound` when it is not registered."""
    path = f"/o/wh/1/webhook/{_part(endpoint_id)}/business-locations"
    return as_objects(http.call("GET", path, kind=Call.READ, read_timeout=_SIDE_TIMEOUT), "webhook, locations")


def create_webhook(*, http: LightspeedHttp, endpoint: Json) -> None:
    """Registers an endpoint that is not there yet."""
    http.call("PUT", "/o/wh/1/webhook", kind=Call.WRITE, body=endpoint)


def update_webhook(*, http: LightspeedHttp, endpoint: Json) -> None:
    """Replaces an endpoint; flags that are left out fall back to their defaults."""
    http.call("POST", "/o/wh/1/webhook", kind=Call.WRITE, body=endpoint)


def delete_webhook(*, http: LightspeedHttp, endpoint_id: str) -> None:
    """Deletes an endpoint. Raises `NotFound` when it is gone."""
    http.call("DELETE", f"/o/wh/1/webhook/{_part(endpoint_id)}", kind=Call.WRITE)


def add_webhook_location(*, http: LightspeedHttp, endpoint_id: str, location: int) -> None:
    """Adds a location to an endpoint, without which it hears nothing of items and of readiness."""
    path = f"/o/wh/1/webhook/{_part(endpoint_id)}/business-locations/{location}"
    http.call("PUT", path, kind=Call.WRITE)


def remove_webhook_location(*, http: LightspeedHttp, endpoint_id: str, location: int) -> None:
    """Takes a location off an endpoint. Raises `NotFound` when either is gone."""
    path = f"/o/wh/1/webhook/{_part(endpoint_id)}/business-locations/{location}"
    http.call("DELETE", path, kind=Call.WRITE)


def _part(text: str) -> str:
    if not text or text in {".", ".."}:
        raise NotFound("Lightspeed cannot be asked for something that has no id.")
    return quote(text, safe="")
