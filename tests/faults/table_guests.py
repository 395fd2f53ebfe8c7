"""Guests who pay at their tables under faults: their page repeats what got no answer, with the same key."""

import itertools
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import requests

from tests.faults.shop import persist

Json = dict[str, Any]
_CARDS = ("ok", "ok", "ok", "declined", "confirm", "confirm declined", "walks away", "lost_answer", "captures_first")
_ENDED = {"succeeded", "failed", "refunded"}
_PAUSE_SECONDS = 0.3
_PATIENCE_SECONDS = 20.0


class TableGuests:
    """All guests of the evening, and what they were told.

    Args:
        url: where storekit runs.
        tokens: of the tables.
        seed: of what they choose.
    """

    def __init__(self, url: str, tokens: Sequence[str], *, seed: int) -> None:
        self._url = url
        self._tokens = itertools.cycle(tokens)
        self._dice = random.Random(seed)
        self._lock = threading.Lock()
        self.started: list[str] = []
        """The ids of the payments that were begun."""
        self.told: dict[str, str] = {}
        """By payment: how it ended, as far as its guest waited."""
        self.refused: Counter[str] = Counter()
        """Why payments could not be begun."""

    def pay(self) -> None:
        """Look at a bill, pay a part of it, and wait for the outcome for a while."""
        with self._lock:
            token, dice = next(self._tokens), random.Random(self._dice.random())
        bill = self._some_bill(token, dice)
        if bill is None:
            self._count("no open bill")
            return
        card = dice.choice(_CARDS)
        address = f"{self._url}/api/v1/tables/{token}/bills/{bill['id']}/payments"
        answer = self._post(address, _wish(bill, card, dice))
        if answer.status_code != 201:
            self._count(answer.json()["errors"][0]["code"])
            return
        with self._lock:
            self.started.append(answer.json()["id"])
        if card != "walks away":
            self._wait_for(token, answer.json(), card)

    def _some_bill(self, token: str, dice: random.Random) -> Json | None:
        answer = persist(lambda: requests.get(f"{self._url}/api/v1/tables/{token}", timeout=30))
        bills = [bill for bill in answer.json().get("bills", ()) if Decimal(bill["totals"]["due"])]
        return dice.choice(bills) if bills else None

    def _post(self, address: str, body: Json) -> requests.Response:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return persist(lambda: requests.post(address, json=body, headers=headers, timeout=30))

    def _wait_for(self, token: str, payment: Json, card: str) -> None:
        address = f"{self._url}/api/v1/tables/{token}/payments/{payment['id']}"
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            payment = persist(lambda: requests.get(address, timeout=30)).json()
            if payment["status"] in _ENDED:
                self.told[payment["id"]] = payment["status"]
                return
            if payment["stage"] == "needs_guest" and (page := payment["provider"].get("confirm_at")):
                self._answer_the_bank(page, "decline" if card == "confirm declined" else "confirm")
            time.sleep(_PAUSE_SECONDS)

    def _answer_the_bank(self, page: str, answer: str) -> None:
        with requests.Session() as browser, suppress(requests.RequestException):
            shown = browser.get(f"{self._url}{page}", timeout=30)
            token = browser.cookies.get("csrftoken", "")
            if shown.ok:
                form = {"answer": answer, "csrfmiddlewaretoken": token}
                browser.post(f"{self._url}{page}", data=form, headers={"Referer": self._url}, timeout=30)

    def _count(self, code: str) -> None:
        with self._lock:
            self.refused[code] += 1


def _wish(bill: Json, card: str, dice: random.Random) -> Json:
    ways: tuple[Callable[[], Json], ...] = (
        lambda: {"mode": "full"},
        lambda: {"mode": "shares", "shares": 1, "of": dice.randint(2, 4)},
        lambda: {"mode": "items", "lines": [{"line": dice.choice(bill["lines"])["id"], "quantity": "1/2"}]},
        lambda: {"mode": "amount", "amount": f"{dice.randint(1, 5)}.00"},
    )
    tip = dice.choice(("0.00", "0.00", "1.50"))
    token = {"confirm declined": "confirm", "walks away": "confirm"}.get(card, card)
    return {"split": dice.choice(ways)(), "tip": tip, "method": "card", "card": {"token": token}}
