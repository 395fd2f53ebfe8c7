"""The demo's steps once everything runs: log in, connect the POS, sync, order, and wait for the order to arrive."""

import re
import time
import uuid
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import requests

from storekit.demo.browser import Browser
from storekit.demo.processes import DemoError

_TIMEOUT = 30
_MOST_TRIES = 10


def log_in(browser: Browser, *, url: str, email: str, password: str) -> None:
    """Log in through the log-in page."""
    browser.open(f"{url}/accounts/login/")
    page = browser.submit(login=email, password=password)
    if not page.ok or "/accounts/login" in page.url:
        raise DemoError(f"Logging in as {email} failed.")


def connect(browser: Browser, *, url: str, venue: str, location: str) -> None:
    """Connect a venue to the POS as its manager would: consent page, then the location with that id."""
    browser.open(f"{url}/integrations/lightspeed/connect/?venue={venue}")
    browser.submit(venue=venue)
    browser.submit(decision="allow")
    page = browser.page
    if page.ok and "/location/" in page.url:
        page = browser.submit(business_location_id=location)
    # A venue that has a location keeps it, and is not asked.
    if not page.ok or "/admin/integrations/connection/" not in page.url:
        raise DemoError(f"Connecting the POS stopped at {page.url} ({page.status_code}).")


def switch_on_pay_at_table(browser: Browser, *, url: str) -> None:
    """Let guests see and pay their bills, as a manager would; nothing happens if that was done before."""
    if "/change/" in browser.open(f"{url}/admin/tables/payattable/").text:
        return
    page = browser.open(f"{url}/admin/tables/payattable/add/")
    (venue,) = re.findall(r'<option value="([0-9]+)"', page.text)[:1]
    page = browser.submit(venue=venue, enabled="on", payments_enabled="on", gift_cards="on", tips="percentages")
    if not page.ok or page.url.endswith("/add/"):
        raise DemoError(f"Pay at table could not be switched on at {page.url} ({page.status_code}).")


def serve_table(browser: Browser, *, url: str, pos_url: str, number: int, sku: str) -> str:
    """Bring two of an item to a table, which opens a check on the till; return the address of the guests' page."""
    dinner = {"tableNumber": number, "clientCount": 2, "items": [{"sku": sku, "quantity": 2}]}
    requests.post(f"{pos_url}/sandbox/checks", json=dinner, timeout=_TIMEOUT).raise_for_status()
    found = re.search(r"/admin/tables/table/([0-9a-f-]{36})/change/", browser.open(_tables(url, number)).text)
    if found is None:
        raise DemoError(f"The floor plan has no table {number}.")
    return browser.open(f"{url}/admin/tables/table/{found[1]}/guest-page").url


def _tables(url: str, number: int) -> str:
    return f"{url}/admin/tables/table/?q={number}"


def pickup_order(menu: dict[str, Any]) -> dict[str, Any]:
    """Return a pickup order for two of the first available item without required modifiers."""
    product = next(
        product
        for product in menu["products"]
        if product["kind"] == "item" and product["available"] and not _required_groups(menu, product)
    )
    total = Decimal(product["price"])
    return {
        "type": "pickup",
        "customer": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"},
        "items": [{"sku": product["sku"], "quantity": 1}],
        "payment": {"status": "paid", "reference": f"demo-{uuid.uuid4()}", "amount": str(total)},
    }


def _required_groups(menu: dict[str, Any], product: dict[str, Any]) -> list[str]:
    required = {group["id"] for group in menu["modifier_groups"] if group["min"]}
    return [group for group in product["modifier_groups"] if group in required]


def read_menu(*, url: str, venue: str) -> dict[str, Any]:
    """Read the venue's menu as a storefront does."""
    answer = requests.get(f"{url}/api/v1/venues/{venue}/menu", timeout=_TIMEOUT)
    if not answer.ok:
        raise DemoError(f"The menu could not be read: {answer.status_code} {answer.text[:500]}")
    menu: dict[str, Any] = answer.json()
    return menu


def place_order(*, url: str, venue: str, api_key: str, order: dict[str, Any]) -> dict[str, Any]:
    """Place an order by REST, again after a moment while storekit says that it is busy; return the answer."""
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": str(uuid.uuid4())}
    for _ in range(_MOST_TRIES):
        answer = requests.post(f"{url}/api/v1/venues/{venue}/orders", json=order, headers=headers, timeout=_TIMEOUT)
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE or "Retry-After" not in answer.headers:
            break
        time.sleep(float(answer.headers["Retry-After"]))
    if not answer.ok:
        raise DemoError(f"The order was refused: {answer.status_code} {answer.text[:1000]}")
    placed: dict[str, Any] = answer.json()
    return placed


def wait_until_confirmed(*, url: str, venue: str, api_key: str, order_id: str, seconds: float = 60) -> dict[str, Any]:
    """Wait until the POS has confirmed the order; return it."""
    deadline = time.monotonic() + seconds
    while True:
        answer = requests.get(
            f"{url}/api/v1/venues/{venue}/orders/{order_id}",
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_TIMEOUT,
        )
        order: dict[str, Any] = answer.json()
        if answer.ok and order["status"] == "confirmed":
            return order
        if time.monotonic() > deadline:
            raise DemoError(f"The order did not reach the till in {seconds:.0f} seconds: {order.get('pos')}")
        time.sleep(0.1)
