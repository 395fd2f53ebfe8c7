"""Reading the menu at speed: codings, the short path, the shelf, and one build for many readers."""

import contextlib
import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

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
from tests.menus.snapshots import BURGER_MENU, bring_in_step

URL = "/api/v1/venues/copper-pot/menu"


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


@pytest.fixture
def menu(venue: Venue) -> Venue:
    bring_in_step(venue, BURGER_MENU)
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


def test_every_coding_holds_the_same_menu_under_a_tag_of_its_own(menu: Venue, client: Client) -> None:
    plain, zipped, brotlied = (
        client.get(URL, headers={"accept-encoding": coding}) for coding in ("identity", "gzip", "br")
    )

    assert gzip.decompress(zipped.content) == brotli.decompress(brotlied.content) == plain.content
    assert [answer.get("Content-Encoding") for answer in (plain, zipped, brotlied)] == [None, "gzip", "br"]
    assert len({answer["ETag"] for answer in (plain, zipped, brotlied)}) == 3
    assert all(answer["ETag"].startswith('"') for answer in (plain, zipped, brotlied))


@pytest.mark.parametrize("warm", [False, True])
def test_a_tag_of_one_coding_is_not_the_tag_of_another(menu: Venue, client: Client, warm: bool) -> None:
    zipped = client.get(URL, headers={"accept-encoding": "gzip"})["ETag"]
    if not warm:
        published.menu_cache.clear()

    def ask(coding: str, tags: str) -> int:
        return client.get(URL, headers={"accept-encoding": coding, "if-none-match": tags}).status_code

    assert ask("gzip", zipped) == ask("gzip", f"W/{zipped}") == ask("gzip", f'"x", {zipped}') == ask("gzip", "*") == 304
    assert ask("br", zipped) == ask("identity", zipped) == 200


@pytest.mark.parametrize("headers", [{}, {"accept-encoding": "br"}, {"accept-encoding": "gzip", "accept": "text/html"}])
def test_the_ordinary_way_and_the_short_one_answer_alike(
    menu: Venue, connection: Connection, client: Client, headers: dict[str, str]
) -> None:
    at_once = [client.get(URL, headers=headers) for _ in range(2)][1]
    with override_settings(FAST_PATHS={}):
        ordinary = Client().get(URL, headers=headers)

    # REST's machinery says which methods there are; nobody needs that on a menu.
    assert dict(at_once.headers) == {name: value for name, value in ordinary.headers.items() if name != "Allow"}
    assert (at_once.status_code, at_once.content) == (ordinary.status_code, ordinary.content)


@pytest.mark.parametrize("warm", [False, True])
def test_a_foreign_host_is_refused_on_the_short_way_too(menu: Venue, client: Client, warm: bool) -> None:
    if warm:
        client.get(URL)
    assert client.get(URL, headers={"host": "evil.example"}).status_code == 400


def test_what_is_ready_is_answered_without_the_ordinary_way(
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


def test_other_methods_and_codings_nobody_has_are_refused_in_the_usual_shape(menu: Venue, client: Client) -> None:
    client.get(URL)
    posted, refused = client.post(URL), client.get(URL, headers={"accept-encoding": "identity;q=0"})

    assert (posted.status_code, posted.json()["errors"][0]["code"]) == (405, "method_not_allowed")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (406, "not_acceptable")


def test_a_menu_that_changed_is_not_answered_from_the_shelf(menu: Venue, client: Client) -> None:
    before = client.get(URL)
    raise_version(menu=Menu.objects.get(venue=menu))
    after = client.get(URL, headers={"if-none-match": before["ETag"]})

    assert (after.status_code, after.json()["version"]) == (200, before.json()["version"] + 1)


def test_one_venues_menu_is_not_anothers(menu: Venue, other_venue: Venue, client: Client) -> None:
    ours = client.get(URL)
    other = client.get("/api/v1/venues/blue-door/menu", headers={"if-none-match": ours["ETag"]})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (404, "no_menu")


def test_the_answer_does_not_tell_whether_the_venue_is_connected(menu: Venue, client: Client) -> None:
    before = client.get(URL)
    made = factories.ConnectionFactory(venue=menu)
    made.settings.preferred_language = "en"
    made.settings.save()
    after = client.get(URL)

    assert before.content == after.content
    # The tag is keyed: nobody without the secret can try out which settings make it.
    with override_settings(SECRET_KEY="another-secret-of-at-least-thirty-two-characters"):
        published._edition.cache_clear()
        assert client.get(URL)["ETag"] != after["ETag"]


def test_when_the_short_way_is_closed_readers_get_the_menu_all_the_same(
    menu: Venue, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(URL)

    def closed(_: prepared_query.PreparedQuery, value: str) -> None:
        raise prepared_query.NotPrepared

    monkeypatch.setattr(prepared_query.PreparedQuery, "find_prepared", closed)
    assert client.get(URL).content == first.content


def test_a_connection_that_breaks_at_the_very_question_closes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_database_that_went_away_is_found_again(venue: Venue, client: Client) -> None:
    bring_in_step(venue, BURGER_MENU)
    first = client.get(URL)
    if database.vendor == "postgresql":
        assert database.connection is not None
        with contextlib.closing(database.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [database.connection.info.backend_pid])
    else:
        database.close()
    # As Django does when a request begins, which the test client leaves out.
    database.close_if_unusable_or_obsolete()

    assert client.get(URL).content == first.content
    assert client.get(URL).content == first.content


@pytest.mark.django_db(transaction=True)
def test_many_readers_of_a_new_version_have_it_built_once(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_in_step(venue, BURGER_MENU)
    load, ready = document.load_rows, threading.Barrier(6)
    builds: list[int] = []

    def counted(*, venue: Venue) -> object:
        builds.append(venue.pk)
        return load(venue=venue)

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


def test_the_shelf_keeps_what_was_asked_for_last_as_far_as_it_fits() -> None:
    menu_cache = MenuCache(most_bytes=100)
    small = CompressedMenu(gzip=b"g" * 20, brotli=b"b" * 20)
    menu_cache.add("a", small)
    menu_cache.add("b", small)
    assert menu_cache.find("a") is small
    menu_cache.add("c", small)
    menu_cache.add("too large", CompressedMenu(gzip=b"g" * 60, brotli=b"b" * 60))
    menu_cache.add("c", small)

    assert [menu_cache.find(key) is small for key in ("a", "b", "c", "too large")] == [True, False, True, False]


def test_packing_the_same_bytes_twice_makes_the_same_bytes() -> None:
    assert compress(b"menu" * 1000) == compress(b"menu" * 1000)
    assert compress(b"menu" * 1000).body("identity") == b"menu" * 1000
