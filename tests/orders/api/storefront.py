"""Requests to the orders API as a storefront sends them, and what their answers say."""

import uuid
from typing import Any

from django_q.models import OrmQ
from rest_framework.test import APIClient

from orders.models import Order
from storekit.models import IdempotentAnswer

ORDERS = "/api/v1/venues/copper-pot/orders"
ADDRESS = {"line1": "1 High Street", "city": "London", "postcode": "N1 9GU"}


def post(storefront: APIClient, body: Any, *, key: str | None = None, to: str = ORDERS) -> Any:
    return storefront.post(to, body, format="json", headers={"Idempotency-Key": key or str(uuid.uuid4())})


def errors(answer: Any) -> list[tuple[str, str | None]]:
    body = answer.json()
    assert set(body) == {"type", "errors"}
    assert all(set(error) == {"code", "detail", "attr"} and error["detail"] for error in body["errors"])
    return [(error["code"], error["attr"]) for error in body["errors"]]


def nothing_is_left() -> bool:
    return not (Order.objects.exists() or OrmQ.objects.exists() or IdempotentAnswer.objects.exists())


def as_json_schema(part: Any) -> Any:
    """Convert OpenAPI 3.0's `nullable` to JSON Schema, which has none."""
    if isinstance(part, list):
        return [as_json_schema(row) for row in part]
    if not isinstance(part, dict):
        return part
    plain = {name: as_json_schema(value) for name, value in part.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, plain]} if part.get("nullable") is True else plain
