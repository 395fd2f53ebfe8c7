"""Shared fixtures: the Copper Pot with its manager Anna and its waiter Ben; and Zoe of the Blue Door, another venue."""

import gc
import os
from collections.abc import Iterator

import pytest
import requests
from django.db.models.functions import Now
from django.db.models.signals import post_migrate
from django.test import Client
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from rest_framework.test import APIClient

from integrations.models import Connection
from menus.storefront import published
from storekit.models import Membership, User, Venue, WorkerBeat
from storekit.rest import throttles
from storekit.rest.api_keys import issue_api_key
from tests import factories
from tests.sandbox.process import running_sandbox
from tests.support.examples import examples
from tests.support.sandbox import SandboxPos

# The same examples in every run, so that a change is to blame for what fails; others each time when many are asked for.
hypothesis_settings.register_profile(
    "storekit", max_examples=examples(40), deadline=None, derandomize="STOREKIT_TEST_EXAMPLES" not in os.environ
)
hypothesis_settings.load_profile("storekit")


def pytest_configure() -> None:
    """Leave out Django's permissions, which nothing here asks for: writing them took most of the end of each test
    that empties the tables."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what lasts for the whole run: an eighth of its processor time, as measured."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.fixture(autouse=True)
def _empty_menu_cache() -> None:
    """Empty the process's menu cache: it outlives the rows of a test, and the next test uses the same ids."""
    published.menu_cache.clear()
    # Its entity tags contain the public address, which tests change.
    published._edition.cache_clear()


@pytest.fixture(autouse=True)
def _no_requests_counted() -> None:
    """Forget the requests of the tests before: keys have the same ids again, and every test has the same address."""
    throttles.counts.clear()


@pytest.fixture(autouse=True)
def _a_worker_runs(request: pytest.FixtureRequest) -> None:
    """Let a worker have beaten just now, as on every installation in order. By the database's clock, never frozen."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("db")
        WorkerBeat.objects.update_or_create(host="(tests)", defaults={"beat_at": Now(), "swept_at": Now()})


@pytest.fixture
def venue(db: None) -> Venue:
    return factories.VenueFactory(slug="copper-pot", name="The Copper Pot")


@pytest.fixture
def other_venue(db: None) -> Venue:
    return factories.VenueFactory(slug="blue-door", name="The Blue Door")


@pytest.fixture
def anna(venue: Venue) -> User:
    """Manages the Copper Pot."""
    user: User = factories.UserFactory(email="anna@copper-pot.example", first_name="Anna")
    factories.MembershipFactory(venue=venue, user=user, role=Membership.Role.MANAGER)
    return user


@pytest.fixture
def ben(venue: Venue) -> User:
    """Works at the Copper Pot."""
    user: User = factories.UserFactory(email="ben@copper-pot.example", first_name="Ben")
    factories.MembershipFactory(venue=venue, user=user, role=Membership.Role.STAFF)
    return user


@pytest.fixture
def zoe(other_venue: Venue) -> User:
    """Manages the Blue Door only."""
    user: User = factories.UserFactory(email="zoe@blue-door.example", first_name="Zoe")
    factories.MembershipFactory(venue=other_venue, user=user, role=Membership.Role.MANAGER)
    return user


def _browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def annas_browser(anna: User) -> Client:
    return _browser_of(anna)


@pytest.fixture
def bens_browser(ben: User) -> Client:
    return _browser_of(ben)


@pytest.fixture
def zoes_browser(zoe: User) -> Client:
    return _browser_of(zoe)


@pytest.fixture
def storefront(venue: Venue) -> APIClient:
    """A web shop with the Copper Pot's API key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_api_key(venue=venue, name='web shop')[1]}")
    return client


@pytest.fixture
def other_storefront(other_venue: Venue) -> APIClient:
    """A web shop with the Blue Door's API key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_api_key(venue=other_venue, name='web shop')[1]}")
    return client


@pytest.fixture
def connection(venue: Venue) -> Connection:
    """The Copper Pot connected to its POS, as rows only: for tests that mock HTTP."""
    made: Connection = factories.ConnectionFactory(venue=venue)
    return made


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """One sandbox POS process for each test process."""
    with running_sandbox() as url:
        yield url


@pytest.fixture
def sandbox(sandbox_url: str, settings: Settings) -> SandboxPos:
    """The sandbox POS after a reset, and storekit's settings pointing at it."""
    requests.post(f"{sandbox_url}/sandbox/reset", timeout=5).raise_for_status()
    realm = f"{sandbox_url}/realms/k-series/protocol/openid-connect"
    settings.LIGHTSPEED_API_URL = sandbox_url
    settings.LIGHTSPEED_AUTH_URL = f"{realm}/auth"
    settings.LIGHTSPEED_TOKEN_URL = f"{realm}/token"
    return SandboxPos(sandbox_url)
