"""The sandbox POS's control API, as tests use it."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")


def eventually(check: Callable[[], Found], *, seconds: float = 15) -> Found:
    """Call `check` until it returns something true, and return that.

    Raises:
        AssertionError: nothing true was returned within the given seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not seen within {seconds} seconds: {check!r}, last: {found!r}")
        time.sleep(0.03)


class SandboxPos:
    """One running sandbox. Return values are the JSON of its control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> dict[str, Any]:
        """Return orders, checks, endpoints, notifications, faults and the number of calls by route."""
        return self._call("GET", "state")

    def orders_on_the_till(self) -> list[dict[str, Any]]:
        """Return the orders that have become a check."""
        return [order for order in self.state()["orders"] if order["status"] == "on_till"]

    def calls(self, route: str) -> int:
        """Return how often a route was called since the last reset, for instance `POST token refresh_token`."""
        return int(self.state()["calls"].get(route, 0))

    def switch_on(self, **faults: Any) -> None:
        """Switch faults on, by name."""
        self._call("PUT", "faults", json=faults)

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self._call("DELETE", "faults")

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Press any other button of the till, by its path below /sandbox/."""
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = requests.request(method, f"{self.url}/sandbox/{path}", timeout=10, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
