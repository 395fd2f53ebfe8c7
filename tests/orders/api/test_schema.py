"""Requests, responses and status codes of the orders API match its OpenAPI schema."""

from typing import Any
from unittest.mock import Mock

import jsonschema
import pytest
from django.test import Client
from rest_framework.test import APIClient

from menus.versions import MenuBusy
from tests.orders.api.storefront import as_json_schema, post


def test_requests_and_responses_match_the_schema(client: Client, storefront: APIClient, posted: dict[str, Any]) -> None:
    openapi = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    schema = as_json_schema(openapi)

    def check(value: Any, name: str) -> None:
        definition = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
        jsonschema.Draft202012Validator(definition).validate(value)

    check(posted, "PostedOrder")
    check(post(storefront, posted).json(), "Order")
    check(post(storefront, posted | {"type": "teleport"}).json(), "Errors")
    operation = schema["paths"]["/api/v1/venues/{slug}/orders"]["post"]
    assert set(operation["responses"]) >= {"201", "400", "401", "403", "409", "413"}
    header = next(row for row in operation["parameters"] if row["name"] == "Idempotency-Key")
    assert (header["in"], header["required"]) == ("header", True)
    modifier = schema["components"]["schemas"]["PostedModifier"]["properties"]["modifiers"]
    assert modifier["items"] == {"$ref": "#/components/schemas/PostedModifier"}


def test_every_status_is_in_the_schema(
    client: Client, storefront: APIClient, posted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    openapi = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    storefront.raise_request_exception = False
    monkeypatch.setattr("orders.checkout.validation.menu_catalogue.load", Mock(side_effect=MenuBusy))
    for name in ("orders", "basket"):
        to = f"/api/v1/venues/copper-pot/{name}"
        key = {"Idempotency-Key": "cart-1"}
        answers = (
            post(APIClient(), posted, to=to),
            post(storefront, posted, to=to.replace("copper-pot", "blue-door")),
            storefront.post(to, "type=pickup", content_type="application/x-www-form-urlencoded", headers=key),
            post(storefront, {}, to=to),
            post(storefront, posted, to=to),
        )
        assert [answer.status_code for answer in answers] == [401, 403, 415, 400, 503]
        documented = openapi["paths"][f"/api/v1/venues/{{slug}}/{name}"]["post"]["responses"]
        assert {str(answer.status_code) for answer in answers} < set(documented)
