"""What a venue's POS says about a basket: asked at most once in a few seconds, and by few threads at once."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.core.cache import cache

from integrations.connect.service import pos_for
from integrations.connect.waiting_places import NoPlace, waiting_place
from integrations.pos import NotConnected, PointOfSale, PosError, Readiness, Restriction
from storekit.db import clock
from storekit.models import Venue

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(seconds=5)
# Longer than it takes to find out, so that a POS that does not answer holds a thread for the smaller part of the time.
SILENCE_KEPT_FOR = timedelta(seconds=15)
# No further call begins after this: a guest is waiting.
_LAST_CALL_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class PosReport:
    """The POS's answer about a basket.

    `ready` None means that the POS could not be asked or did not know. `reason` is a sentence for people, empty when
    the POS is ready.
    """

    ready: bool | None
    reason: str
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True)
class _Kept:
    """What the POS said at `asked_at`: `readiness` None if it could not say. `left` has every SKU asked about."""

    asked_at: datetime
    readiness: Readiness | None
    reason: str = ""
    left: Mapping[str, Restriction | None] = field(default_factory=dict)

    def covers(self, skus: Collection[str], now: datetime) -> bool:
        age = now - self.asked_at
        if self.readiness is None:
            return age < SILENCE_KEPT_FOR
        return age < KEPT_FOR and all(sku in self.left for sku in skus)

    def report(self, skus: Collection[str]) -> PosReport:
        if self.readiness is None:
            return PosReport(ready=None, reason=self.reason)
        found = tuple(one for sku in skus if (one := self.left[sku]) is not None)
        return PosReport(ready=self.readiness.ready, reason=self.readiness.reason, restrictions=found)


def ask_the_pos(*, venue: Venue, skus: Collection[str]) -> PosReport:
    """Return what the POS says about taking orders, and about what is left of the SKUs.

    An answer counts for five seconds, and for fifteen if the POS could not say. Call it outside any transaction.
    """
    now = clock.now()
    try:
        pos = pos_for(venue=venue, cached_token_only=True, start_by=now + _LAST_CALL_AFTER)
    except NotConnected as error:
        return PosReport(ready=None, reason=str(error))
    key = f"pos-report:{venue.pk}"
    kept: _Kept | None = cache.get(key)
    if kept is None or not kept.covers(skus, now):
        try:
            with waiting_place():
                kept = _answer(venue, pos, skus, kept, now)
        except NoPlace as error:
            return PosReport(ready=None, reason=str(error))
        cache.set(key, kept, SILENCE_KEPT_FOR.total_seconds())
    return kept.report(skus)


def _answer(venue: Venue, pos: PointOfSale, skus: Collection[str], kept: _Kept | None, now: datetime) -> _Kept:
    """Ask for what the kept answer does not say, or for everything if there is none or it is too old."""
    try:
        if kept is None or kept.readiness is None or not kept.covers((), now):
            kept = _Kept(asked_at=now, readiness=pos.readiness())
        unknown = [sku for sku in skus if sku not in kept.left]
        found = {one.sku: one for one in pos.availability_of(unknown).restrictions} if unknown else {}
    except PosError as error:
        logger.warning("The POS of %s could not say whether it takes an order: %s", venue.slug, error.code)
        return _Kept(asked_at=now, readiness=None, reason=str(error))
    return replace(kept, left={**kept.left, **{sku: found.get(sku) for sku in unknown}})
