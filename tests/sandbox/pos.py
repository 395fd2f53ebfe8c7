"""A plain HTTP client of the sandbox POS, for tests."""

import base64
import hashlib
import itertools
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.sandbox.process import eventually

HIGH_STREET = 45454565682155
RIVERSIDE = 45454565682156
CLIENT = ("storekit-sandbox", "sandbox-client-secret")
BACK = "http://127.0.0.1:9/callback"
ALL_SCOPES = "orders-api financial-api offline_access"

Json = dict[str, Any]


class Pos:
    """A client of the API and of the control API."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.openid = f"{base_url}/realms/k-series/protocol/openid-connect"
        self.http = requests.Session()
        self.http.trust_env = False
        self._references = itertools.count(1)

    def consent(self, decision: str = "allow", **changes: str | None) -> dict[str, str]:
        """Press a button of the consent page and return the query of the redirect."""
        answer = self.http.post(
            f"{self.openid}/auth?{authorise_query(**changes)}",
            data={"decision": decision},
            allow_redirects=False,
            timeout=5,
        )
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def token(self, auth: tuple[str, str] | None = CLIENT, **form: str) -> requests.Response:
        return self.http.post(f"{self.openid}/token", data=form, auth=auth, timeout=5)

    def log_in(self, scope: str = ALL_SCOPES) -> Json:
        """Go through the whole OAuth flow and use the tokens from then on."""
        code = self.consent(scope=scope)["code"]
        pair: Json = self.token(grant_type="authorization_code", code=code, redirect_uri=BACK).json()
        self.use(pair["access_token"])
        return pair

    def use(self, access_token: str) -> None:
        self.http.headers["Authorization"] = f"Bearer {access_token}"

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.http.request(method, self.base_url + path, json=body, params=query or None, timeout=10)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.call("GET", path, businessLocationId=query.pop("bl", HIGH_STREET), **query)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, f"/sandbox/{path}", body)
        assert answer.ok, answer.text
        return answer.json()

    def faults(self, **faults: Any) -> None:
        self.control("PUT", "faults", faults)

    def habits(self, **habits: Any) -> None:
        self.control("PUT", "habits", habits)

    def state(self) -> Json:
        found: Json = self.control("GET", "state")
        return found

    def register(self, url: str = "http://127.0.0.1:9/hooks", **changes: Any) -> None:
        """Register the endpoint named in the orders, with High Street and the item and readiness subscriptions."""
        endpoint = {
            "endpointId": "storekit",
            "url": url,
            "withBasicAuth": True,
            "username": "pos",
            "password": "pa:ss",
            "subscribeTo": [
                {"resource": "item", "name": "SALES_RESTRICTION_UPDATED"},
                {"resource": "order_api", "name": "ONLINE_ORDER_READINESS"},
            ],
        } | changes
        assert self.call("PUT", "/o/wh/1/webhook", endpoint).status_code == 200
        path = f"/o/wh/1/webhook/{endpoint['endpointId']}/business-locations/{HIGH_STREET}"
        assert self.call("PUT", path).status_code == 200

    def order(self, items: list[Json] | None = None, **changes: Any) -> Json:
        """Build a to-go order. A value of None leaves the field out."""
        body: Json = {
            "businessLocationId": HIGH_STREET,
            "thirdPartyReference": f"order-{next(self._references)}",
            "endpointId": "storekit",
            "customerInfo": {"firstName": "Ada", "lastName": "Byron"},
            "accountProfileCode": "storekit",
            "collectionCode": "K7PLUM",
            "items": [{"quantity": 1, "sku": "BURGER01"}] if items is None else items,
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    def send(self, order: Json, kind: str = "toGo") -> requests.Response:
        return self.call("POST", f"/o/op/1/order/{kind}", order)

    def outcome(self, reference: str) -> Json:
        """Wait until the till has accepted or refused an order, and return its row of the control API."""
        return eventually(lambda: self._decided("orders", reference), f"the outcome of {reference}")

    def payment_outcome(self, reference: str) -> Json:
        return eventually(lambda: self._decided("payments", reference), f"the outcome of {reference}")

    def _decided(self, table: str, reference: str) -> Json:
        rows = self.state()[table]
        return next((row for row in rows if row["reference"] == reference and row["status"] != "accepted"), {})

    def take(self, order: Json, kind: str = "toGo") -> Json:
        """Send an order, wait until it is on the till, and return its check."""
        answer = self.send(order, kind)
        assert answer.status_code == 200, answer.text
        outcome = self.outcome(order["thirdPartyReference"])
        assert outcome["status"] == "on_till", outcome
        check: Json = self.get(f"/o/op/1/order/accounts/{outcome['account']}").json()
        return check


def authorise_query(**changes: str | None) -> str:
    fields: dict[str, str | None] = {
        "response_type": "code",
        "client_id": CLIENT[0],
        "redirect_uri": BACK,
        "scope": ALL_SCOPES,
        "state": "s-1",
        **changes,
    }
    return urlencode({name: value for name, value in fields.items() if value is not None})


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
