"""Bad requests get a clear error; nothing is stored and nothing is sent."""

from typing import Any

import pytest
import requests

from integrations.models import Notification
from orders.models import Order
from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key
from tests.e2e.conftest import Service

pytestmark = pytest.mark.any_database("bad orders never come to it")


def _nothing_was_stored_or_sent(service: Service) -> bool:
    return not Order.objects.exists() and not service.pos.state()["orders"]


def _codes(answer: requests.Response) -> set[str]:
    body = answer.json()
    assert set(body) == {"type", "errors"}
    assert all(set(error) == {"code", "detail", "attr"} for error in body["errors"])
    return {error["code"] for error in body["errors"]}


BAD: list[tuple[dict[str, Any], str]] = [
    ({"items": [{"sku": "NO-SUCH-THING", "quantity": 1}]}, "unknown_product"),
    ({"items": []}, "empty"),
    ({"payment": {"status": "paid", "reference": "p-1", "amount": "0.01"}}, "amount_mismatch"),
    ({"type": "teleport"}, "invalid_choice"),
    ({"customer": {}}, "required"),
]


def test_a_bad_order_is_refused_with_its_reason(service: Service, other_venue: Venue) -> None:
    answers = [(code, service.post(service.order(**change))) for change, code in BAD]
    assert [(code, answer.status_code) for code, answer in answers if code not in _codes(answer)] == []
    assert {answer.status_code for _, answer in answers} == {400}

    foreign_key = issue_api_key(venue=other_venue, name="theirs")[1]
    answer = service.post(service.order(), api_key=foreign_key)
    assert (answer.status_code, _codes(answer)) == (403, {"permission_denied"})
    assert _nothing_was_stored_or_sent(service)


def test_what_is_no_order_and_no_notification_of_the_pos_is_refused_and_not_stored(service: Service) -> None:
    answer = requests.post(
        f"{service.url}/api/v1/venues/{service.venue.slug}/orders",
        data=b'{"type": "pickup", ',
        headers={
            "Authorization": f"Bearer {service.api_key}",
            "Idempotency-Key": "k-1",
            "Content-Type": "application/json",
        },
        timeout=10,
    )
    assert (answer.status_code, _codes(answer)) == (400, {"parse_error"})
    assert _nothing_was_stored_or_sent(service)

    (endpoint,) = service.pos.state()["endpoints"]
    answer = requests.post(endpoint["url"], json={"type": "ORDER"}, auth=("storekit", "guessed"), timeout=10)
    assert answer.status_code == 401
    assert not Notification.objects.exists()
