"""Invalid orders over REST get a clear error and leave nothing behind."""

import copy
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.orders.api.storefront import ADDRESS, ORDERS, errors, nothing_is_left, post


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    """Puts a value at a place like `items.0.quantity`; `...` removes what is there."""

    def change(body: dict[str, Any]) -> Any:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        place: Any = body
        for step in steps:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value
        return body

    return change


def nested(depth: int) -> dict[str, Any]:
    choice: dict[str, Any] = {"modifier": str(uuid.uuid4())}
    for _ in range(depth - 1):
        choice = {"modifier": str(uuid.uuid4()), "modifiers": [choice]}
    return choice


BAD = [
    (changed("type", "teleport"), ("invalid_choice", "type")),
    (changed("type", ...), ("required", "type")),
    (changed("type", ["pickup"]), ("invalid_choice", "type")),
    (changed("type", "delivery"), ("required", "delivery_address")),
    (changed("type", "dine_in"), ("required", "table")),
    (changed("customer", ...), ("required", "customer")),
    (changed("customer", "Ada"), ("invalid", "customer.non_field_errors")),
    (changed("customer.first_name", ...), ("required", "customer.first_name")),
    (changed("customer.first_name", "  "), ("blank", "customer.first_name")),
    (changed("customer.first_name", "\u200b\u3164 \u2800\ufeff"), ("blank", "customer.first_name")),
    (changed("customer.first_name", "\u202e\u2067"), ("blank", "customer.first_name")),
    (changed("customer.first_name", "A" * 129), ("max_length", "customer.first_name")),
    (changed("customer.first_name", "A\x00da"), ("null_characters_not_allowed", "customer.first_name")),
    (changed("customer.first_name", 5), ("invalid", "customer.first_name")),
    (changed("customer.email", "not an address"), ("invalid", "customer.email")),
    (changed("customer.phone", 442079460018), ("invalid", "customer.phone")),
    (changed("note", "x" * 501), ("max_length", "note")),
    (changed("items", ...), ("required", "items")),
    (changed("items", []), ("empty", "items")),
    (changed("items", {}), ("not_a_list", "items.non_field_errors")),
    (changed("items", [{"sku": "WATER"}] * 201), ("max_length", "items.non_field_errors")),
    (changed("items.2", {}), ("required", "items.2.product")),
    (changed("items.2", 7), ("invalid", "items.2.non_field_errors")),
    (changed("items.2.sku", "PIZZA"), ("unknown_product", "items.2")),
    (changed("items.2.sku", ["WATER"]), ("invalid", "items.2.sku")),
    (changed("items.0.product", "1 OR 1=1"), ("unknown_product", "items.0")),
    (changed("items.2.quantity", 0), ("min_value", "items.2.quantity")),
    (changed("items.2.quantity", 100), ("max_value", "items.2.quantity")),
    (changed("items.2.quantity", "1"), ("invalid", "items.2.quantity")),
    (changed("items.2.quantity", 1.5), ("invalid", "items.2.quantity")),
    (changed("items.2.quantity", True), ("invalid", "items.2.quantity")),
    (changed("items.2.quantity", None), ("null", "items.2.quantity")),
    (changed("items.2.note", "x" * 201), ("max_length", "items.2.note")),
    (changed("items.0.modifiers", "rare"), ("not_a_list", "items.0.modifiers.non_field_errors")),
    (changed("items.0.modifiers", [{}]), ("required", "items.0.modifiers.0.modifier")),
    (changed("items.0.modifiers", []), ("too_few", "items.0.modifiers")),
    (changed("items.0.modifiers.1.modifier", "nonsense"), ("not_offered", "items.0.modifiers.1")),
    (changed("items.0.modifiers", [nested(1)] * 101), ("max_length", "items.0.modifiers.non_field_errors")),
    (changed("items.0.modifiers.1", nested(9)), ("too_deep", "items.0.modifiers.1" + ".modifiers.0" * 8)),
    (changed("tip", "-1.00"), ("min_value", "tip")),
    (changed("tip", "NaN"), ("invalid", "tip")),
    (changed("tip", "1.005"), ("max_decimal_places", "tip")),
    (changed("tip", "1e400"), ("max_digits", "tip")),
    (changed("tip", True), ("invalid", "tip")),
    (changed("tip", "1.51"), ("amount_mismatch", "payment.amount")),
    (changed("discount_code", "SPRING"), ("unknown_discount", "discount_code")),
    (changed("delivery_fee", "2.00"), ("not_for_this_type", "delivery_fee")),
    (changed("delivery_address", ADDRESS | {"line1": ""}), ("blank", "delivery_address.line1")),
    (changed("delivery_address", "High Street"), ("invalid", "delivery_address.non_field_errors")),
    (changed("delivery_address", ADDRESS), ("not_for_this_type", "delivery_address")),
    (changed("table", "7"), ("not_for_this_type", "table")),
    (changed("table", 7.5), ("invalid", "table")),
    (changed("table", True), ("invalid", "table")),
    (changed("covers", 2), ("not_for_this_type", "covers")),
    (changed("covers", 0), ("min_value", "covers")),
    (changed("covers", "two"), ("invalid", "covers")),
    (changed("account", "A1.1"), ("not_for_this_type", "account")),
    (changed("account", 78094), ("invalid", "account")),
    (changed("items.1.course", 1), ("not_for_this_type", "items.1.course")),
    (changed("items.1.course", -1), ("min_value", "items.1.course")),
    (changed("items.1.course", 100), ("max_value", "items.1.course")),
    (changed("items.1.course", "starter"), ("invalid", "items.1.course")),
    (changed("service_charge", "2.00"), ("amount_mismatch", "payment.amount")),
    (changed("service_charge", "-2.00"), ("min_value", "service_charge")),
    (changed("scheduled_for", "tonight"), ("invalid", "scheduled_for")),
    (changed("scheduled_for", 1_790_000_000), ("invalid", "scheduled_for")),
    (changed("scheduled_for", "2099-01-01"), ("naive", "scheduled_for")),
    (changed("scheduled_for", "2099-01-01T18:00:00"), ("naive", "scheduled_for")),
    (changed("scheduled_for", "2020-01-01T18:00:00Z"), ("in_the_past", "scheduled_for")),
    (changed("scheduled_for", "9999-12-31T23:59:59Z"), ("too_far_ahead", "scheduled_for")),
    (changed("scheduled_for", "9999-12-31T23:59:59-12:00"), ("overflow", "scheduled_for")),
    (changed("payment", ...), ("required", "payment")),
    (changed("payment.status", "promised"), ("invalid_choice", "payment.status")),
    (changed("payment.amount", ...), ("required", "payment.amount")),
    (changed("payment.amount", "44.84"), ("amount_mismatch", "payment.amount")),
    (changed("payment.amount", "0.01"), ("amount_mismatch", "payment.amount")),
    (changed("payment.reference", "x" * 129), ("max_length", "payment.reference")),
    (lambda body: [body], ("invalid", "non_field_errors")),
    (lambda body: "order", ("invalid", "non_field_errors")),
]


@pytest.mark.parametrize(("change", "error"), BAD, ids=[f"{error[1]}: {error[0]}" for _, error in BAD])
def test_a_bad_order_gets_a_clear_error_and_leaves_nothing(
    storefront: APIClient,
    posted: dict[str, Any],
    change: Callable[[dict[str, Any]], Any],
    error: tuple[str, str],
) -> None:
    answer = post(storefront, change(copy.deepcopy(posted)))
    assert (answer.status_code, answer.json()["type"]) == (400, "validation_error")
    assert errors(answer) == [error]
    assert nothing_is_left()


def test_the_problems_of_all_lines_are_reported_at_once(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["items"][0]["modifiers"] = []
    posted["items"].append({"sku": "PIZZA", "quantity": 0})
    assert errors(post(storefront, posted)) == [("too_few", "items.0.modifiers"), ("unknown_product", "items.3")]


def test_the_total_is_in_the_error_when_the_amount_is_not_it(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["payment"]["amount"] = "44.84"
    (error,) = post(storefront, posted).json()["errors"]
    assert error["detail"] == "The total is 44.85 GBP."


@pytest.mark.parametrize(
    "body",
    [
        b'{"type": "pickup", ',
        b"",
        b"\xff\xfe\x00",
        b'{"tip": NaN}',
        b"[" * 100_000,
        b'{"quantity": ' + b"9" * 5000 + b"}",
        b"null",
        b'{"note": "\\ud800"}',
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(storefront: APIClient, body: bytes) -> None:
    answer: Any = storefront.post(ORDERS, body, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 400
    assert answer.json()["type"] in ("client_error", "validation_error")
    assert errors(answer)
    assert nothing_is_left()


def test_deeply_nested_json_is_not_a_server_error(storefront: APIClient, posted: dict[str, Any]) -> None:
    deep = json.dumps(posted)[:-1] + ', "extra": ' + "[" * 900 + "]" * 900 + "}"
    answer = storefront.post(ORDERS, deep, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code in (201, 400)


def test_a_body_over_one_mebibyte_is_refused(storefront: APIClient, posted: dict[str, Any]) -> None:
    answer = post(storefront, posted | {"extra": "x" * 1024 * 1024})
    assert (answer.status_code, errors(answer)) == (413, [("too_large", None)])
    assert nothing_is_left()


def test_a_form_is_refused(storefront: APIClient) -> None:
    answer = storefront.post(ORDERS, {"type": "pickup"}, format="multipart", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, errors(answer)) == (415, [("unsupported_media_type", None)])
