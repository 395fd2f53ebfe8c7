"""Every address with a venue's row in it, beside the back office's, is in this table with who may open it.

A new one fails until it has a row here. Pages of the back office are gone through in `test_walls.py`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from storekit.models import Venue

_API = "api/v1/venues/<slug:slug>/"
_PUBLIC = (f"{_API}menu", f"{_API}availability", "media/<path:name>")
_BY_KEY = (
    f"{_API}basket",
    f"{_API}orders",
    f"{_API}orders/<str:order_id>",
    f"{_API}orders/<str:order_id>/payment",
    f"{_API}snoozes",
    f"{_API}snoozes/<uuid:snooze_id>",
)
# Opens one table: tests/tables/guest.
_TABLE = "api/v1/tables/<table_token:token>"
_BY_A_TABLES_TOKEN = (
    _TABLE,
    f"{_TABLE}/bills/<str:bill_id>/payments",
    f"{_TABLE}/payments/<str:payment_id>",
    f"{_TABLE}/orders",
    f"{_TABLE}/orders/<str:order_id>",
    f"{_TABLE}/bills/<str:bill_id>/quote",
    f"{_TABLE}/gift-card",
    "t/<table_token:token>/",
    "t/<table_token:token>/payments/<uuid:payment_id>/",
    # A card's confirmation, at the sandbox provider only.
    "t/sandbox-card/<slug:reference>/",
)
_BY_MEMBERSHIP = "integrations/lightspeed/<slug:slug>/location/"
_BY_ITS_OWN_PASSWORD = "webhooks/lightspeed/<uuid:public_id>/"
_ID = "11111111-1111-4111-8111-111111111111"
# The libraries' own: log-in pages by a secret in the address, and the back office.
_ELSEWHERE = ("admin/", "accounts/", "static/")


def _routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif isinstance(entry, URLPattern) and "<" in route and not route.startswith(_ELSEWHERE):
            yield route


def test_every_address_is_in_the_table() -> None:
    by_a_secret = (*_BY_A_TABLES_TOKEN, _BY_ITS_OWN_PASSWORD)
    assert set(_routes(get_resolver())) == {*_PUBLIC, *_BY_KEY, *by_a_secret, _BY_MEMBERSHIP}


@pytest.mark.parametrize("route", _BY_KEY)
def test_another_venues_key_opens_nothing(
    route: str, venue: Venue, other_storefront: APIClient, client: Client
) -> None:
    path = "/" + route.replace("<slug:slug>", venue.slug).replace("<str:order_id>", _ID).replace(
        "<uuid:snooze_id>", _ID
    )
    for method in ("get", "post", "delete"):
        answers: list[Any] = [getattr(other_storefront, method)(path), getattr(client, method)(path)]
        assert [answer.status_code for answer in answers] in ([403, 401], [405, 405]), method


def test_another_venues_manager_chooses_no_location(venue: Venue, zoes_browser: Client) -> None:
    path = "/" + _BY_MEMBERSHIP.replace("<slug:slug>", venue.slug)
    assert zoes_browser.get(path).status_code in (403, 404)
    assert zoes_browser.post(path).status_code in (403, 404)
