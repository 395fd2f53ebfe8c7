"""The sandbox POS as tests use it: a small client of its control API."""

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")


def eventually(probe: Callable[[], Found], *, seconds: float = 15) -> Found:
    """Call `probe` until its result is true, and return the result. Fail after `seconds`.

    Asks ever more rarely, as the asking takes processor time from those who are to make it true.
    """
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {seconds} seconds: {probe!r}, last result: {found!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


class SandboxPos:
    """A running sandbox. Every method returns the JSON of its control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> dict[str, Any]:
        """Return orders, checks, endpoints, notifications, faults and the number of calls by route."""
        return self._call("GET", "state")

    def orders_on_the_till(self) -> list[dict[str, Any]]:
        """Return the orders that have become a check."""
        return [order for order in self.state()["orders"] if order["status"] == "on_till"]

    def calls(self, route: str) -> int:
        """Return how often a route was called since the last reset, such as `POST token refresh_token`."""
        return int(self.state()["calls"].get(route, 0))

    def switch_on(self, **faults: Any) -> None:
        """Set faults by name."""
        self._call("PUT", "faults", json=faults)

    def clear_faults(self) -> None:
        """Set all faults back to their defaults."""
        self._call("DELETE", "faults")

    def set_habits(self, **habits: Any) -> None:
        """Set habits of the POS by name."""
        self._call("PUT", "habits", json=habits)

    def clear_habits(self) -> None:
        """Set all habits back to what the real POS does."""
        self._call("DELETE", "habits")

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        """Call any other action of the till, by its path below /sandbox/."""
        return self._call("POST", path, json=body)

    def replace_menu(self, menu: dict[str, Any]) -> None:
        """Replace the menu with the same number. Amounts may be decimals."""
        self._call("PUT", f"menus/{menu['ikentooMenuId']}", json=json.loads(json.dumps(menu, default=str)))

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = requests.request(method, f"{self.url}/sandbox/{path}", timeout=10, **options)
        response.raise_for_status()
        found: dict[str, Any] = response.json() if response.content else {}
        return found
