"""An API key opens its own venue and no other; unknown orders and busy menus are answered clearly."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from menus.versions import MenuBusy
from tests.orders.api.storefront import ORDERS, errors, nothing_is_left, post


@pytest.mark.parametrize(
    ("authorization", "status"),
    [(None, 401), ("Bearer", 401), ("Bearer sk_0000000000_guess", 401), ("Basic c2s6c2s=", 401)],
)
def test_an_order_without_a_valid_api_key_is_refused(
    posted: dict[str, Any], authorization: str | None, status: int
) -> None:
    headers = {"Idempotency-Key": "k"} | ({"Authorization": authorization} if authorization else {})
    answer = APIClient().post(ORDERS, posted, format="json", headers=headers)
    assert answer.status_code == status
    assert errors(answer)
    assert nothing_is_left()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}])
def test_the_error_for_a_missing_api_key_says_how_to_send_it(posted: dict[str, Any], headers: dict[str, str]) -> None:
    answer = APIClient().post(ORDERS, posted, format="json", headers={"Idempotency-Key": "k", **headers})
    assert answer.json()["errors"][0]["detail"] == "Send the venue's API key as: Authorization: Bearer <key>"
    assert "WWW-Authenticate" in answer.headers


def test_another_venues_key_is_refused_for_this_venue_and_for_an_unknown_one(
    other_storefront: APIClient, posted: dict[str, Any]
) -> None:
    for slug in ("copper-pot", "nowhere"):
        answer = post(other_storefront, posted, to=f"/api/v1/venues/{slug}/orders")
        assert (answer.status_code, errors(answer)) == (403, [("permission_denied", None)])
    assert nothing_is_left()


def test_an_order_of_another_venue_is_not_found(
    storefront: APIClient, other_storefront: APIClient, posted: dict[str, Any]
) -> None:
    placed = post(storefront, posted).json()
    answer = other_storefront.get(f"/api/v1/venues/blue-door/orders/{placed['id']}")
    assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])
    assert other_storefront.get(f"{ORDERS}/{placed['id']}").status_code == 403


@pytest.mark.parametrize("order_id", ["5c1f9a52-7d9e-4a6e-9d0c-3b1f6f0f2a11", "1", "nonsense", "x" * 500])
def test_an_unknown_order_is_not_found(storefront: APIClient, order_id: str) -> None:
    answer = storefront.get(f"{ORDERS}/{order_id}")
    assert (answer.status_code, errors(answer)) == (404, [("not_found", None)])


def test_a_menu_that_keeps_changing_is_answered_with_503(
    storefront: APIClient, posted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: Any) -> None:
        raise MenuBusy

    monkeypatch.setattr("orders.checkout.validation.menu_catalogue.load", busy)
    storefront.raise_request_exception = False
    answer = post(storefront, posted)
    assert (answer.status_code, errors(answer)) == (503, [("menu_changing", None)])
    assert nothing_is_left()
