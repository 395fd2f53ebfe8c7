"""The Copper Pot in service: a real web server, and the sandbox POS behind real sockets.

`test_the_whole_path` connects by sockets too; elsewhere storekit's pages are opened without.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from menus.sync.run import sync_menu
from storekit.demo import story
from storekit.models import Venue
from storekit.rest.api_keys import issue_api_key
from tests.integrations.flow import connect
from tests.support.processes import Worker, worker
from tests.support.sandbox import SandboxPos

HIGH_STREET = "45454565682155"


class Service:
    """The Copper Pot in service, as a storefront sees it."""

    def __init__(self, *, url: str, venue: Venue, api_key: str, pos: SandboxPos) -> None:
        self.url = url
        self.venue = venue
        self.api_key = api_key
        self.pos = pos
        self.menu: dict[str, Any] = {}

    def post(self, order: Any, *, key: str | None = None, api_key: str | None = None) -> requests.Response:
        """Post an order without changing it."""
        return requests.post(
            f"{self.url}/api/v1/venues/{self.venue.slug}/orders",
            json=order,
            headers={
                "Authorization": f"Bearer {api_key or self.api_key}",
                "Idempotency-Key": key or str(uuid.uuid4()),
            },
            timeout=30,
        )

    def order(self, **changes: Any) -> dict[str, Any]:
        """Return a pickup order, valid unless the changes make it invalid.

        Its price has the tax in it, so that taking the order asks nothing of the POS.
        """
        fries = [product for product in self.menu["products"] if product["sku"] == "FRIES01"]
        return story.pickup_order(self.menu | {"products": fries}) | changes

    def price_of(self, items: Any, *, type: str = "pickup") -> Decimal:
        """Return what the items cost according to the basket, which asks the till about tax."""
        answer = requests.post(
            f"{self.url}/api/v1/venues/{self.venue.slug}/basket",
            json={"type": type, "items": items},
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return Decimal(answer.json()["totals"]["items"])

    def place(self, **changes: Any) -> dict[str, Any]:
        """Place a valid order and return the answer."""
        answer = self.post(self.order(**changes))
        assert answer.status_code == 201, answer.text
        placed: dict[str, Any] = answer.json()
        return placed

    def place_at_once(self, count: int) -> list[dict[str, Any]]:
        """Place that many orders at the same moment."""
        with ThreadPoolExecutor(max_workers=count) as pool:
            return list(pool.map(lambda _: self.place(), range(count)))

    def read(self, order_id: str) -> dict[str, Any]:
        """Return the order as the API shows it now."""
        answer = requests.get(
            f"{self.url}/api/v1/venues/{self.venue.slug}/orders/{order_id}",
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=30,
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def is_confirmed(self, order_id: str) -> bool:
        """Return whether the API says that the order is on the till."""
        return bool(self.read(order_id)["status"] == "confirmed")

    def total_of(self, order: dict[str, Any]) -> Decimal:
        """Return what the guest pays for an order, according to the answer."""
        return Decimal(order["totals"]["total"])


def in_service(*, live_server: LiveServer, venue: Venue, pos: SandboxPos) -> Service:
    """Sync the menu of a connected venue and give its storefront a key."""
    sync_menu(venue=venue, started_by="test")
    api_key = issue_api_key(venue=venue, name="web shop")[1]
    opened = Service(url=live_server.url, venue=venue, api_key=api_key, pos=pos)
    opened.menu = story.read_menu(url=live_server.url, venue=venue.slug)
    return opened


@pytest.fixture
def service(
    live_server: LiveServer, settings: Settings, sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> Service:
    settings.PUBLIC_URL = live_server.url
    connect(annas_browser, venue)
    return in_service(live_server=live_server, venue=venue, pos=sandbox)


@pytest.fixture
def running_worker(service: Service) -> Iterator[Worker]:
    """One task worker, started once the venue is in service."""
    with worker() as started:
        yield started


@pytest.fixture
def mails(service: Service, tmp_path: Path) -> Iterator[Path]:
    """The folder of e-mails from a worker that runs during the test."""
    folder = tmp_path / "mail"
    backend = "django.core.mail.backends.filebased.EmailBackend"
    with worker(EMAIL_BACKEND=backend, EMAIL_FILE_PATH=str(folder)):
        yield folder
