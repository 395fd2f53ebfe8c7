"""Real pages in Debian's Chromium, as people see them on a phone and on the office's screen."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from storekit.models import User

# Playwright keeps an event loop in this thread, which Django mistakes for asynchronous code using the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PASSWORD = "correct horse battery"
SIZES = {"phone": (390, 844), "office": (1440, 900)}


@dataclass
class Visit:
    """An open page, and a record of what must not happen on it."""

    page: Page
    site: str
    console: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.site + path)
        self.page.wait_for_load_state("networkidle")

    def assert_in_order(self, part: str = "body") -> None:
        """Assert that nothing overflows, nothing came from another host, nothing failed, and `part` is accessible."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} px"
        assert self.foreign_requests == []
        assert self.console == []
        found = Axe().run(self.page, context=part).response["violations"]
        serious = [one for one in found if one["impact"] in {"serious", "critical"}]
        assert not serious, [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious]

    def screenshot(self, name: str) -> None:
        """Save a screenshot for a person to check, if SCREENSHOTS names a folder."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def log_in(self, user: User, password: str = PASSWORD) -> None:
        self.open("/admin/")
        self.page.get_by_label("Email").fill(user.email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url("**/admin/")


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


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def visit(chromium: Browser, live_server: LiveServer, size: str) -> Iterator[Visit]:
    """A browser without cookies at one of the sizes."""
    cache.clear()
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    made = Visit(page=page, site=live_server.url)
    page.on("console", lambda message: made.console.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: made.console.append(str(error)))
    page.on("request", _record_foreign_requests(made))
    yield made
    context.close()


def _record_foreign_requests(visit: Visit) -> Callable[[Any], None]:
    def note(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != urlsplit(visit.site).hostname:
            visit.foreign_requests.append(request.url)

    return note
