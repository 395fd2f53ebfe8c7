"""Bringing the POS's images here once the menu is live: claim in a short transaction, download outside, record.

A product whose `image_source` is not its `image_url` is due. Whatever dies in between leaves that as it was, and when
the lease has run out the next run takes it up. A picture that cannot be had is tried again a few times, later and
later, and then left until the POS names another; the product keeps the picture that it has.

An attempt counts from its claim. A picture that was being fetched when its run died may be what killed it, so it is
fetched again alone, and not without end.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations.connect.venue_settings import keeps_own
from menus.images import download
from menus.images.files import ImageRefused, keep_picture, same_picture
from menus.models import ImageFetch, Menu, Product
from menus.versions import raise_version
from storekit.db.due_rows import enqueue

logger = logging.getLogger(__name__)

# Longer than a run can take.
LEASE = timedelta(minutes=2)
_AT_ONCE = 4
_MOST_PER_RUN = 100
# What has not begun by then waits for the next run: orders are queued behind this one.
_BEGIN_SECONDS = 10.0
_RUN_SECONDS = 35.0
_PAUSES = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2), timedelta(hours=12), timedelta(days=1))


@dataclass(frozen=True)
class _Claim:
    """The right to fetch one product's image, until the lease runs out."""

    product_id: UUID
    venue_id: int
    source: str
    attempt: int


class _Outcome(NamedTuple):
    """A kept file's name, or why there is none; neither: the POS has no image any more, and nor should we."""

    name: str = ""
    error: str = ""


def enqueue_fetching() -> None:
    """Queues a run. A queue that cannot be reached is logged and nothing worse: the sweep takes over."""
    enqueue("menus.tasks.fetch_images")


def enqueue_if_due(*, venue_id: int) -> None:
    """Queues a run if the venue has images to be fetched. To be called when a change of its menu is committed."""
    if _free_to_fetch().filter(venue_id=venue_id).exists():
        enqueue_fetching()


def due_products() -> QuerySet[Product]:
    """Products whose picture is not the one that the POS names, as far as the venue wants it to be.

    With `update_images` off, what is there stays, and only what never had a picture gets the POS's.
    """
    follows_pos = ~keeps_own("images")
    has_none_yet = Q(image="", image_source="", image_by_staff=False)
    return Product.objects.filter(~Q(image_source=F("image_url")), Q(follows_pos) | has_none_yet, archived_at=None)


def fetch_due() -> str:
    """Fetches what is due, as much as fits into a few seconds, and queues the next run if something is left.

    One run at a time in the whole installation, or nearly so: images have time, and the workers have orders to bring.
    Safe to call at any time and from any number of processes.
    """
    if _somebody_is_at_it():
        return "another run is at it"
    lease = uuid4()
    claims = _claim(lease)
    if not claims:
        return "nothing due"
    outcomes = _fetch_all(claims)
    by_venue: dict[int, list[_Claim]] = defaultdict(list)
    for claim in claims:
        by_venue[claim.venue_id].append(claim)
    tally: Counter[str] = Counter()
    for venue_id, members in by_venue.items():
        tally += _record(venue_id, lease, members, outcomes)
    if _free_to_fetch().exists():
        enqueue_fetching()
    return ", ".join(f"{number} {word}" for word, number in tally.items())


# --- Claim -----------------------------------------------------------------------------------------------------------


def _somebody_is_at_it() -> bool:
    return ImageFetch.objects.filter(lease__isnull=False, next_attempt_at__gt=timezone.now()).exists()


def _free_to_fetch() -> QuerySet[Product]:
    """Due, and neither being fetched, nor resting after a failure, nor given up; a new address begins anew."""
    never_tried = Q(image_fetch=None)
    time_has_come = Q(image_fetch__next_attempt_at__lte=timezone.now())
    another_address = ~Q(image_fetch__source=F("image_url"))
    return due_products().filter(never_tried | time_has_come | another_address)


def _claim(lease: UUID) -> list[_Claim]:
    _give_up_killers()
    found = _next_due()
    now = timezone.now()
    with transaction.atomic():
        ImageFetch.objects.bulk_create(
            [ImageFetch(product_id=pk, source=source, next_attempt_at=now) for pk, source in found],
            ignore_conflicts=True,
        )
        rows = ImageFetch.objects.filter(product__in=[pk for pk, _ in found])
        for row in rows.exclude(source=F("product__image_url")).select_related("product"):
            rows.filter(pk=row.pk, source=row.source).update(
                source=row.product.image_url, attempts=0, next_attempt_at=now, error=""
            )
        rows.filter(next_attempt_at__lte=now).update(
            lease=lease, next_attempt_at=now + LEASE, attempts=F("attempts") + 1
        )
    ours = ImageFetch.objects.filter(lease=lease).order_by("product__venue_id", "product_id")
    return [_Claim(*row) for row in ours.values_list("product_id", "product__venue_id", "source", "attempts")]


def _next_due() -> list[tuple[UUID, str]]:
    """The ids and addresses of those that a run takes: many that harmed nobody yet, or else one that may have."""
    free = _free_to_fetch().order_by("venue_id", "pk")
    suspect = Q(image_fetch__lease__isnull=False, image_fetch__source=F("image_url"))
    harmless = list(free.exclude(suspect).values_list("pk", "image_url")[:_MOST_PER_RUN])
    return harmless or list(free.values_list("pk", "image_url")[:1])


def _give_up_killers() -> None:
    """Whoever died with a picture could not write down that it was the last attempt."""
    lapsed = ImageFetch.objects.filter(lease__isnull=False, next_attempt_at__lte=timezone.now())
    lapsed.filter(attempts__gt=len(_PAUSES), source=F("product__image_url")).update(
        lease=None, next_attempt_at=None, error="storekit stopped each time while it took this image over."
    )


# --- Call ------------------------------------------------------------------------------------------------------------


def _fetch_all(claims: Sequence[_Claim]) -> dict[UUID, _Outcome]:
    """What became of each claim that was begun. No thread touches the database."""
    last_call = time.monotonic() + _BEGIN_SECONDS
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="images")
    fetches = {claim.product_id: pool.submit(_fetch, claim.source, last_call) for claim in claims}
    wait(fetches.values(), timeout=_RUN_SECONDS)
    # Whoever still waits, for a name server that does not answer, say, is not waited for.
    pool.shutdown(wait=False, cancel_futures=True)
    outcomes = {product_id: _outcome(fetch) for product_id, fetch in fetches.items()}
    return {product_id: outcome for product_id, outcome in outcomes.items() if outcome is not None}


def _fetch(source: str, last_call: float) -> _Outcome | None:
    if time.monotonic() > last_call:
        return None
    if not source:
        return _Outcome()
    private_allowed = settings.LIGHTSPEED_ENVIRONMENT == "sandbox"
    try:
        return _Outcome(name=keep_picture(download.download(url=source, private_allowed=private_allowed)))
    except ImageRefused as refused:
        return _Outcome(error=str(refused))


def _outcome(fetch: "Future[_Outcome | None]") -> _Outcome | None:
    if fetch.cancelled():
        return None
    if not fetch.done():
        return _Outcome(error="The image did not arrive in time.")
    if (error := fetch.exception()) is not None:
        # A full disk, or damage of a kind that nobody has thought of: recorded, so that the others go on.
        logger.error("An image could not be taken over", exc_info=error)
        return _Outcome(error=f"storekit could not take the image over ({type(error).__name__}).")
    return fetch.result()


# --- Record ----------------------------------------------------------------------------------------------------------


def _record(venue_id: int, lease: UUID, claims: Sequence[_Claim], outcomes: dict[UUID, _Outcome]) -> "Counter[str]":
    """Writes the outcomes of one venue down: pictures and the menu's version together, once for all of them."""
    tally: Counter[str] = Counter()
    with transaction.atomic():
        # The menu first, as a sync does, so that the two cannot wait for each other.
        menu = Menu.objects.select_for_update().filter(venue_id=venue_id).first()
        ours = ImageFetch.objects.filter(lease=lease, product__venue_id=venue_id)
        held = set(ours.values_list("product_id", flat=True))
        # Meanwhile the POS may have named another image, or a person may have put one there.
        products = due_products().select_for_update().in_bulk([claim.product_id for claim in claims])
        seen = False
        for claim in claims:
            product, outcome = products.get(claim.product_id), outcomes.get(claim.product_id)
            if claim.product_id not in held:
                word = "taken over by another run"
            elif product is None or product.image_url != claim.source:
                word = _drop(ours, claim)
            elif outcome is None:
                word = _put_back(ours, claim)
            elif outcome.error:
                word = _rest(ours, claim, outcome.error)
            else:
                seen |= _show(product, claim, outcome.name)
                word = _drop(ours, claim, "taken over")
            tally[word] += 1
        if seen and menu is not None:
            raise_version(menu=menu)
    return tally


def _show(product: Product, claim: _Claim, name: str) -> bool:
    """Puts the picture on the product; returns whether guests see a difference."""
    differs = not same_picture(product.image, name)
    if differs:
        product.image = name
    product.image_source, product.image_by_staff = claim.source, False
    product.save(update_fields=["image", "image_source", "image_by_staff"])
    return differs


def _drop(ours: QuerySet[ImageFetch], claim: _Claim, word: str = "not wanted any more") -> str:
    ours.filter(product_id=claim.product_id).delete()
    return word


def _put_back(ours: QuerySet[ImageFetch], claim: _Claim) -> str:
    ours.filter(product_id=claim.product_id).update(
        lease=None, next_attempt_at=timezone.now(), attempts=claim.attempt - 1
    )
    return "left for the next run"


def _rest(ours: QuerySet[ImageFetch], claim: _Claim, error: str) -> str:
    tried = claim.attempt - 1
    again = timezone.now() + _PAUSES[tried] if tried < len(_PAUSES) else None
    ours.filter(product_id=claim.product_id).update(lease=None, next_attempt_at=again, error=error[:300])
    return "not to be had"
