"""A web shop that orders under faults, as the API's description asks: it repeats what got no answer, or a 5xx."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import requests

from tests.support.stack import Stack

Json = dict[str, Any]
_PAUSE_SECONDS = 0.5
_PATIENCE_SECONDS = 120.0


class Shop:
    """Places and pays orders, and keeps what it was told about each."""

    def __init__(self, up: Stack) -> None:
        self._venue = f"{up.url}/api/v1/venues/{up.venue}"
        self._api_key = up.api_key
        self.accepted: list[str] = []
        """The ids of the orders that were taken."""
        self.refused: Counter[str] = Counter()
        """The codes of the orders that were not, which their guests were told at once."""
        self.refunded: set[str] = set()
        """The ids of the orders whose payment was not taken, so that the shop gave the money back."""

    def price(self, type: str, items: Sequence[Json]) -> Decimal:
        """Return what a basket says: the tax of some lines is only known there."""
        answer = self._post(f"{self._venue}/basket", {"type": type, "items": items})
        assert answer.status_code == 200, answer.text
        return Decimal(answer.json()["totals"]["items"])

    def place(self, body: Json) -> None:
        """Place an order, and pay one that is placed unpaid."""
        cost = body.pop("cost")
        answer = self._post(f"{self._venue}/orders", body)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while _not_now(answer) and time.monotonic() < deadline:
            # The guest tries again until the venue takes orders.
            time.sleep(_PAUSE_SECONDS)
            answer = self._post(f"{self._venue}/orders", body)
        if answer.status_code == 400:
            self.refused.update({answer.json()["errors"][0]["code"]})
            return
        assert answer.status_code == 201, answer.text
        placed = answer.json()
        self.accepted.append(placed["id"])
        if body["payment"]["status"] == "unpaid" and "account" not in body:
            self._pay(placed["id"], cost)

    def _pay(self, order: str, amount: Decimal) -> None:
        payment = {"reference": f"web-{uuid.uuid4()}", "amount": str(amount)}
        answer = self._post(f"{self._venue}/orders/{order}/payment", payment)
        if answer.status_code == 409:
            self.refunded.add(order)
        else:
            assert answer.status_code == 200, answer.text

    def _post(self, url: str, body: Json) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._api_key}", "Idempotency-Key": str(uuid.uuid4())}
        return persist(lambda: requests.post(url, json=body, headers=headers, timeout=30))


def _not_now(answer: requests.Response) -> bool:
    return answer.status_code == 400 and answer.json()["errors"][0]["code"] in ("not_ready", "pos_not_ready")


def persist(ask: Callable[[], requests.Response]) -> requests.Response:
    """Repeat a request until it is answered with less than 500, two minutes at most."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(requests.ConnectionError, requests.Timeout):
            answer = ask()
            if answer.status_code < 500:
                return answer
        assert time.monotonic() < deadline, "the shop gave up"
        time.sleep(_PAUSE_SECONDS)
