"""Serving the menu fast: content codings, the fast path, the memory cache, and one build for many requests."""

import contextlib
import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import brotli
import psycopg
import pytest
from django.core.cache import cache
from django.db import connection as database
from django.db import connections
from django.test import Client, override_settings
from django.urls import reverse

from integrations.models import Connection
from menus.models import Menu
from menus.storefront import document, published, views
from menus.storefront.cache import MenuCache
from menus.storefront.compression import CompressedMenu, choose_coding, compress
from menus.versions import raise_version
from storekit.db import prepared_query
from storekit.models import Venue
from tests import factories
from tests.menus.snapshots import BURGER_MENU, sync_snapshot

URL = "/api/v1/venues/copper-pot/menu"


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


@pytest.fixture
def menu(venue: Venue) -> Venue:
    sync_snapshot(venue, BURGER_MENU)
    return venue


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0.001", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip;q=0", "identity"),
        ("deflate", "identity"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("*;q=0, gzip", "gzip"),
        # `*` is named with no weight that can be read, which rules the rest out, plain bytes too.
        ("gzip;q=nan, br;q=-1, *;q=inf", None),
        (",;;=,q=1;gzip", "identity"),
        ("identity;q=0", None),
        ("*;q=0", None),
        ("identity;q=0, deflate", None),
    ],
)
def test_the_coding_follows_the_q_values(header: str, chosen: str | None) -> None:
    assert choose_coding(header) == chosen


def test_every_coding_has_the_same_menu_and_its_own_etag(menu: Venue, client: Client) -> None:
    plain, zipped, brotlied = (
        client.get(URL, headers={"accept-encoding": coding}) for coding in ("identity", "gzip", "br")
    )

    assert gzip.decompress(zipped.content) == brotli.decompress(brotlied.content) == plain.content
    assert [answer.get("Content-Encoding") for answer in (plain, zipped, brotlied)] == [None, "gzip", "br"]
    assert len({answer["ETag"] for answer in (plain, zipped, brotlied)}) == 3
    assert all(answer["ETag"].startswith('"') for answer in (plain, zipped, brotlied))


@pytest.mark.parametrize("warm", [False, True])
def test_the_etag_of_one_coding_does_not_match_another(menu: Venue, client: Client, warm: bool) -> None:
    zipped = client.get(URL, headers={"accept-encoding": "gzip"})["ETag"]
    if not warm:
        published.menu_cache.clear()

    def ask(coding: str, tags: str) -> int:
        return client.get(URL, headers={"accept-encoding": coding, "if-none-match": tags}).status_code

    assert ask("gzip", zipped) == ask("gzip", f"W/{zipped}") == ask("gzip", f'"x", {zipped}') == ask("gzip", "*") == 304
    assert ask("br", zipped) == ask("identity", zipped) == 200


@pytest.mark.parametrize("headers", [{}, {"accept-encoding": "br"}, {"accept-encoding": "gzip", "accept": "text/html"}])
def test_the_fast_path_and_the_view_respond_alike(
    menu: Venue, connection: Connection, client: Client, headers: dict[str, str]
) -> None:
    at_once = [client.get(URL, headers=headers) for _ in range(2)][1]
    with override_settings(FAST_PATHS={}):
        ordinary = Client().get(URL, headers=headers)

    # Only the view sends the Allow header, which clients do not need here.
    assert dict(at_once.headers) == {name: value for name, value in ordinary.headers.items() if name != "Allow"}
    assert (at_once.status_code, at_once.content) == (ordinary.status_code, ordinary.content)


@pytest.mark.parametrize("warm", [False, True])
def test_the_fast_path_refuses_an_unknown_host_too(menu: Venue, client: Client, warm: bool) -> None:
    if warm:
        client.get(URL)
    assert client.get(URL, headers={"host": "evil.example"}).status_code == 400


def test_a_menu_in_memory_is_served_without_the_view(
    menu: Venue, annas_browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = annas_browser.get(URL)
    monkeypatch.setattr(views.MenuView, "dispatch", lambda *_, **__: pytest.fail("went the ordinary way"))

    again = annas_browser.get(URL)

    assert again.content == first.content
    assert not again.cookies
    assert again["Vary"] == "Accept-Encoding, Accept-Language"
    assert reverse("menus:menu", kwargs={"slug": "copper-pot"}) == URL


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_head_has_the_headers_of_get_and_no_body(menu: Venue, client: Client, warm: bool, coding: str) -> None:
    whole = client.get(URL, headers={"accept-encoding": coding})
    if not warm:
        published.menu_cache.clear()
    head = client.head(URL, headers={"accept-encoding": coding})

    assert (head.status_code, head.content) == (200, b"")
    assert int(head["Content-Length"]) == len(whole.content)
    assert head["ETag"] == whole["ETag"]


def test_other_methods_and_codings_are_refused_as_usual(menu: Venue, client: Client) -> None:
    client.get(URL)
    posted, refused = client.post(URL), client.get(URL, headers={"accept-encoding": "identity;q=0"})

    assert (posted.status_code, posted.json()["errors"][0]["code"]) == (405, "method_not_allowed")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (406, "not_acceptable")


def test_a_changed_menu_is_not_served_from_memory(menu: Venue, client: Client) -> None:
    before = client.get(URL)
    raise_version(menu=Menu.objects.get(venue=menu))
    after = client.get(URL, headers={"if-none-match": before["ETag"]})

    assert (after.status_code, after.json()["version"]) == (200, before.json()["version"] + 1)


def test_each_venue_gets_its_own_menu(menu: Venue, other_venue: Venue, client: Client) -> None:
    ours = client.get(URL)
    other = client.get("/api/v1/venues/blue-door/menu", headers={"if-none-match": ours["ETag"]})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (404, "no_menu")


def test_the_response_does_not_reveal_why_orders_cannot_be_sent(menu: Venue, client: Client) -> None:
    before = client.get(URL)
    made = factories.ConnectionFactory(venue=menu, status="reconnect_needed", status_reason="It was withdrawn.")
    made.settings.preferred_language = "en"
    made.settings.save()
    after = client.get(URL)

    assert before.content == after.content
    # The tag is keyed, so nobody can guess settings from it without the secret.
    with override_settings(SECRET_KEY="another-secret-of-at-least-thirty-two-characters"):
        published._edition.cache_clear()
        assert client.get(URL)["ETag"] != after["ETag"]


def test_clients_get_the_menu_when_the_fast_query_is_not_available(
    menu: Venue, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(URL)

    def closed(_: prepared_query.PreparedQuery, value: str) -> None:
        raise prepared_query.NotPrepared

    monkeypatch.setattr(prepared_query.PreparedQuery, "find_prepared", closed)
    assert client.get(URL).content == first.content


def test_a_connection_that_breaks_during_the_fast_query_disables_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        closed = False

        @property
        def pgconn(self) -> None:
            raise psycopg.OperationalError("the connection is closed")

    monkeypatch.setattr(prepared_query, "connection", SimpleNamespace(vendor="postgresql", connection=Broken()))
    query = prepared_query.PreparedQuery(
        name="any", queryset=lambda: Venue.objects.filter(slug="any").values_list("pk")
    )

    with pytest.raises(prepared_query.NotPrepared):
        query.find_prepared("copper-pot")


@pytest.mark.django_db(transaction=True)
def test_the_menu_is_served_again_after_the_database_was_away(venue: Venue, client: Client) -> None:
    sync_snapshot(venue, BURGER_MENU)
    first = client.get(URL)
    if database.vendor == "postgresql":
        assert database.connection is not None
        with contextlib.closing(database.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [database.connection.info.backend_pid])
    else:
        database.close()
    # As Django does at the start of a request, which the test client skips.
    database.close_if_unusable_or_obsolete()

    assert client.get(URL).content == first.content
    assert client.get(URL).content == first.content


@pytest.mark.django_db(transaction=True)
def test_many_requests_for_a_new_version_build_it_once(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    sync_snapshot(venue, BURGER_MENU)
    load, ready = document.load_rows, threading.Barrier(6)
    builds: list[int] = []

    def counted(*, venue: Venue, **options: Any) -> object:
        builds.append(venue.pk)
        return load(venue=venue, **options)

    def read(_: int) -> bytes:
        ready.wait(timeout=20)
        try:
            return Client().get(URL).content
        finally:
            connections.close_all()

    monkeypatch.setattr(published, "load_rows", counted)
    with ThreadPoolExecutor(6) as readers:
        answers = set(readers.map(read, range(6)))

    assert (len(answers), len(builds)) == (1, 1)


def test_the_memory_cache_keeps_the_last_used_menus_that_fit() -> None:
    menu_cache = MenuCache(most_bytes=100)
    small = CompressedMenu(gzip=b"g" * 20, brotli=b"b" * 20)
    menu_cache.add("a", small)
    menu_cache.add("b", small)
    assert menu_cache.find("a") is small
    menu_cache.add("c", small)
    menu_cache.add("too large", CompressedMenu(gzip=b"g" * 60, brotli=b"b" * 60))
    menu_cache.add("c", small)

    assert [menu_cache.find(key) is small for key in ("a", "b", "c", "too large")] == [True, False, True, False]


def test_compressing_the_same_bytes_twice_gives_the_same_bytes() -> None:
    assert compress(b"menu" * 1000) == compress(b"menu" * 1000)
    assert compress(b"menu" * 1000).body("identity") == b"menu" * 1000
