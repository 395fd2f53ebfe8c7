"""Baskets ask the POS at most once in a few seconds, and hold few web threads while they wait for it."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from pytest_django import Settings
from rest_framework.test import APIClient

from integrations.connect import waiting_places
from integrations.connect.waiting_places import NoPlace, waiting_place
from integrations.models import Connection, TokenPair
from storekit import gunicorn
from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key
from storekit.rest.throttles import ByAddress, ByKey
from tests import factories
from tests.orders.conftest import CopperPotMenu

BASKET, ORDERS = "/api/v1/venues/copper-pot/basket", "/api/v1/venues/copper-pot/orders"
API = "https://pos.example"
READINESS, LEFT = f"{API}/o/op/1/onlineOrderReadiness", f"{API}/o/op/1/itemAvailability"
NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)


@pytest.fixture
def pos(connection: Connection, menu: CopperPotMenu, settings: Settings) -> Iterator[responses.RequestsMock]:
    """A POS that is ready and out of water."""
    settings.LIGHTSPEED_API_URL = API
    factories.ProductFactory(venue=connection.venue, sku="FRIES", name="Fries", price="3.00")
    TokenPair.objects.update(expires_at=max(NOW, datetime.now(UTC)) + timedelta(hours=1))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        state = {"salesPeriod": "OPENED", "acceptingOnlineOrders": True, "availableDevices": 1}
        ready = {"status": "READY", "onlineOrderingApiConfiguration": {"enabled": True}, "posStatus": state}
        mock.get(READINESS, json=ready)
        rows = [{"sku": "WATER", "count": 0, "updatedAt": "2026-07-03T17:00:00Z"}]
        mock.post(LEFT, json={"data": rows, "metadata": {"total": 1, "totalPages": 1}})
        yield mock


@pytest.fixture
def no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many threads wait for a POS as may."""
    monkeypatch.setattr(waiting_places, "_places", threading.BoundedSemaphore(1))
    waiting_places._places.acquire()


def ask(shop: APIClient, *skus: str, ask_pos: bool = True) -> Any:
    items = [{"sku": sku, "quantity": 1} for sku in skus]
    return shop.post(BASKET, {"items": items, "ask_pos": ask_pos}, format="json")


def said(shop: APIClient, *skus: str) -> tuple[bool | None, list[str]]:
    """Return whether the POS is ready, and the codes of the problems."""
    answer = ask(shop, *skus)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return body["pos"]["ready"], [problem["code"] for problem in body["problems"]]


def urls(pos: responses.RequestsMock) -> list[str]:
    return [str(call.request.url).split("?")[0] for call in pos.calls]


# --- The kept answer -------------------------------------------------------------------------------------------------


def test_many_baskets_within_five_seconds_are_two_calls(storefront: APIClient, pos: responses.RequestsMock) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(40):
            assert said(storefront, "WATER") == (True, ["unavailable"])
    assert urls(pos) == [READINESS, LEFT]


def test_after_five_seconds_the_pos_is_asked_again(storefront: APIClient, pos: responses.RequestsMock) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        said(storefront, "WATER")
        clock.shift(4.9)
        said(storefront, "WATER")
        assert len(pos.calls) == 2
        clock.shift(0.1)
        assert said(storefront, "WATER") == (True, ["unavailable"])
        assert len(pos.calls) == 4


def test_only_items_nobody_asked_about_are_asked_about(storefront: APIClient, pos: responses.RequestsMock) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        said(storefront, "WATER")
        clock.shift(3)
        assert said(storefront, "WATER", "FRIES") == (True, ["unavailable"])
        assert urls(pos) == [READINESS, LEFT, LEFT]
        assert json.loads(pos.calls[-1].request.body or "")["skus"] == ["FRIES"]
        # The older part of the answer has not become younger.
        clock.shift(2)
        said(storefront, "FRIES")
        assert urls(pos)[3:] == [READINESS, LEFT]


def test_a_pos_that_cannot_say_is_left_alone_for_fifteen_seconds(
    storefront: APIClient, pos: responses.RequestsMock
) -> None:
    pos.replace(responses.GET, READINESS, body=requests.ReadTimeout("too slow"))
    with time_machine.travel(NOW, tick=False) as clock:
        assert said(storefront, "WATER") == (None, [])
        clock.shift(14.9)
        assert said(storefront, "FRIES") == (None, [])
        assert len(pos.calls) == 1
        clock.shift(0.1)
        said(storefront, "FRIES")
        assert len(pos.calls) == 2


# --- Threads that wait -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_place")
def test_without_a_place_a_basket_is_answered_at_once_and_without_the_pos(
    storefront: APIClient, pos: responses.RequestsMock
) -> None:
    answer = ask(storefront, "WATER").json()
    assert (answer["pos"]["ready"], answer["problems"]) == (None, [])
    assert "waiting for a POS" in answer["pos"]["reason"]
    assert len(pos.calls) == 0
    waiting_places._places.release()
    assert said(storefront, "WATER") == (True, ["unavailable"])


def test_a_kept_answer_needs_no_place(
    storefront: APIClient, pos: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(NOW, tick=False):
        said(storefront, "WATER")
        monkeypatch.setattr(waiting_places, "_places", threading.BoundedSemaphore(1))
        with waiting_place():
            assert said(storefront, "WATER") == (True, ["unavailable"])


def test_half_of_a_process_s_threads_may_wait_and_leave_their_places_whatever_happens() -> None:
    assert gunicorn.threads // 2 == waiting_places.PLACES_PER_PROCESS
    with waiting_place(), waiting_place(), pytest.raises(NoPlace), waiting_place():
        pytest.fail("a third one")
    with pytest.raises(ZeroDivisionError), waiting_place():
        raise ZeroDivisionError
    with waiting_place(), waiting_place():
        pass


@pytest.fixture
def preview(pos: responses.RequestsMock, menu: CopperPotMenu) -> str:
    """The address of the tax preview, and a menu with tax that only the till knows."""
    menu.water.tax_at_till = True
    menu.water.save()
    location = Connection.objects.get().business_location_id
    return f"{API}/tp/v1/business-locations/{location}/tax-breakdown"


@pytest.mark.usefixtures("no_place", "preview")
def test_without_a_place_a_price_that_only_the_till_knows_is_to_be_asked_for_again(
    storefront: APIClient, pos: responses.RequestsMock, posted: dict[str, Any]
) -> None:
    storefront.raise_request_exception = False
    for answer in (
        ask(storefront, "WATER", ask_pos=False),
        storefront.post(ORDERS, posted, format="json", headers={"Idempotency-Key": "1"}),
    ):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert answer.json()["errors"][0]["code"] == "pos_busy"
    assert len(pos.calls) == 0


def test_a_pos_that_does_not_answer_is_not_asked_about_the_next_baskets_prices(
    storefront: APIClient, pos: responses.RequestsMock, preview: str
) -> None:
    pos.post(preview, body=requests.ReadTimeout("too slow"))
    assert ask(storefront, "WATER", ask_pos=False).status_code == 200
    assert ask(storefront, "WATER", "WATER", ask_pos=False).status_code == 200
    assert urls(pos) == [preview]


# --- Throttles -------------------------------------------------------------------------------------------------------


def test_a_key_that_posts_too_many_baskets_is_told_when_to_come_back(
    storefront: APIClient, menu: CopperPotMenu, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByKey, "rate", "3/minute")
    for _ in range(3):
        assert ask(storefront, "WATER", ask_pos=False).status_code == 200
    answer = ask(storefront, "WATER", ask_pos=False)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.json()["errors"][0]["code"] == "throttled"
    another = APIClient()
    another.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_api_key(venue=venue, name='kiosk')[1]}")
    assert ask(another, "WATER", ask_pos=False).status_code == 200


def test_an_address_that_posts_too_many_baskets_is_told_when_to_come_back(
    storefront: APIClient, menu: CopperPotMenu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByAddress, "rate", "1/minute")
    assert ask(storefront, "WATER", ask_pos=False).status_code == 200
    answer = ask(storefront, "WATER", ask_pos=False)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "throttled")
    assert int(answer.headers["Retry-After"]) >= 1
    storefront.defaults["REMOTE_ADDR"] = "192.0.2.9"
    assert ask(storefront, "WATER", ask_pos=False).status_code == 200
