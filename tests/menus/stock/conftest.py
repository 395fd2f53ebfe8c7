"""Fixtures for reconciliation tests: a POS that answers over HTTP, and a connected venue."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.conf import settings
from django.core.cache import cache

from integrations.connect.service import endpoint_of
from integrations.models import Connection
from storekit.models import Venue
from tests.menus.snapshots import sync_snapshot
from tests.menus.stocked import stocked_menu

EVENING = datetime(2026, 10, 1, 18, tzinfo=UTC)
API = settings.LIGHTSPEED_API_URL
AVAILABILITY = f"{API}/o/op/1/itemAvailability"


class StockedPos:
    """A POS that answers over HTTP with its restrictions, by SKU, and the time of its counts."""

    def __init__(self, connection: Connection) -> None:
        self.left: dict[str, int | None] = {}
        self.counted_at = EVENING
        self.requests: list[list[str]] = []
        self.during: Any = None
        self.throttled_once = ""
        endpoint = endpoint_of(connection=connection)
        hook = f"{API}/o/wh/1/webhook/{endpoint.id}"
        hook_body = {
            "endpointId": endpoint.id,
            "url": endpoint.url,
            "withBasicAuth": True,
            "username": endpoint.username,
        }
        hook_body |= dict.fromkeys(("provideAccount", "expandTransactions", "expandPayments"), True)
        hook_body["subscribeTo"] = [
            {"resource": "order", "name": "DELIVERED"},
            {"resource": "item", "name": "SALES_RESTRICTION_UPDATED"},
            {"resource": "order_api", "name": "ONLINE_ORDER_READINESS"},
        ]
        responses.get(hook, json=hook_body)
        responses.get(f"{hook}/business-locations", json=[{"businessLocationId": int(connection.business_location_id)}])
        responses.get(
            f"{API}/o/op/1/onlineOrderReadiness", json={"status": "READY", "lastUpdatedAt": "2026-10-01T10:00:00Z"}
        )
        responses.add_callback(responses.POST, AVAILABILITY, callback=self._answer)

    def _answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        if wait := self.throttled_once:
            self.throttled_once = ""
            return 429, {"Retry-After": wait}, "{}"
        skus = json.loads(request.body)["skus"]
        self.requests.append(skus)
        at = self.counted_at.isoformat()
        rows = [{"sku": sku, "count": self.left[sku], "updatedAt": at} for sku in skus if sku in self.left]
        if self.during:
            self.during()
        pages = {"warnings": [], "current": {"page": 0, "pageSize": 50}, "total": len(rows), "totalPages": 1}
        return 200, {}, json.dumps({"data": rows, "metadata": pages})


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(EVENING, tick=False) as clock:
        yield clock


@pytest.fixture
def connected_menu(connection: Connection, venue: Venue) -> Venue:
    cache.clear()
    connection.tokens.__class__.objects.update(expires_at=EVENING + timedelta(days=30))
    an_hour_ago = EVENING - timedelta(hours=1)
    Connection.objects.update(connected_at=an_hour_ago, webhook_registered_at=an_hour_ago)
    sync_snapshot(venue, stocked_menu())
    return venue


@pytest.fixture
def pos(connected_menu: Venue, connection: Connection) -> Iterator[StockedPos]:
    with responses.mock:
        yield StockedPos(connection)
