"""Real pages in Debian's Chromium. Each flow is walked once, and its pages are looked at on both of the sizes below."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from storekit.models import User

# Playwright keeps an event loop in this thread, which Django mistakes for asynchronous code using the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "correct horse battery"
SIZES = {"phone": (390, 844), "office": (1440, 900)}
# Of a wait that fails, so it may be long: two processes share the machine's cores.
expect.set_options(timeout=30_000)

# How far the page scrolls sideways once it has been laid out for the size it has now, and what axe finds in a part.
_LOOK = """async part => {
    await new Promise(laidOut => requestAnimationFrame(() => requestAnimationFrame(laidOut)));
    const page = document.documentElement;
    const found = await axe.run(part, {resultTypes: ["violations"], preload: false});
    return {wide: page.scrollWidth - page.clientWidth, violations: found.violations};
}"""


@dataclass
class Visit:
    """An open page, and a record of what must not happen on it."""

    page: Page
    site: str
    size: str
    console: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def listen(self) -> Callable[[], None]:
        """Start the record; return what ends it."""
        listeners: dict[Any, Callable[[Any], None]] = {
            "console": lambda message: self.console.append(message.text) if message.type == "error" else None,
            "pageerror": lambda error: self.console.append(str(error)),
            "request": _record_foreign_requests(self),
        }
        for event, listener in listeners.items():
            self.page.on(event, listener)

        def stop() -> None:
            for event, listener in listeners.items():
                self.page.remove_listener(event, listener)

        return stop

    def log_in(self, user: User) -> None:
        """Give the browser a session of the user. One test goes through the form instead."""
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": self.site, "httpOnly": True}]
        )

    def open(self, path: str) -> None:
        """Open the page at this path, with everything that it loads."""
        self.page.goto(self.site + path)

    def assert_in_order(self, part: str = "body") -> None:
        """Assert that nothing came from another host and nothing failed; and on both sizes, that nothing overflows and
        `part` is accessible.
        """
        self.page.wait_for_load_state()
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(Axe().axe_script)
        for size in self._at_each_size():
            seen = self.page.evaluate(_LOOK, part)
            assert seen["wide"] <= 0, f"{self.page.url} scrolls sideways by {seen['wide']} px ({size})"
            serious = [one for one in seen["violations"] if one["impact"] in {"serious", "critical"}]
            assert not serious, (size, [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious])
        assert self.foreign_requests == []
        assert self.console == []

    def screenshot(self, name: str) -> None:
        """Save screenshots on both sizes for a person to check, if SCREENSHOTS names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            for size in self._at_each_size():
                self.page.screenshot(path=f"{folder}/{name}-{size}.png", full_page=True)

    def _at_each_size(self) -> Iterator[str]:
        """Give the page each size in turn, last the one at which the flow goes on."""
        for size in sorted(SIZES, key=lambda one: one == self.size):
            width, height = SIZES[size]
            self.page.set_viewport_size({"width": width, "height": height})
            yield size


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing = "Chromium is not installed. Install it with: apt-get install chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page(chromium: Browser) -> Page:
    """One window for all tests: opening one is dear, and this one keeps stylesheets, scripts and fonts."""
    return chromium.new_context(reduced_motion="reduce").new_page()


@pytest.fixture
def size() -> str:
    """The size at which the flow is walked: the harder one, unless a test is parametrized with "office"."""
    return "phone"


@pytest.fixture
def visit(page: Page, live_server: LiveServer, size: str) -> Iterator[Visit]:
    """A page of a browser without cookies."""
    cache.clear()
    page.context.clear_cookies()
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    made = Visit(page=page, site=live_server.url, size=size)
    stop = made.listen()
    yield made
    stop()
    if page.url.startswith(live_server.url):
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.goto("about:blank")


def _record_foreign_requests(visit: Visit) -> Callable[[Any], None]:
    def note(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != urlsplit(visit.site).hostname:
            visit.foreign_requests.append(request.url)

    return note
