"""A minimal browser: it keeps cookies, follows redirects and submits forms."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

_TIMEOUT = 30


class _Forms(HTMLParser):
    """Collects the forms of a page: each one's action, and the fields that would be sent unchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {"__method__": given.get("method", "get").lower()}))
            self._open = True
        elif tag == "input" and self._open and given.get("name"):
            kind = given.get("type", "text")
            if kind not in ("submit", "button", "checkbox", "radio") or "checked" in given:
                self.forms[-1][1][given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


class Browser:
    """One person's browser session."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self.page = requests.Response()

    def open(self, url: str) -> requests.Response:
        """Open a page, following redirects."""
        self.page = self._session.get(url, timeout=_TIMEOUT)
        return self.page

    def submit(self, **values: str) -> requests.Response:
        """Submit the page's first form that has any of the fields or, failing that, its last form, with these values.

        Raises:
            LookupError: if the page has no form that posts.
        """
        parser = _Forms()
        parser.feed(self.page.text)
        forms = [(action, fields) for action, fields in parser.forms if fields["__method__"] == "post"]
        if not forms:
            raise LookupError(f"{self.page.url} answered {self.page.status_code} and has no form to submit")
        action, fields = next((form for form in forms if values.keys() & form[1].keys()), forms[-1])
        body = {name: value for name, value in fields.items() if name != "__method__"} | values
        self.page = self._session.post(
            urljoin(self.page.url, action), data=body, headers={"Referer": self.page.url}, timeout=_TIMEOUT
        )
        return self.page
