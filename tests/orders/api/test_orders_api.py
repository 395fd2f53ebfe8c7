"""Orders over REST: the documented shapes, and clear errors that leave nothing behind."""

import copy
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import jsonschema
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ
from rest_framework.test import APIClient

from menus.versions import MenuBusy
from orders.models import Injection, Order
from storekit.models import IdempotentAnswer, Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu

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


# --- Placing ---------------------------------------------------------------------------------------------------------


@time_machine.travel(datetime(2026, 7, 3, 17, 0, tzinfo=UTC), tick=False)
def test_a_placed_order_is_answered_as_documented(
    storefront: APIClient, posted: dict[str, Any], menu: CopperPotMenu
) -> None:
    answer = post(storefront, posted | {"scheduled_for": "2026-07-03T18:00:00Z"})
    assert answer.status_code == 201
    order = Order.objects.get()
    body = answer.json()
    burger, lunch, water = body.pop("items")
    assert body == {
        "id": str(order.pk),
        "number": 1,
        "collection_code": order.collection_code,
        "status": "placed",
        "type": "pickup",
        "placed_at": "2026-07-03T18:00:00+01:00",
        "scheduled_for": "2026-07-03T19:00:00+01:00",
        "customer": {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "Ada@Example.com",
            "phone": "+442079460018",
        },
        "delivery_address": None,
        "table": None,
        "covers": None,
        "account": None,
        "note": "Ring the bell",
        "discount_code": "",
        "delivery_fee": "0.00",
        "service_charge": "0.00",
        "tip": "1.50",
        "payment": {"status": "paid", "reference": "web-1", "amount": "44.85"},
        "totals": {
            "items": "43.35",
            "discount": "0.00",
            "delivery_fee": "0.00",
            "service_charge": "0.00",
            "tip": "1.50",
            "total": "44.85",
        },
        "pos": {
            "state": "waiting",
            "attempts": 0,
            "next_attempt_at": "2026-07-03T17:59:55+01:00",
            "reference": f"{order.pk.hex}-1",
            "account": None,
            "error": None,
        },
    }
    assert {name: burger[name] for name in ("product", "sku", "quantity", "unit_price", "total", "note")} == {
        "product": str(menu.burger.pk),
        "sku": "BURGER",
        "quantity": 2,
        "unit_price": "10.00",
        "total": "24.50",
        "note": "no salt",
    }
    rare, cheese = burger["modifiers"]
    assert (rare["name"], rare["unit_price"], rare["modifiers"]) == ("Rare", "0.00", [])
    assert cheese["modifier"] == str(menu.cheese.pk)
    assert [mature["unit_price"] for mature in cheese["modifiers"]] == ["0.75"]
    assert (lunch["total"], water["total"]) == ("16.50", "2.35")


def _total_plus(posted: dict[str, Any], amount: str) -> dict[str, Any]:
    return posted["payment"] | {"amount": str(Decimal(posted["payment"]["amount"]) + Decimal(amount))}


def test_a_delivery_is_answered_with_its_address_and_fees(storefront: APIClient, posted: dict[str, Any]) -> None:
    wishes = {"type": "delivery", "delivery_address": ADDRESS, "delivery_fee": "3.00", "service_charge": "0.50"}
    body = post(storefront, posted | wishes | {"payment": _total_plus(posted, "3.50")}).json()
    assert body["delivery_address"] == {"line2": "", "notes": "", **ADDRESS}
    assert (body["type"], body["delivery_fee"], body["service_charge"]) == ("delivery", "3.00", "0.50")
    assert body["totals"] == {
        "items": "43.35",
        "discount": "0.00",
        "delivery_fee": "3.00",
        "service_charge": "0.50",
        "tip": "1.50",
        "total": "48.35",
    }
    assert storefront.get(f"{ORDERS}/{body['id']}").json() == body


@pytest.mark.parametrize("name", ["7", 7])
def test_a_dine_in_order_is_answered_with_its_table_covers_and_courses(
    storefront: APIClient, posted: dict[str, Any], venue: Venue, name: str | int
) -> None:
    factories.TableFactory(venue=venue, number=7)
    posted["items"][0]["course"] = 1
    body = post(storefront, posted | {"type": "dine_in", "table": name, "covers": 3}).json()
    assert (body["table"], body["covers"], body["account"]) == ("7", 3, None)
    assert [item["course"] for item in body["items"]] == [1, None, None]
    assert storefront.get(f"{ORDERS}/{body['id']}").json() == body


def test_an_order_onto_an_open_bill_is_answered_with_the_bill(storefront: APIClient, posted: dict[str, Any]) -> None:
    on_the_bill = {"type": "dine_in", "account": "A78094.48", "tip": "0.00", "payment": {"status": "unpaid"}}
    body = post(storefront, posted | on_the_bill).json()
    assert (body["account"], body["table"], body["covers"]) == ("A78094.48", None, None)
    assert (body["status"], body["payment"]["status"], body["pos"]["account"]) == ("placed", "unpaid", None)
    assert body["pos"]["next_attempt_at"] is not None


def test_a_discounted_order_is_answered_with_its_code(
    storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    factories.DiscountCodeFactory(venue=venue, code="SPRING")
    body = post(storefront, posted | {"discount_code": "spring", "payment": _total_plus(posted, "-4.34")}).json()
    assert (body["discount_code"], body["totals"]["discount"], body["totals"]["total"]) == ("SPRING", "4.34", "40.51")


def test_reading_an_order_answers_the_same(storefront: APIClient, posted: dict[str, Any]) -> None:
    placed = post(storefront, posted).json()
    assert storefront.get(f"{ORDERS}/{placed['id']}").json() == placed


def test_a_placed_order_is_answered_without_reading_its_lines_back(
    storefront: APIClient, posted: dict[str, Any]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        post(storefront, posted)
    statements = [query["sql"] for query in captured if "orders_orderline" in query["sql"]]
    assert [statement.split()[0] for statement in statements] == ["INSERT"]


def test_the_least_that_makes_an_order(storefront: APIClient, menu: CopperPotMenu) -> None:
    least = {
        "type": "pickup",
        "customer": {"first_name": "Ada"},
        "items": [{"sku": "WATER"}],
        "payment": {"status": "unpaid"},
    }
    answer = post(storefront, least)
    assert (answer.status_code, answer.json()["status"]) == (201, "awaiting_payment")


def test_what_is_null_is_as_good_as_left_out(storefront: APIClient, posted: dict[str, Any]) -> None:
    nothing = dict.fromkeys(["scheduled_for", "delivery_address", "table", "covers", "discount_code"])
    posted["customer"] |= {"last_name": None, "email": None, "phone": None}
    answer = post(storefront, posted | nothing)
    assert answer.status_code == 201
    assert answer.json()["customer"] == {"first_name": "Ada", "last_name": "", "email": "", "phone": ""}


def test_prices_that_the_caller_sends_along_are_not_looked_at(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["items"][2] |= {"price": "0.01", "unit_price": "0.01", "total": "0.01"}
    answer = post(storefront, posted | {"totals": {"total": "0.03"}})
    assert answer.json()["totals"]["total"] == "44.85"


def test_times_are_in_the_venues_zone(storefront: APIClient, posted: dict[str, Any], venue: Venue) -> None:
    Venue.objects.filter(pk=venue.pk).update(timezone="Asia/Kolkata")
    with time_machine.travel(datetime(2026, 7, 3, 17, 0, tzinfo=UTC), tick=False):
        assert post(storefront, posted).json()["placed_at"] == "2026-07-03T22:30:00+05:30"


# --- Bad input -------------------------------------------------------------------------------------------------------


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
    (changed("customer.first_name", "A" * 129), ("max_length", "customer.first_name")),
    (changed("customer.first_name", "A\x00da"), ("null_characters_not_allowed", "customer.first_name")),
    (changed("customer.first_name", 5), ("invalid", "customer.first_name")),
    (changed("customer.email", "not an address"), ("invalid", "customer.email")),
    (changed("customer.phone", "call me"), ("invalid", "customer.phone")),
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
    (changed("delivery_address", ADDRESS | {"city": ""}), ("blank", "delivery_address.city")),
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


def test_problems_of_several_lines_are_all_said(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["items"][0]["modifiers"] = []
    posted["items"].append({"sku": "PIZZA", "quantity": 0})
    assert errors(post(storefront, posted)) == [("too_few", "items.0.modifiers"), ("unknown_product", "items.3")]


def test_the_total_is_in_the_error_when_the_amount_is_not_it(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["payment"]["amount"] = "44.84"
    (error,) = post(storefront, posted).json()["errors"]
    assert error["detail"] == "The total is 44.85."


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
def test_what_is_not_json_or_not_an_object_is_refused(storefront: APIClient, body: bytes) -> None:
    answer: Any = storefront.post(ORDERS, body, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 400
    assert answer.json()["type"] in ("client_error", "validation_error")
    assert errors(answer)
    assert nothing_is_left()


def test_json_nested_almost_too_deeply_is_refused_too(storefront: APIClient, posted: dict[str, Any]) -> None:
    deep = json.dumps(posted)[:-1] + ', "extra": ' + "[" * 900 + "]" * 900 + "}"
    answer = storefront.post(ORDERS, deep, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code in (201, 400)


def test_a_body_over_one_mebibyte_is_refused(storefront: APIClient, posted: dict[str, Any]) -> None:
    answer = post(storefront, posted | {"extra": "x" * 1024 * 1024})
    assert (answer.status_code, errors(answer)) == (413, [("too_large", None)])
    assert nothing_is_left()


def test_a_form_is_not_an_order(storefront: APIClient) -> None:
    answer = storefront.post(ORDERS, {"type": "pickup"}, format="multipart", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, errors(answer)) == (415, [("unsupported_media_type", None)])


# --- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer", 401), ("Bearer sk_0000000000_guess", 401), ("Basic c2s6c2s=", 401)],
)
def test_without_a_key_nobody_orders(posted: dict[str, Any], authorization: str | None, status: int) -> None:
    headers = {"Idempotency-Key": "k"} | ({"Authorization": authorization} if authorization else {})
    answer = APIClient().post(ORDERS, posted, format="json", headers=headers)
    assert answer.status_code == status
    assert errors(answer)
    assert nothing_is_left()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}])
def test_without_a_key_the_answer_says_how_to_send_it(posted: dict[str, Any], headers: dict[str, str]) -> None:
    answer = APIClient().post(ORDERS, posted, format="json", headers={"Idempotency-Key": "k", **headers})
    assert answer.json()["errors"][0]["detail"] == "Send the venue's API key as: Authorization: Bearer <key>"
    assert "WWW-Authenticate" in answer.headers


def test_another_venues_key_opens_neither_this_venue_nor_one_that_is_not_there(
    other_storefront: APIClient, posted: dict[str, Any]
) -> None:
    for slug in ("copper-pot", "nowhere"):
        answer = post(other_storefront, posted, to=f"/api/v1/venues/{slug}/orders")
        assert (answer.status_code, errors(answer)) == (403, [("permission_denied", None)])
    assert nothing_is_left()


def test_an_order_of_another_venue_is_not_there(
    storefront: APIClient, other_storefront: APIClient, posted: dict[str, Any]
) -> None:
    placed = post(storefront, posted).json()
    answer = other_storefront.get(f"/api/v1/venues/blue-door/orders/{placed['id']}")
    assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])
    assert other_storefront.get(f"{ORDERS}/{placed['id']}").status_code == 403


@pytest.mark.parametrize("order_id", ["5c1f9a52-7d9e-4a6e-9d0c-3b1f6f0f2a11", "1", "nonsense", "x" * 500])
def test_an_order_that_is_not_there(storefront: APIClient, order_id: str) -> None:
    answer = storefront.get(f"{ORDERS}/{order_id}")
    assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])


def test_a_menu_that_keeps_changing_is_said_so(
    storefront: APIClient, posted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: Any) -> None:
        raise MenuBusy

    monkeypatch.setattr("orders.checkout.validation.menu_catalogue.load", busy)
    storefront.raise_request_exception = False
    answer = post(storefront, posted)
    assert (answer.status_code, errors(answer)) == (503, [("menu_changing", None)])
    assert nothing_is_left()


# --- Paying ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def unpaid(storefront: APIClient, posted: dict[str, Any]) -> dict[str, Any]:
    placed: dict[str, Any] = post(storefront, posted | {"payment": {"status": "unpaid"}}).json()
    return placed


def pay(storefront: APIClient, order: dict[str, Any], **body: Any) -> Any:
    payment = {"reference": "web-9", "amount": "44.85"} | body
    return storefront.post(f"{ORDERS}/{order['id']}/payment", payment, format="json")


def test_an_order_that_is_paid_later_is_due_from_then_on(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    answer = pay(storefront, unpaid)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["payment"]) == (
        "placed",
        {"status": "paid", "reference": "web-9", "amount": "44.85"},
    )
    assert body["pos"]["next_attempt_at"] is not None
    assert body == storefront.get(f"{ORDERS}/{unpaid['id']}").json()
    assert Injection.objects.due(datetime.now(UTC) + timedelta(seconds=1)).count() == 1


def test_the_same_payment_again_changes_nothing(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    first = pay(storefront, unpaid)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
        again = pay(storefront, unpaid)
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_second_payment_is_refused(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    pay(storefront, unpaid)
    answer = pay(storefront, unpaid, reference="web-10")
    assert (answer.status_code, errors(answer)) == (409, [("already_paid", None)])
    assert Order.objects.get().payment_reference == "web-9"


def test_a_cancelled_order_cannot_be_paid(storefront: APIClient, unpaid: dict[str, Any]) -> None:
    Order.objects.update(status=Order.Status.CANCELLED)
    answer = pay(storefront, unpaid)
    assert (answer.status_code, errors(answer)) == (409, [("cancelled", None)])


@pytest.mark.parametrize(
    ("payment", "error"),
    [
        ({"amount": "44.84"}, ("amount_mismatch", "amount")),
        ({"amount": "much"}, ("invalid", "amount")),
        ({"amount": None}, ("null", "amount")),
        ({"reference": ""}, ("blank", "reference")),
        ({"reference": 9}, ("invalid", "reference")),
    ],
)
def test_a_bad_payment_is_refused_and_the_order_stays_unpaid(
    storefront: APIClient, unpaid: dict[str, Any], payment: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = pay(storefront, unpaid, **payment)
    assert (answer.status_code, errors(answer)) == (400, [error])
    assert Order.objects.get().payment_status == "unpaid"
    assert Injection.objects.get().next_attempt_at is None


def test_an_order_on_an_open_bill_is_paid_with_the_bill(storefront: APIClient, posted: dict[str, Any]) -> None:
    on_the_bill = {"type": "dine_in", "account": "A78094.48", "tip": "0.00", "payment": {"status": "unpaid"}}
    placed = post(storefront, posted | on_the_bill).json()
    answer = pay(storefront, placed, amount=placed["totals"]["total"])
    assert (answer.status_code, errors(answer)) == (409, [("on_the_bill", None)])
    assert Order.objects.get().payment_status == "unpaid"


@pytest.mark.parametrize(
    ("scheduled_in", "paid_in", "is_late"),
    [
        (timedelta(hours=2), timedelta(hours=3), False),
        (timedelta(hours=2), timedelta(hours=3, seconds=1), True),
        (None, timedelta(hours=24), False),
        (None, timedelta(hours=24, seconds=1), True),
    ],
)
def test_an_order_whose_time_has_long_passed_cannot_be_paid(
    storefront: APIClient,
    posted: dict[str, Any],
    scheduled_in: timedelta | None,
    paid_in: timedelta,
    is_late: bool,
) -> None:
    now = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
    wanted = None if scheduled_in is None else (now + scheduled_in).isoformat()
    with time_machine.travel(now, tick=False):
        placed = post(storefront, posted | {"scheduled_for": wanted, "payment": {"status": "unpaid"}}).json()
    with time_machine.travel(now + paid_in, tick=False):
        answer = pay(storefront, placed)
    if is_late:
        assert (answer.status_code, errors(answer)) == (409, [("too_late", None)])
        assert Injection.objects.get().next_attempt_at is None
    else:
        assert (answer.status_code, answer.json()["status"]) == (200, "placed")


def test_an_order_that_is_paid_early_is_held_like_any_other(
    storefront: APIClient, posted: dict[str, Any], venue: Venue
) -> None:
    factories.ConnectionFactory(venue=venue, settings__buffer_orders=True)
    now = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        unpaid = {"scheduled_for": "2026-07-03T19:00:00Z", "payment": {"status": "unpaid"}}
        placed = post(storefront, posted | unpaid).json()
        paid = pay(storefront, placed).json()
    assert (placed["pos"]["state"], placed["pos"]["next_attempt_at"]) == ("waiting", None)
    assert (paid["pos"]["state"], paid["pos"]["next_attempt_at"]) == ("scheduled", "2026-07-03T19:40:00+01:00")
    injection = Injection.objects.get()
    assert injection.due_since == injection.next_attempt_at
    assert not OrmQ.objects.exists()


def test_another_venues_order_cannot_be_paid(other_storefront: APIClient, unpaid: dict[str, Any]) -> None:
    answer = other_storefront.post(
        f"/api/v1/venues/blue-door/orders/{unpaid['id']}/payment", {"reference": "x", "amount": "44.85"}, format="json"
    )
    assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])


# --- The schema ------------------------------------------------------------------------------------------------------


def _with_null_as_in_json_schema(part: Any) -> Any:
    """OpenAPI 3.0 has a word of its own for what may be null."""
    if isinstance(part, list):
        return [_with_null_as_in_json_schema(row) for row in part]
    if not isinstance(part, dict):
        return part
    plain = {name: _with_null_as_in_json_schema(value) for name, value in part.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, plain]} if part.get("nullable") is True else plain


def test_requests_and_answers_are_as_the_schema_says(
    client: Client, storefront: APIClient, posted: dict[str, Any]
) -> None:
    openapi = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    schema = _with_null_as_in_json_schema(openapi)

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


def test_amounts_may_be_json_numbers_and_are_exact(storefront: APIClient, posted: dict[str, Any]) -> None:
    posted["payment"]["amount"] = 44.85
    assert post(storefront, posted).status_code == 201
    assert Order.objects.get().payment_amount == Decimal("44.85")
