"""Fetching the POS's images: after the menu is live, only when they change, and failures affect no others."""

import io
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from integrations.models import SyncRun
from menus import tasks
from menus.images import fetching
from menus.images.fetching import fetch_due
from menus.models import ImageFetch, Product
from menus.sync.run import sync_menu
from menus.versions import version_of
from storekit.models import User, Venue
from storekit.queue.registry import PERIODIC_TASKS
from tests.integrations.flow import connect
from tests.menus.images.pictures import PictureServer, ok, picture, redirect
from tests.menus.images.products import colour_of, make_product
from tests.menus.snapshots import product, snapshot, sync_snapshot
from tests.support.processes import worker
from tests.support.sandbox import SandboxPos, eventually

pytestmark = pytest.mark.usefixtures("empty_storage")


@pytest.fixture
def venue(venue_with_menu: Venue) -> Venue:
    return venue_with_menu


def queued() -> list[str]:
    return [row.task["func"] for row in OrmQ.objects.all()]


# --- The normal case -------------------------------------------------------------------------------------------------


def test_due_images_are_fetched_once_and_shown_in_one_new_menu_version(venue: Venue, pictures: PictureServer) -> None:
    url = pictures.put("/1.png", ok(picture("red")))
    burger, salad = make_product(venue, url), make_product(venue, pictures.put("/2.png", ok(picture("blue"))))

    assert fetch_due() == "2 fetched"
    assert fetch_due() == "nothing due"

    assert (colour_of(burger), colour_of(salad), version_of(venue=venue)) == ("red", "blue", 2)
    assert burger.image_source == url
    assert (pictures.asked("/1.png"), pictures.asked("/2.png")) == (1, 1)
    assert not ImageFetch.objects.exists()


def test_the_storefront_menu_shows_our_copy_or_none(venue: Venue, pictures: PictureServer, client: Client) -> None:
    make_product(venue, pictures.put("/1.png", ok(picture())))

    def shown() -> str | None:
        image: str | None = client.get(f"/api/v1/venues/{venue.slug}/menu").json()["products"][0]["image"]
        return image

    before = shown()
    fetch_due()

    assert before is None
    assert shown() == f"http://127.0.0.1:8000/media/{Product.objects.get().image}"
    assert client.get(str(shown()).removeprefix("http://127.0.0.1:8000"))["Content-Type"] == "image/webp"


def test_a_changed_url_is_fetched_and_until_then_the_old_image_stays(venue: Venue, pictures: PictureServer) -> None:
    burger = make_product(venue, pictures.put("/old.png", ok(picture("red"))))
    fetch_due()
    old = Product.objects.get().image
    Product.objects.update(image_url=pictures.put("/new.png", b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"))

    assert fetch_due() == "1 failed"
    assert (Product.objects.get().image, version_of(venue=venue)) == (old, 2)

    pictures.put("/new.png", ok(picture("blue")))
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert fetch_due() == "1 fetched"
    assert (colour_of(burger), version_of(venue=venue)) == ("blue", 3)
    assert default_storage.exists(old)


def test_the_same_image_at_another_url_changes_nothing_for_guests(venue: Venue, pictures: PictureServer) -> None:
    make_product(venue, pictures.put("/1.png?token=1", ok(picture())))
    fetch_due()
    before = Product.objects.get()
    with time_machine.travel(timezone.now() + timedelta(weeks=3)):
        Product.objects.update(image_url=pictures.put("/1.png?token=2", ok(picture())))
        assert fetch_due() == "1 fetched"

    after = Product.objects.get()
    assert (after.image, after.image_source == before.image_source) == (before.image, False)
    assert version_of(venue=venue) == 2


def test_an_image_removed_at_the_pos_is_removed_here(venue: Venue, pictures: PictureServer) -> None:
    make_product(venue, pictures.put("/1.png", ok(picture())))
    fetch_due()
    Product.objects.update(image_url="")

    assert fetch_due() == "1 fetched"
    assert (Product.objects.get().image, Product.objects.get().image_source) == ("", "")
    assert (version_of(venue=venue), fetch_due()) == (3, "nothing due")


def test_archived_products_are_skipped(venue: Venue, pictures: PictureServer) -> None:
    make_product(venue, pictures.put("/1.png", ok(picture())), archived_at=timezone.now())

    assert fetch_due() == "nothing due"


def test_a_sync_queues_fetching_on_commit_and_only_if_images_are_due(
    venue: Venue, pictures: PictureServer, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sync_snapshot(venue, snapshot(products=(product("SALAD"),)))
    assert queued() == []

    url = pictures.put("/1.png", ok(picture()))
    with django_capture_on_commit_callbacks(execute=True):
        sync_snapshot(venue, snapshot(products=(product("SALAD", image_url=url),)))
    assert queued() == ["menus.tasks.fetch_images"]
    assert pictures.requests == []


def test_images_over_the_limit_of_a_run_are_left_for_the_next_which_is_queued(
    venue: Venue, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_MAX_PER_RUN", 2)
    for number in range(3):
        make_product(venue, pictures.put(f"/{number}.png", ok(picture())))

    assert fetch_due() == "2 fetched"
    assert queued() == ["menus.tasks.fetch_images"]
    assert fetch_due() == "1 fetched"
    assert len(queued()) == 1


def test_an_image_not_started_in_time_is_put_back_without_counting_an_attempt(
    venue: Venue, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_product(venue, pictures.put("/1.png", ok(picture())))
    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_START_SECONDS", -1.0)
        assert fetch_due() == "1 left for the next run"
    assert ImageFetch.objects.get().attempts == 0

    assert fetch_due() == "1 fetched"


def test_at_most_four_images_are_fetched_in_parallel(venue: Venue, pictures: PictureServer) -> None:
    lock, now, most = threading.Lock(), 0, 0
    gate = threading.Barrier(4, timeout=5)

    def answer(sock: Any) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        gate.wait()
        with lock:
            now -= 1
        sock.sendall(ok(picture()))

    for number in range(8):
        make_product(venue, pictures.put(f"/{number}.png", answer))

    assert fetch_due() == "8 fetched"
    assert most == 4


def test_each_further_image_costs_two_queries(venue: Venue, pictures: PictureServer) -> None:
    url = pictures.put("/1.png", ok(picture()))
    numbers = []
    for size in (2, 12):
        for _ in range(size):
            make_product(venue, url)
        with CaptureQueriesContext(database) as queries:
            fetch_due()
        numbers.append(len(queries))

    # One for the product and one for its ImageFetch row.
    assert numbers[1] - numbers[0] == 2 * (12 - 2)


@pytest.mark.parametrize("name", ["menus.tasks.fetch_images", "menus.tasks.remove_unused_images"])
def test_fetching_and_clean_up_are_scheduled_and_run(name: str) -> None:
    assert name in PERIODIC_TASKS
    assert import_string(name)() in ("nothing due", "0 removed")


# --- Failures --------------------------------------------------------------------------------------------------------


def test_a_failed_image_is_recorded_and_the_others_are_fetched(venue: Venue, pictures: PictureServer) -> None:
    html = make_product(venue, pictures.put("/1.png", ok(b"<html>Not found</html>", kind="image/png")))
    private = make_product(venue, pictures.put("/2.png", redirect("http://169.254.169.254/")))
    good = make_product(venue, pictures.put("/3.png", ok(picture(), kind="text/plain")))

    assert sorted(fetch_due().split(", ")) == ["1 fetched", "2 failed"]

    errors = dict(ImageFetch.objects.values_list("product", "error"))
    assert "not a JPEG" in errors[html.pk]
    assert "private network" in errors[private.pk]
    assert colour_of(good) == "red"
    assert fetch_due() == "nothing due"


def test_a_failed_image_is_retried_after_growing_delays_then_not_until_its_url_changes(
    venue: Venue, pictures: PictureServer
) -> None:
    make_product(venue, pictures.put("/1.png", ok(b"no image")))
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while fetch_due() == "1 failed":
            again = ImageFetch.objects.get().next_attempt_at
            if again is None:
                break
            pauses.append(again - timezone.now())
            assert fetch_due() == "nothing due"
            clock.move_to(again)
        clock.shift(timedelta(days=30))
        assert fetch_due() == "nothing due"
        assert pictures.asked("/1.png") == 6

        Product.objects.update(image_url=pictures.put("/2.png", ok(picture())))
        assert fetch_due() == "1 fetched"

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], len(pauses)) == (timedelta(minutes=2), timedelta(days=1), 5)


def test_outside_the_sandbox_private_addresses_are_not_contacted(
    venue: Venue, pictures: PictureServer, settings: Settings
) -> None:
    settings.LIGHTSPEED_ENVIRONMENT = "trial"
    make_product(venue, pictures.put("/1.png", ok(picture())))

    assert fetch_due() == "1 failed"
    assert pictures.requests == []


def test_a_storage_failure_is_recorded_like_any_other(
    venue: Venue, pictures: PictureServer, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "not-a-folder"
    file.touch()
    settings.MEDIA_ROOT = file
    make_product(venue, pictures.put("/1.png", ok(picture())))

    assert fetch_due() == "1 failed"
    assert "storekit could not process the image" in ImageFetch.objects.get().error


# --- The sandbox -----------------------------------------------------------------------------------------------------


def test_the_sandbox_images_are_fetched_after_its_menu(
    sandbox: SandboxPos, anna: User, annas_browser: Client, client: Client
) -> None:
    venue = anna.memberships.get().venue
    connect(annas_browser, venue)

    run = sync_menu(venue=venue, started_by="a test")
    first = client.get("/api/v1/venues/copper-pot/menu").json()
    tasks.fetch_images()
    second = client.get("/api/v1/venues/copper-pot/menu").json()

    assert run.state == SyncRun.State.SUCCEEDED
    assert {one["image"] for one in first["products"]} == {None}
    assert second["version"] == first["version"] + 1
    images = [one["image"] for one in second["products"] if one["image"]]
    assert len(images) == Product.objects.exclude(image_url="").count() > 10
    for image in images:
        answer = client.get(image.removeprefix("http://127.0.0.1:8000"))
        assert (answer.status_code, Image.open(io.BytesIO(answer.content)).size) == (200, (320, 320))


@pytest.mark.django_db(transaction=True)
def test_a_worker_fetches_images_after_a_sync(venue: Venue, pictures: PictureServer, client: Client) -> None:
    sync_snapshot(venue, snapshot(products=(product("SALAD", image_url=pictures.put("/1.png", ok(picture()))),)))

    with worker():
        eventually(lambda: Product.objects.exclude(image="").exists())

    assert version_of(venue=venue) == 3
