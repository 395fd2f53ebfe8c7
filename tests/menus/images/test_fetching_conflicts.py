"""Image fetching next to staff's own images, other workers and crashes."""

import contextlib
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from menus.images import fetching
from menus.images.editing import remove_image, set_image
from menus.images.fetching import fetch_due
from menus.models import ImageFetch, Product
from menus.versions import version_of
from storekit.models import Venue
from tests.menus.images.pictures import PictureServer, ok, picture
from tests.menus.images.products import claim, colour_of, follow_pos, make_product
from tests.support.processes import run_python

pytestmark = pytest.mark.usefixtures("empty_storage")


@pytest.fixture
def venue(venue_with_menu: Venue) -> Venue:
    return venue_with_menu


# --- Images set by staff --------------------------------------------------------------------------------------------


def test_with_updates_off_images_stay_and_new_products_still_get_theirs(venue: Venue, pictures: PictureServer) -> None:
    burger = make_product(venue, pictures.put("/1.png", ok(picture("red"))))
    fetch_due()
    follow_pos(venue, images=False)
    Product.objects.update(image_url=pictures.put("/2.png", ok(picture("blue"))))
    new = make_product(venue, pictures.put("/3.png", ok(picture("blue"))))

    assert fetch_due() == "1 fetched"

    assert (colour_of(burger), colour_of(new), pictures.asked("/2.png")) == ("red", "blue", 0)
    follow_pos(venue, images=True)
    assert fetch_due() == "1 fetched"
    assert colour_of(burger) == "blue"


def test_with_updates_off_images_set_or_removed_by_staff_stay_so(venue: Venue, pictures: PictureServer) -> None:
    follow_pos(venue, images=False)
    by_hand, removed = (make_product(venue, pictures.put(f"/{n}.png", ok(picture("red")))) for n in range(2))
    set_image(product=by_hand, content=picture("blue"))
    remove_image(product=removed)

    assert fetch_due() == "nothing due"
    assert colour_of(by_hand) == "blue"

    follow_pos(venue, images=True)
    assert fetch_due() == "2 fetched"
    assert (colour_of(by_hand), colour_of(removed)) == ("red", "red")


def test_an_image_set_by_staff_stays_while_the_pos_has_none(venue: Venue) -> None:
    plain = make_product(venue, "")
    set_image(product=plain, content=picture("blue"))

    assert fetch_due() == "nothing due"
    assert (colour_of(plain), version_of(venue=venue)) == ("blue", 2)


def test_an_image_set_by_staff_during_a_fetch_stays(venue: Venue, pictures: PictureServer) -> None:
    follow_pos(venue, images=False)
    burger = make_product(venue, "")
    asked, answered = threading.Event(), threading.Event()

    def answer(sock: Any) -> None:
        asked.set()
        answered.wait(5)
        sock.sendall(ok(picture("red")))

    Product.objects.update(image_url=pictures.put("/1.png", answer))
    lease, images = claim()
    set_image(product=burger, content=picture("blue"))
    answered.set()
    outcomes = fetching._fetch_all(images)
    tally = fetching._record(venue.pk, lease, images, outcomes)

    assert asked.is_set()
    assert dict(tally) == {"claimed by another run": 1}
    assert colour_of(burger) == "blue"


# --- Several workers -------------------------------------------------------------------------------------------------


def test_a_second_run_waits_until_the_first_ends_or_its_lease_expires(venue: Venue, pictures: PictureServer) -> None:
    burger = make_product(venue, pictures.put("/1.png", ok(picture())))
    _, killed = claim()
    other = make_product(venue, pictures.put("/2.png", ok(picture())))

    assert fetch_due() == "already running"
    assert [image.product_id for image in claim()[1]] == [other.pk]
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert [fetch_due(), fetch_due()] == ["1 fetched"] * 2

    assert [image.product_id for image in killed] == [burger.pk]
    assert pictures.asked("/1.png") == 1


def test_an_image_that_crashes_its_worker_is_given_up_and_does_not_hold_up_others(
    venue: Venue, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = make_product(venue, pictures.put("/0.png", ok(picture())))
    others = [make_product(venue, pictures.put(f"/{n}.png", ok(picture()))) for n in (1, 2)]
    batches: list[set[object]] = []

    def fetch_all(images: Any) -> Any:
        batches.append({image.product_id for image in images})
        if crashing.pk in batches[-1]:
            raise SystemExit("killed")
        return real(images)

    real = fetching._fetch_all
    monkeypatch.setattr(fetching, "_fetch_all", fetch_all)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(12):
            with contextlib.suppress(SystemExit):
                fetch_due()
            clock.shift(fetching.LEASE + timedelta(seconds=1))
        deaths = [batch for batch in batches if crashing.pk in batch]
        left = ImageFetch.objects.get()
        assert all(Product.objects.get(pk=other.pk).image for other in others)
        clock.shift(timedelta(days=30))
        assert fetch_due() == "nothing due"
        elsewhere = pictures.put("/9.png", ok(picture()))
        Product.objects.filter(pk=crashing.pk).update(image_url=elsewhere)
        assert [image.source for image in claim()[1]] == [elsewhere]

    assert len(deaths) == 6
    assert all(batch == {crashing.pk} for batch in deaths[1:]), "an image that may have crashed a run is fetched alone"
    assert (left.product_id, left.next_attempt_at, left.lease) == (crashing.pk, None, None)
    assert "storekit stopped" in left.error


def test_a_run_whose_claim_was_replaced_records_nothing(venue: Venue, pictures: PictureServer) -> None:
    burger = make_product(venue, pictures.put("/1.png", ok(picture("red"))))
    lease, slow = claim()
    outcomes = fetching._fetch_all(slow)
    Product.objects.update(image_url=pictures.put("/2.png", ok(picture("blue"))))
    newer_lease, newer = claim()
    fetching._record(venue.pk, newer_lease, newer, fetching._fetch_all(newer))

    tally = fetching._record(venue.pk, lease, slow, outcomes)

    assert dict(tally) == {"claimed by another run": 1}
    assert colour_of(burger) == "blue"


@pytest.mark.django_db(transaction=True)
def test_two_processes_never_fetch_the_same_image(venue: Venue, pictures: PictureServer, tmp_path: Path) -> None:
    for number in range(24):
        make_product(venue, pictures.put(f"/{number}.png", ok(picture())))
    code = (
        "from django.conf import settings; "
        f"settings.MEDIA_ROOT = {str(tmp_path)!r}; "
        "from menus.images import fetching; "
        "fetching._is_running = lambda: False; "
        "print(fetching.fetch_due())"
    )
    processes = [run_python(code) for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in processes]

    assert all(process.returncode == 0 for process in processes), outputs
    assert Product.objects.exclude(image="").count() == 24
    assert [pictures.asked(f"/{number}.png") for number in range(24)] == [1] * 24
