"""Fixtures for image tests: an image server, an empty storage and a venue with a menu."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings

from integrations.models import Connection
from menus.storefront.published import menu_cache
from storekit.models import Venue
from tests import factories
from tests.menus.images.pictures import PictureServer, running_pictures


@pytest.fixture
def pictures() -> Iterator[PictureServer]:
    with running_pictures() as server:
        yield server


@pytest.fixture
def empty_storage(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    menu_cache.clear()


@pytest.fixture
def venue_with_menu(connection: Connection) -> Venue:
    factories.MenuFactory(venue=connection.venue)
    return connection.venue
