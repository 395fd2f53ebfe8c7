"""The sandbox POS as a test uses it: its control API in a few words."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")


def eventually(look: Callable[[], Found], *, seconds: float = 15) -> Found:
    """Looks again and again until something true is seen, and returns it; fails when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds} seconds: {look!r}, last: {found!r}")
        time.sleep(0.03)


class SandboxPos:
    """One running sandbox. Everything it returns is the JSON of its control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> dict[str, Any]:
        """Orders, checks, endpoints, notifications, faults and the number of calls by route."""
        return self._call("GET", "state")

    def orders_on_the_till(self) -> list[dict[str, Any]]:
        """The orders that have become a check."""
        return [order for order in self.state()["orders"] if order["status"] == "on_till"]

    def calls(self, route: str) -> int:
        """How often a route was called since the last reset, for instance `POST token refresh_token`."""
        return int(self.state()["calls"].get(route, 0))

    def switch_on(self, **faults: Any) -> None:
        """Switches faults on, by name."""
        self._call("PUT", "faults", json=faults)

    def clear_faults(self) -> None:
        """Everything works again."""
        self._call("DELETE", "faults")

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Any other button of the till, by its path below /sandbox/."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = requests.request(method, f"{self.url}/sandbox/{path}", timeout=10, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
