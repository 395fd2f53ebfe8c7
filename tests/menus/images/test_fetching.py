"""The POS's images come here after the menu is live, only when they changed, and a broken one harms nobody."""

import contextlib
import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from PIL import Image
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from integrations.models import Connection, SyncRun
from menus import tasks
from menus.images import fetching
from menus.images.editing import remove_image, set_image
from menus.images.fetching import fetch_due
from menus.models import ImageFetch, Product
from menus.storefront.published import menu_cache
from menus.sync.run import sync_menu
from menus.versions import version_of
from storekit.models import User, Venue
from storekit.queue.registry import PERIODIC_TASKS
from tests import factories
from tests.integrations.flow import connect
from tests.menus.images.pictures import PictureServer, ok, picture, redirect, running_pictures
from tests.menus.snapshots import bring_in_step, product, snapshot
from tests.support.processes import run_python, worker
from tests.support.sandbox import SandboxPos, eventually


@pytest.fixture(autouse=True)
def _nothing_kept(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    cache.clear()
    menu_cache.clear()


@pytest.fixture
def pictures() -> Iterator[PictureServer]:
    with running_pictures() as server:
        yield server


@pytest.fixture
def venue(connection: Connection) -> Venue:
    factories.MenuFactory(venue=connection.venue)
    return connection.venue


def follow_pos(venue: Venue, *, images: bool) -> None:
    venue.connection.settings.update_images = images
    venue.connection.settings.save()


def one(venue: Venue, url: str, **values: Any) -> Product:
    made: Product = factories.ProductFactory(venue=venue, image_url=url, **values)
    return made


def colour_of(product: Product) -> str:
    product.refresh_from_db()
    with default_storage.open(product.image) as file:
        red, _, blue = Image.open(io.BytesIO(file.read())).convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    return "red" if red > blue else "blue"


def queued() -> list[str]:
    return [row.task["func"] for row in OrmQ.objects.all()]


# --- The usual way ---------------------------------------------------------------------------------------------------


def test_what_is_due_is_fetched_once_and_guests_see_it_with_one_new_version(
    venue: Venue, pictures: PictureServer
) -> None:
    url = pictures.put("/1.png", ok(picture("red")))
    burger, salad = one(venue, url), one(venue, pictures.put("/2.png", ok(picture("blue"))))

    assert fetch_due() == "2 taken over"
    assert fetch_due() == "nothing due"

    assert (colour_of(burger), colour_of(salad), version_of(venue=venue)) == ("red", "blue", 2)
    assert burger.image_source == url
    assert (pictures.asked("/1.png"), pictures.asked("/2.png")) == (1, 1)
    assert not ImageFetch.objects.exists()


def test_the_storefronts_menu_shows_our_copy_or_none(venue: Venue, pictures: PictureServer, client: Client) -> None:
    one(venue, pictures.put("/1.png", ok(picture())))

    def shown() -> str | None:
        image: str | None = client.get(f"/api/v1/venues/{venue.slug}/menu").json()["products"][0]["image"]
        return image

    before = shown()
    fetch_due()

    assert before is None
    assert shown() == f"http://127.0.0.1:8000/media/{Product.objects.get().image}"
    assert client.get(str(shown()).removeprefix("http://127.0.0.1:8000"))["Content-Type"] == "image/webp"


def test_a_changed_address_is_fetched_and_until_then_the_old_image_stays(venue: Venue, pictures: PictureServer) -> None:
    burger = one(venue, pictures.put("/old.png", ok(picture("red"))))
    fetch_due()
    old = Product.objects.get().image
    Product.objects.update(image_url=pictures.put("/new.png", b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"))

    assert fetch_due() == "1 not to be had"
    assert (Product.objects.get().image, version_of(venue=venue)) == (old, 2)

    pictures.put("/new.png", ok(picture("blue")))
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert fetch_due() == "1 taken over"
    assert (colour_of(burger), version_of(venue=venue)) == ("blue", 3)
    assert default_storage.exists(old)


def test_the_same_picture_at_another_address_changes_nothing_for_guests(venue: Venue, pictures: PictureServer) -> None:
    one(venue, pictures.put("/1.png?token=1", ok(picture())))
    fetch_due()
    before = Product.objects.get()
    with time_machine.travel(timezone.now() + timedelta(weeks=3)):
        Product.objects.update(image_url=pictures.put("/1.png?token=2", ok(picture())))
        assert fetch_due() == "1 taken over"

    after = Product.objects.get()
    assert (after.image, after.image_source == before.image_source) == (before.image, False)
    assert version_of(venue=venue) == 2


def test_an_image_that_is_gone_at_the_pos_goes_here_too(venue: Venue, pictures: PictureServer) -> None:
    one(venue, pictures.put("/1.png", ok(picture())))
    fetch_due()
    Product.objects.update(image_url="")

    assert fetch_due() == "1 taken over"
    assert (Product.objects.get().image, Product.objects.get().image_source) == ("", "")
    assert (version_of(venue=venue), fetch_due()) == (3, "nothing due")


def test_archived_products_are_left_alone(venue: Venue, pictures: PictureServer) -> None:
    one(venue, pictures.put("/1.png", ok(picture())), archived_at=timezone.now())

    assert fetch_due() == "nothing due"


def test_a_sync_queues_the_fetching_when_it_is_committed_and_only_if_something_is_due(
    venue: Venue, pictures: PictureServer, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        bring_in_step(venue, snapshot(products=(product("SALAD"),)))
    assert queued() == []

    url = pictures.put("/1.png", ok(picture()))
    with django_capture_on_commit_callbacks(execute=True):
        bring_in_step(venue, snapshot(products=(product("SALAD", image_url=url),)))
    assert queued() == ["menus.tasks.fetch_images"]
    assert pictures.requests == []


def test_what_does_not_fit_into_a_run_is_left_for_the_next_which_is_queued(
    venue: Venue, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_MOST_PER_RUN", 2)
    for number in range(3):
        one(venue, pictures.put(f"/{number}.png", ok(picture())))

    assert fetch_due() == "2 taken over"
    assert queued() == ["menus.tasks.fetch_images"]
    assert fetch_due() == "1 taken over"
    assert len(queued()) == 1


def test_what_was_not_begun_in_time_is_put_back_and_counts_as_no_attempt(
    venue: Venue, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one(venue, pictures.put("/1.png", ok(picture())))
    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_BEGIN_SECONDS", -1.0)
        assert fetch_due() == "1 left for the next run"
    assert ImageFetch.objects.get().attempts == 0

    assert fetch_due() == "1 taken over"


def test_no_more_than_four_at_once(venue: Venue, pictures: PictureServer) -> None:
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
        one(venue, pictures.put(f"/{number}.png", answer))

    assert fetch_due() == "8 taken over"
    assert most == 4


def test_a_run_asks_the_database_no_more_for_many_venues_images_than_for_one_a_row(
    venue: Venue, pictures: PictureServer
) -> None:
    url = pictures.put("/1.png", ok(picture()))
    numbers = []
    for size in (2, 12):
        for _ in range(size):
            one(venue, url)
        with CaptureQueriesContext(database) as queries:
            fetch_due()
        numbers.append(len(queries))

    # One for the product and one for the attempt's row, each.
    assert numbers[1] - numbers[0] == 2 * (12 - 2)


@pytest.mark.parametrize("name", ["menus.tasks.fetch_images", "menus.tasks.remove_unused_images"])
def test_the_sweeps_are_scheduled_and_run(name: str) -> None:
    assert name in PERIODIC_TASKS
    assert import_string(name)() in ("nothing due", "0 removed")


# --- Broken ones -----------------------------------------------------------------------------------------------------


def test_a_broken_one_is_remembered_and_the_others_come(venue: Venue, pictures: PictureServer) -> None:
    html = one(venue, pictures.put("/1.png", ok(b"<html>Not found</html>", kind="image/png")))
    private = one(venue, pictures.put("/2.png", redirect("http://169.254.169.254/")))
    good = one(venue, pictures.put("/3.png", ok(picture(), kind="text/plain")))

    assert sorted(fetch_due().split(", ")) == ["1 taken over", "2 not to be had"]

    errors = dict(ImageFetch.objects.values_list("product", "error"))
    assert "not a JPEG" in errors[html.pk]
    assert "private network" in errors[private.pk]
    assert colour_of(good) == "red"
    assert fetch_due() == "nothing due"


def test_it_is_tried_again_later_and_later_then_not_until_the_address_changes(
    venue: Venue, pictures: PictureServer
) -> None:
    one(venue, pictures.put("/1.png", ok(b"no image")))
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while fetch_due() == "1 not to be had":
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
        assert fetch_due() == "1 taken over"

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1], len(pauses)) == (timedelta(minutes=2), timedelta(days=1), 5)


def test_outside_the_sandbox_private_addresses_are_not_asked(
    venue: Venue, pictures: PictureServer, settings: Settings
) -> None:
    settings.LIGHTSPEED_ENVIRONMENT = "trial"
    one(venue, pictures.put("/1.png", ok(picture())))

    assert fetch_due() == "1 not to be had"
    assert pictures.requests == []


def test_a_storage_that_fails_is_an_error_like_any_other(
    venue: Venue, pictures: PictureServer, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "not-a-folder"
    file.touch()
    settings.MEDIA_ROOT = file
    one(venue, pictures.put("/1.png", ok(picture())))

    assert fetch_due() == "1 not to be had"
    assert "storekit could not take the image over" in ImageFetch.objects.get().error


# --- What staff put there --------------------------------------------------------------------------------------------


def test_with_updates_off_what_is_there_stays_and_a_new_product_still_gets_its_own(
    venue: Venue, pictures: PictureServer
) -> None:
    burger = one(venue, pictures.put("/1.png", ok(picture("red"))))
    fetch_due()
    follow_pos(venue, images=False)
    Product.objects.update(image_url=pictures.put("/2.png", ok(picture("blue"))))
    new = one(venue, pictures.put("/3.png", ok(picture("blue"))))

    assert fetch_due() == "1 taken over"

    assert (colour_of(burger), colour_of(new), pictures.asked("/2.png")) == ("red", "blue", 0)
    follow_pos(venue, images=True)
    assert fetch_due() == "1 taken over"
    assert colour_of(burger) == "blue"


def test_with_updates_off_what_people_put_there_or_took_away_stays(venue: Venue, pictures: PictureServer) -> None:
    follow_pos(venue, images=False)
    by_hand, emptied = (one(venue, pictures.put(f"/{n}.png", ok(picture("red")))) for n in range(2))
    set_image(product=by_hand, content=picture("blue"))
    remove_image(product=emptied)

    assert fetch_due() == "nothing due"
    assert colour_of(by_hand) == "blue"

    follow_pos(venue, images=True)
    assert fetch_due() == "2 taken over"
    assert (colour_of(by_hand), colour_of(emptied)) == ("red", "red")


def test_an_image_by_hand_stays_while_the_pos_has_none(venue: Venue) -> None:
    plain = one(venue, "")
    set_image(product=plain, content=picture("blue"))

    assert fetch_due() == "nothing due"
    assert (colour_of(plain), version_of(venue=venue)) == ("blue", 2)


def test_what_a_person_puts_there_while_the_image_is_under_way_stays(venue: Venue, pictures: PictureServer) -> None:
    follow_pos(venue, images=False)
    burger = one(venue, "")
    asked, answered = threading.Event(), threading.Event()

    def answer(sock: Any) -> None:
        asked.set()
        answered.wait(5)
        sock.sendall(ok(picture("red")))

    Product.objects.update(image_url=pictures.put("/1.png", answer))
    claims = fetching._claim(lease := uuid4())
    set_image(product=burger, content=picture("blue"))
    answered.set()
    outcomes = fetching._fetch_all(claims)
    tally = fetching._record(venue.pk, lease, claims, outcomes)

    assert asked.is_set()
    assert dict(tally) == {"taken over by another run": 1}
    assert colour_of(burger) == "blue"


# --- Several workers -------------------------------------------------------------------------------------------------


def test_a_run_leaves_images_to_the_one_that_is_at_it_until_its_lease_has_run_out(
    venue: Venue, pictures: PictureServer
) -> None:
    burger = one(venue, pictures.put("/1.png", ok(picture())))
    killed = fetching._claim(uuid4())
    other = one(venue, pictures.put("/2.png", ok(picture())))

    assert fetch_due() == "another run is at it"
    assert [claim.product_id for claim in fetching._claim(uuid4())] == [other.pk]
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert [fetch_due(), fetch_due()] == ["1 taken over"] * 2

    assert [claim.product_id for claim in killed] == [burger.pk]
    assert pictures.asked("/1.png") == 1


def test_a_picture_that_kills_its_worker_is_given_up_and_keeps_no_other_one_away(
    venue: Venue, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer = one(venue, pictures.put("/0.png", ok(picture())))
    others = [one(venue, pictures.put(f"/{n}.png", ok(picture()))) for n in (1, 2)]
    began: list[set[object]] = []

    def fetch_all(claims: Any) -> Any:
        began.append({claim.product_id for claim in claims})
        if killer.pk in began[-1]:
            raise SystemExit("killed")
        return real(claims)

    real = fetching._fetch_all
    monkeypatch.setattr(fetching, "_fetch_all", fetch_all)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(12):
            with contextlib.suppress(SystemExit):
                fetch_due()
            clock.shift(fetching.LEASE + timedelta(seconds=1))
        deaths = [claimed for claimed in began if killer.pk in claimed]
        left = ImageFetch.objects.get()
        assert all(Product.objects.get(pk=other.pk).image for other in others)
        clock.shift(timedelta(days=30))
        assert fetch_due() == "nothing due"
        elsewhere = pictures.put("/9.png", ok(picture()))
        Product.objects.filter(pk=killer.pk).update(image_url=elsewhere)
        assert [claim.source for claim in fetching._claim(uuid4())] == [elsewhere]

    assert len(deaths) == 6
    assert all(claimed == {killer.pk} for claimed in deaths[1:]), "what may have killed a run is fetched alone"
    assert (left.product_id, left.next_attempt_at, left.lease) == (killer.pk, None, None)
    assert "storekit stopped" in left.error


def test_a_run_that_was_overtaken_records_nothing(venue: Venue, pictures: PictureServer) -> None:
    burger = one(venue, pictures.put("/1.png", ok(picture("red"))))
    slow = fetching._claim(lease := uuid4())
    outcomes = fetching._fetch_all(slow)
    Product.objects.update(image_url=pictures.put("/2.png", ok(picture("blue"))))
    newer = fetching._claim(newer_lease := uuid4())
    fetching._record(venue.pk, newer_lease, newer, fetching._fetch_all(newer))

    tally = fetching._record(venue.pk, lease, slow, outcomes)

    assert dict(tally) == {"taken over by another run": 1}
    assert colour_of(burger) == "blue"


@pytest.mark.django_db(transaction=True)
def test_two_processes_never_fetch_the_same_image(venue: Venue, pictures: PictureServer, tmp_path: Path) -> None:
    for number in range(24):
        one(venue, pictures.put(f"/{number}.png", ok(picture())))
    code = (
        "from django.conf import settings; "
        f"settings.MEDIA_ROOT = {str(tmp_path)!r}; "
        "from menus.images import fetching; "
        "fetching._somebody_is_at_it = lambda: False; "
        "print(fetching.fetch_due())"
    )
    processes = [run_python(code) for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]

    assert all(process.returncode == 0 for process in processes), outputs
    assert Product.objects.exclude(image="").count() == 24
    assert [pictures.asked(f"/{number}.png") for number in range(24)] == [1] * 24


# --- The sandbox -----------------------------------------------------------------------------------------------------


def test_the_sandboxs_pictures_come_after_its_menu(
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
def test_a_worker_fetches_what_a_sync_brought_without_anybody_asking(
    venue: Venue, pictures: PictureServer, client: Client
) -> None:
    bring_in_step(venue, snapshot(products=(product("SALAD", image_url=pictures.put("/1.png", ok(picture()))),)))

    with worker():
        eventually(lambda: Product.objects.exclude(image="").exists())

    assert version_of(venue=venue) == 3
