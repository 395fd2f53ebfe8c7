"""Every API call is closed to other accounts' locations, to expired tokens and to missing scopes."""

from typing import Any

import pytest

from tests.sandbox.pos import HIGH_STREET, Pos

FOREIGN = 45454565689999
ORDER = {"thirdPartyReference": "o-1", "endpointId": "storekit", "customerInfo": {"firstName": "Ada"}}
PAYMENT = {"endpointId": "storekit", "paymentAmount": 1, "thirdPartyPaymentReference": "p-1"}

# Method, path and body; `{bl}` stands for the location, which the query or the body names where the path does not.
CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/o/op/data/{bl}/floorplans", None),
    ("GET", "/o/op/data/{bl}/floorplans/501/tables", None),
    ("GET", "/o/op/data/account-profiles?businessLocationId={bl}", None),
    ("GET", "/o/op/data/{bl}/account-profiles/tagcode/storekit", None),
    ("GET", "/o/op/1/menu/list?businessLocationId={bl}", None),
    ("GET", "/o/op/2/menu/load/168?businessLocationId={bl}", None),
    ("GET", "/o/op/1/menu/modifiers?businessLocationId={bl}", None),
    ("GET", "/o/op/1/menu/discounts?businessLocationId={bl}", None),
    ("POST", "/o/op/1/order/toGo", ORDER),
    ("POST", "/o/op/1/order/local", ORDER | {"tableNumber": "4"}),
    ("GET", "/o/op/1/order/table/getCheck?businessLocationId={bl}", None),
    ("GET", "/o/op/1/order/table/4/getCheck?businessLocationId={bl}", None),
    ("GET", "/o/op/1/order/accounts/A1.10?businessLocationId={bl}", None),
    ("POST", "/o/op/1/pay", PAYMENT),
    ("POST", "/o/op/1/printMsg?businessLocationId={bl}", {"message": "Hello"}),
    ("GET", "/o/op/1/itemAvailability?businessLocationId={bl}", None),
    ("POST", "/o/op/1/itemAvailability?businessLocationId={bl}", {"skus": ["BROWNIE"]}),
    ("GET", "/o/op/1/onlineOrderReadiness?businessLocationId={bl}", None),
    ("PUT", "/o/wh/1/webhook/storekit/business-locations/{bl}", None),
    ("DELETE", "/o/wh/1/webhook/storekit/business-locations/{bl}", None),
    ("GET", "/i/richItem/{bl}", None),
    ("GET", "/f/finance/{bl}/paymentMethods", None),
    ("GET", "/f/finance/{bl}/saleByExternalReference?externalReferenceId=TASK:OO-1-o", None),
    ("POST", "/tp/v1/business-locations/{bl}/tax-breakdown", {"items": []}),
]
WITHOUT_LOCATION: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/o/op/data/businesses", None),
    ("GET", "/i/allergens", None),
    ("PUT", "/o/wh/1/webhook", {"endpointId": "other", "url": "https://example.com/"}),
    ("POST", "/o/wh/1/webhook", {"endpointId": "storekit", "url": "https://example.com/"}),
    ("GET", "/o/wh/1/webhook/storekit", None),
    ("DELETE", "/o/wh/1/webhook/storekit", None),
    ("GET", "/o/wh/1/webhook/storekit/business-locations", None),
]


def status(pos: Pos, method: str, path: str, body: dict[str, Any] | None, *, location: int) -> int:
    if body is not None and "{bl}" not in path:
        body = body | {"businessLocationId": location}
    return pos.call(method, path.format(bl=location), body).status_code


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_another_accounts_location_is_forbidden(pos: Pos, method: str, path: str, body: dict[str, Any] | None) -> None:
    assert status(pos, method, path, body, location=FOREIGN) == 403
    assert pos.state()["orders"] == pos.state()["payments"] == pos.state()["messages"] == []


@pytest.mark.parametrize(("method", "path", "body"), [*CALLS, *WITHOUT_LOCATION])
def test_an_expired_token_or_a_missing_scope_is_refused(
    pos: Pos, method: str, path: str, body: dict[str, Any] | None
) -> None:
    pos.log_in("orders-api" if path.startswith("/f/") else "financial-api")
    assert status(pos, method, path, body, location=HIGH_STREET) == 403
    pos.log_in()
    pos.control("POST", "tokens/expire")
    assert status(pos, method, path, body, location=HIGH_STREET) == 401
    assert pos.state()["orders"] == pos.state()["payments"] == pos.state()["messages"] == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"businessLocationId": NaN}', b"[]", b'"text"'])
@pytest.mark.parametrize("path", ["/o/op/1/order/toGo", "/o/op/1/pay", "/o/wh/1/webhook"])
def test_a_body_that_is_not_a_json_object_is_refused(pos: Pos, path: str, raw: bytes) -> None:
    answer = pos.http.post(pos.base_url + path, data=raw, headers={"Content-Type": "application/json"}, timeout=5)
    assert answer.status_code == 400, answer.text
    assert answer.json()["status"] == 400


@pytest.mark.parametrize("name", ["businessLocationId", "page"])
def test_a_number_with_thousands_of_digits_is_refused(pos: Pos, name: str) -> None:
    query = {"skus": "COLA01", "bl" if name == "businessLocationId" else name: "9" * 5000}
    answer = pos.get("/o/op/1/itemAvailability", **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == name
