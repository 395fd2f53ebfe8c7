"""Bad requests get a clear error; nothing is stored and nothing is sent."""

from typing import Any

import pytest
import requests

from integrations.models import Notification
from orders.models import Order
from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key
from tests.e2e.conftest import Service


def _nothing_was_stored_or_sent(service: Service) -> bool:
    return not Order.objects.exists() and not service.pos.state()["orders"]


def _codes(answer: requests.Response) -> set[str]:
    body = answer.json()
    assert set(body) == {"type", "errors"}
    assert all(set(error) == {"code", "detail", "attr"} for error in body["errors"])
    return {error["code"] for error in body["errors"]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"items": [{"sku": "NO-SUCH-THING", "quantity": 1}]}, "unknown_product"),
        ({"items": []}, "empty"),
        ({"payment": {"status": "paid", "reference": "p-1", "amount": "0.01"}}, "amount_mismatch"),
        ({"type": "teleport"}, "invalid_choice"),
        ({"customer": {}}, "required"),
    ],
)
def test_a_bad_order_is_refused_with_its_reason(service: Service, change: dict[str, Any], code: str) -> None:
    answer = service.post(service.order(**change))
    assert answer.status_code == 400
    assert code in _codes(answer)
    assert _nothing_was_stored_or_sent(service)


def test_malformed_json_is_refused(service: Service) -> None:
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


def test_another_venues_key_is_refused(service: Service, other_venue: Venue) -> None:
    foreign_key = issue_api_key(venue=other_venue, name="theirs")[1]
    answer = service.post(service.order(), api_key=foreign_key)
    assert (answer.status_code, _codes(answer)) == (403, {"permission_denied"})
    assert _nothing_was_stored_or_sent(service)


def test_a_webhook_with_wrong_credentials_is_refused_and_not_stored(service: Service) -> None:
    (endpoint,) = service.pos.state()["endpoints"]
    answer = requests.post(endpoint["url"], json={"type": "ORDER"}, auth=("storekit", "guessed"), timeout=10)
    assert answer.status_code == 401
    assert not Notification.objects.exists()
