"""Fetch the POS's images after a menu sync: claim in a short transaction, download outside one, then record.

A product is due if its `image_source` differs from its `image_url`. If a run dies, its products stay due, and another
run takes them once the lease has expired. An image that cannot be fetched is tried again a few times with growing
delays, and then not until the POS gives another URL; the product keeps the image that it has.

An attempt counts from its claim. An image that was being fetched when its run died may be the cause, so it is fetched
again alone, and only a limited number of times.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from integrations.connect.venue_settings import keeps_own
from menus.images import download
from menus.images.files import ImageRefused, same_image, store_image
from menus.models import ImageFetch, Menu, Product
from menus.versions import raise_version
from storekit.db import clock, due_rows

logger = logging.getLogger(__name__)

# Longer than a run can take.
LEASE = timedelta(minutes=2)
_MAX_PARALLEL = 4
_MAX_PER_RUN = 100
# Downloads not started by then are left for the next run, since orders wait behind this one in the queue.
_START_SECONDS = 10.0
_RUN_SECONDS = 35.0
DELAYS = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=12), timedelta(days=1))


@dataclass(frozen=True)
class _ClaimedImage:
    """One product's image, claimed for fetching until the lease expires."""

    product_id: UUID
    venue_id: int
    source: str
    attempt: int


class _Outcome(NamedTuple):
    """A stored file's name or an error. If both are empty, the POS no longer has an image for the product."""

    name: str = ""
    error: str = ""


def enqueue_fetching() -> None:
    """Queue a run. If the queue cannot be reached, this is logged and the sweep queues it later."""
    due_rows.enqueue("menus.tasks.fetch_images")


def enqueue_if_due(*, venue_id: int) -> None:
    """Queue a run if the venue has images to fetch. Call this once a change to its menu is committed."""
    if _fetchable().filter(venue_id=venue_id).exists():
        enqueue_fetching()


def due_products() -> QuerySet[Product]:
    """Return the products whose image must be fetched from the POS.

    If the venue has switched `update_images` off, only products that never had an image get the POS's.
    """
    follows_pos = ~keeps_own("images")
    never_had_one = Q(image="", image_source="", image_by_staff=False)
    return Product.objects.filter(~Q(image_source=F("image_url")), Q(follows_pos) | never_had_one, archived_at=None)


def fetch_due() -> str:
    """Fetch due images for a few seconds and queue the next run if some are left; return the results in a few words.

    In the whole installation one run is active at a time, or nearly so: images can wait, orders cannot. Safe to call at
    any time and from any number of processes.
    """
    if _is_running():
        return "already running"
    claimed = _claim()
    if claimed is None:
        return "nothing due"
    lease, images = claimed
    outcomes = _fetch_all(images)
    by_venue: dict[int, list[_ClaimedImage]] = defaultdict(list)
    for image in images:
        by_venue[image.venue_id].append(image)
    tally: Counter[str] = Counter()
    for venue_id, venue_images in by_venue.items():
        tally += _record(venue_id, lease, venue_images, outcomes)
    if _fetchable().exists():
        enqueue_fetching()
    return ", ".join(f"{number} {result}" for result, number in tally.items())


# --- Claim -----------------------------------------------------------------------------------------------------------


def _is_running() -> bool:
    return ImageFetch.objects.filter(lease__isnull=False, next_attempt_at__gt=clock.now()).exists()


def _fetchable() -> QuerySet[Product]:
    """Return the due products that are not being fetched, waiting after a failure, or given up.

    A new URL starts afresh in any case.
    """
    never_tried = Q(image_fetch=None)
    attempt_due = Q(image_fetch__next_attempt_at__lte=clock.now())
    new_url = ~Q(image_fetch__source=F("image_url"))
    return due_products().filter(never_tried | attempt_due | new_url)


def _claim() -> tuple[UUID, list[_ClaimedImage]] | None:
    """Claim images for one run; return the lease's id and the images, or None if nothing is due."""
    _give_up_crashing_images()
    chosen = _choose()
    now = clock.now()
    with transaction.atomic():
        ImageFetch.objects.bulk_create(
            [ImageFetch(product_id=pk, source=source, next_attempt_at=now) for pk, source in chosen],
            ignore_conflicts=True,
        )
        rows = ImageFetch.objects.filter(product__in=[pk for pk, _ in chosen])
        for row in rows.exclude(source=F("product__image_url")).select_related("product"):
            rows.filter(pk=row.pk, source=row.source).update(
                source=row.product.image_url, attempts=0, next_attempt_at=now, error=""
            )
        due = rows.filter(next_attempt_at__lte=now)
        lease = due_rows.claim(due, lease=LEASE, until="next_attempt_at", attempts=F("attempts") + 1)
    if lease is None:
        return None
    claimed = ImageFetch.objects.filter(lease=lease).order_by("product__venue_id", "product_id")
    columns = ("product_id", "product__venue_id", "source", "attempts")
    return lease, [_ClaimedImage(*row) for row in claimed.values_list(*columns)]


def _choose() -> list[tuple[UUID, str]]:
    """Return the ids and URLs for one run: many that have never crashed one or, failing those, one that may have."""
    fetchable = _fetchable().order_by("venue_id", "pk")
    suspect = Q(image_fetch__lease__isnull=False, image_fetch__source=F("image_url"))
    safe = list(fetchable.exclude(suspect).values_list("pk", "image_url")[:_MAX_PER_RUN])
    return safe or list(fetchable.values_list("pk", "image_url")[:1])


def _give_up_crashing_images() -> None:
    """Give up images whose last attempt has crashed its run, which could therefore not record it."""
    expired = ImageFetch.objects.filter(lease__isnull=False, next_attempt_at__lte=clock.now())
    expired.filter(attempts__gt=len(DELAYS), source=F("product__image_url")).update(
        lease=None, next_attempt_at=None, error="storekit stopped unexpectedly every time it processed this image."
    )


# --- Call ------------------------------------------------------------------------------------------------------------


def _fetch_all(images: Sequence[_ClaimedImage]) -> dict[UUID, _Outcome]:
    """Return the outcome of each image whose download was started, by product. No thread uses the database."""
    start_by = time.monotonic() + _START_SECONDS
    pool = ThreadPoolExecutor(_MAX_PARALLEL, thread_name_prefix="images")
    fetches = {image.product_id: pool.submit(_fetch, image.source, start_by) for image in images}
    wait(fetches.values(), timeout=_RUN_SECONDS)
    # Do not wait for threads that still hang, for example on a name server that does not answer.
    pool.shutdown(wait=False, cancel_futures=True)
    outcomes = {product_id: _outcome(fetch) for product_id, fetch in fetches.items()}
    return {product_id: outcome for product_id, outcome in outcomes.items() if outcome is not None}


def _fetch(source: str, start_by: float) -> _Outcome | None:
    if time.monotonic() > start_by:
        return None
    if not source:
        return _Outcome()
    private_allowed = settings.LIGHTSPEED_ENVIRONMENT == "sandbox"
    try:
        return _Outcome(name=store_image(download.download(url=source, private_allowed=private_allowed)))
    except ImageRefused as refused:
        return _Outcome(error=str(refused))


def _outcome(fetch: "Future[_Outcome | None]") -> _Outcome | None:
    if fetch.cancelled():
        return None
    if not fetch.done():
        return _Outcome(error="The image did not download in time.")
    if (error := fetch.exception()) is not None:
        # For example a full disk, or an unforeseen kind of damage: record it, so that the other images go on.
        logger.error("An image could not be stored", exc_info=error)
        return _Outcome(error=f"storekit could not process the image ({type(error).__name__}).")
    return fetch.result()


# --- Record ----------------------------------------------------------------------------------------------------------


def _record(
    venue_id: int, lease: UUID, images: Sequence[_ClaimedImage], outcomes: dict[UUID, _Outcome]
) -> "Counter[str]":
    """Record the outcomes for one venue with at most one new version of its menu; return how many had which result."""
    tally: Counter[str] = Counter()
    with transaction.atomic():
        # Lock the menu first, as a sync does, so that the two cannot deadlock.
        menu = Menu.objects.select_for_update().filter(venue_id=venue_id).first()
        claimed = ImageFetch.objects.filter(lease=lease, product__venue_id=venue_id)
        still_ours = set(claimed.values_list("product_id", flat=True))
        # Since the claim, the POS may have given another URL, or staff may have set an image.
        products = due_products().select_for_update().in_bulk([image.product_id for image in images])
        visible = False
        for image in images:
            product, outcome = products.get(image.product_id), outcomes.get(image.product_id)
            if image.product_id not in still_ours:
                result = "claimed by another run"
            elif product is None or product.image_url != image.source:
                result = _finish(claimed, image, "no longer needed")
            elif outcome is None:
                result = _put_back(claimed, image)
            elif outcome.error:
                result = _fail(claimed, image, outcome.error)
            else:
                visible |= _show(product, image, outcome.name)
                result = _finish(claimed, image, "fetched")
            tally[result] += 1
        if visible and menu is not None:
            raise_version(menu=menu)
    return tally


def _show(product: Product, image: _ClaimedImage, name: str) -> bool:
    """Set the product's image; return whether guests see a difference."""
    differs = not same_image(product.image, name)
    if differs:
        product.image = name
    product.image_source, product.image_by_staff = image.source, False
    product.save(update_fields=["image", "image_source", "image_by_staff"])
    return differs


def _finish(claimed: QuerySet[ImageFetch], image: _ClaimedImage, result: str) -> str:
    claimed.filter(product_id=image.product_id).delete()
    return result


def _put_back(claimed: QuerySet[ImageFetch], image: _ClaimedImage) -> str:
    claimed.filter(product_id=image.product_id).update(
        lease=None, next_attempt_at=clock.now(), attempts=image.attempt - 1
    )
    return "left for the next run"


def _fail(claimed: QuerySet[ImageFetch], image: _ClaimedImage, error: str) -> str:
    tried = image.attempt - 1
    retry_at = clock.now() + DELAYS[tried] if tried < len(DELAYS) else None
    claimed.filter(product_id=image.product_id).update(lease=None, next_attempt_at=retry_at, error=error[:300])
    return "failed"
