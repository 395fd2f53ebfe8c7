"""Generated calls of the REST API, valid and invalid: none fails, and each is answered as the OpenAPI schema says.

Nearly two hundred calls, the same in every run; `make fuzz` makes thousands, and others each time. They call the WSGI
application in this process. Most of their addresses, ids and SKUs are this venue's, so that they get further than 404.
"""

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import responses
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from rest_framework.test import APIClient
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi_checks

from integrations.models import Connection
from storekit.models import Venue
from storekit.rest import throttles
from storekit.rest.api_keys import issue_api_key
from storekit.wsgi import application
from tables.models import Area, Bill, CheckList, PayAtTable, Table
from tests import factories
from tests.orders.api.storefront import post
from tests.support.examples import examples
from tests.tables.gift_cards.cards import a_card

_CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
_IS_SHORT = "STOREKIT_TEST_EXAMPLES" not in os.environ
_CALLS = settings(
    max_examples=examples(10),
    derandomize=_IS_SHORT,
    database=None,
    phases=[Phase.generate] if _IS_SHORT else [Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
_UNPAID = {"status": "unpaid"}
_LEAST_PAYMENT: dict[str, Any] = {
    "split": {"mode": "amount", "amount": "0.10"},
    "method": "card",
    "card": {"token": "confirm"},
}
_MOSTLY = st.sampled_from([True, True, True, True, False])


@contextlib.contextmanager
def _one_connection() -> Iterator[None]:
    """Keep the test's database connection, as Django's own test client does: requests close those that look old."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@responses.activate  # Whoever asks the POS gets no answer.
def test_every_answer_is_in_the_schema(venue: Venue, connection: Connection, storefront: APIClient) -> None:
    row = factories.CategoryProductFactory(category__venue=venue, product__venue=venue, product__price="4.00")
    factories.MenuFactory(venue=venue)
    sku = row.product.sku
    bill = _bill_at_a_table(venue)
    token = str(Table.objects.get().token)
    ours = {
        "slug": venue.slug,
        "order_id": post(storefront, _least_order(sku)).json()["id"],
        "snooze_id": str(factories.SnoozeFactory(venue=venue).pk),
        "token": token,
        "bill_id": str(bill.pk),
        "payment_id": _at_the_table(token, f"bills/{bill.pk}/payments", _LEAST_PAYMENT),
        "gift_card": a_card(venue).code,
    }
    # One that no generated call has paid or cancelled.
    spare_order = post(storefront, _least_order(sku)).json()["id"]
    table_order = _at_the_table(token, "orders", {"items": [{"sku": sku}], "bill": str(bill.pk)})
    key = issue_api_key(venue=venue, name="generated")[1]
    answered: Counter[tuple[str, int]] = Counter()

    with _one_connection():
        schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
        operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
        for operation, mode in itertools.product(operations, (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)):
            # Of some operations nothing can be wrong: every text is a slug that nobody has.
            with contextlib.suppress(Unsatisfiable):
                _call(operation, mode, ours, sku, key, answered)
        got_through = {label for label, status in answered if status < 300}
        for operation in operations:
            if operation.label not in got_through:
                own = {"order_id": table_order if "/tables/" in operation.label else spare_order}
                _call_rightly(operation, ours | own, sku, key, answered)

    # Not only errors: what is answered to calls that get through is judged as well.
    assert {label for label, status in answered if status < 300} == {operation.label for operation in operations}


def _bill_at_a_table(venue: Venue) -> Bill:
    """A bill at a table whose guests may do everything; the POS need not be asked for it."""
    PayAtTable.objects.create(venue=venue, enabled=True, payments_enabled=True, gift_cards=True, ordering=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    table = Table.objects.create(venue=venue, area=area, pos_id="7", number=7)
    below: dict[str, Any] = {
        "id": "b",
        "name": "Cheese",
        "quantity": "1",
        "unit_price": "1",
        "total": "1",
        "discount": "0",
    }
    below |= {"modifiers": [{"name": "Melted", "quantity": "1"}], "sub_lines": []}
    paid = {"method": "Cash", "amount": "1", "reference": "", "at": "2026-05-01T12:00:00+00:00"}
    lines = [below | {"id": "a", "sub_lines": [below]}]
    CheckList.objects.create(venue=venue, fetched_at=timezone.now() + timedelta(hours=1))
    return Bill.objects.create(
        venue=venue, table_number=table.number, account="A1.1", total=20, paid=1, lines=lines, payments=[paid]
    )


def _at_the_table(token: str, path: str, body: dict[str, Any]) -> str:
    """Start something as a guest of the table does; return its id."""
    answer = APIClient().post(f"/api/v1/tables/{token}/{path}", body, headers={"Idempotency-Key": path})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def _least_order(sku: str) -> dict[str, Any]:
    return {"type": "pickup", "customer": {"first_name": "Ada"}, "items": [{"sku": sku}], "payment": _UNPAID}


def _call(
    operation: Any, mode: GenerationMode, ours: dict[str, str], sku: str, key: str, answered: Counter[tuple[str, int]]
) -> None:
    @_CALLS
    @given(case=operation.as_strategy(mode), data=st.data())
    def call(case: Case, data: st.DataObject) -> None:
        throttles.counts.clear()
        for name in ours.keys() & case.path_parameters.keys():
            if data.draw(_MOSTLY, label=f"our {name}"):
                case.path_parameters[name] = ours[name]
        if data.draw(_MOSTLY, label="our items"):
            case.body = _with_our_items(case.body, sku, alone=data.draw(st.booleans(), label="and nothing else"))
            if isinstance(case.body, dict) and "code" in case.body:
                case.body = {"code": ours["gift_card"]}
        headers = {"Authorization": f"Bearer {key}"} if data.draw(_MOSTLY, label="our key") else {}
        # Its WSGI transport asks for compressed answers and then does not unpack them.
        answer = case.call(headers={"Accept-Encoding": "identity", **headers})
        answered[operation.label, answer.status_code] += 1
        case.validate_response(answer, checks=_CHECKS)

    call()


def _call_rightly(operation: Any, ours: dict[str, str], sku: str, key: str, answered: Counter[tuple[str, int]]) -> None:
    """Make the call with what is right, as no generated one got through."""
    throttles.counts.clear()
    names = [name.strip("{}") for name in operation.path.split("/") if name.startswith("{")]
    least = {
        "orders": {"items": [{"sku": sku}]} if "/tables/" in operation.label else _least_order(sku),
        "payment": {"reference": "1", "amount": "4.00"},
        "payments": _LEAST_PAYMENT,
        "quote": {"split": _LEAST_PAYMENT["split"]},
        "gift-card": {"code": ours["gift_card"]},
    }
    body = least.get(operation.path.rpartition("/")[2]) if operation.method.upper() == "POST" else None
    case = operation.Case(
        path_parameters={name: ours[name] for name in names},
        headers={"Idempotency-Key": f"rightly {operation.label}"},
        **({"body": body, "media_type": "application/json"} if body else {}),
    )
    answer = case.call(headers={"Accept-Encoding": "identity", "Authorization": f"Bearer {key}"})
    answered[operation.label, answer.status_code] += 1
    case.validate_response(answer, checks=_CHECKS)


def _with_our_items(body: Any, sku: str, *, alone: bool) -> Any:
    """Return a body that orders or snoozes what this venue has, with all else as generated where that may be right.

    Or `alone`, with the least that an order needs: what else is generated depends on the modules that were loaded.
    """
    if not isinstance(body, dict):
        return body
    if alone and "items" in body:
        return _least_order(sku)
    if alone and {"reference", "amount"} <= body.keys():
        return {"reference": "1", "amount": "4.00"}
    changed = dict(body)
    if "skus" in body:
        changed = {"skus": [sku], "how_long": body.get("how_long", "tomorrow")}
    if "items" in body:
        changed |= {"type": "pickup", "items": [{"sku": sku, "quantity": 2}]}
        for name in ("scheduled_for", "discount_code", "account", "delivery_address", "delivery_fee"):
            changed.pop(name, None)
    if "payment" in body:
        changed["payment"] = _UNPAID
    if {"reference", "amount"} <= body.keys():
        changed["amount"] = "4.00"
    return changed
