"""Read a venue's open checks from the POS at most every few seconds, however many guests look.

One list has the checks of all tables. The process that may fetch it moves the time of the next attempt ahead; the
others wait for its row, for a moment. Neither a missing notification nor a closed browser keeps a bill out of date.
"""

import time
from datetime import datetime, timedelta

from integrations.connect.service import pos_for
from integrations.pos import NotFound, OpenCheck, PointOfSale, PosError
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment
from storekit.models import Venue
from tables.bills.recording import record_checks
from tables.models import Bill, CheckList

FRESH_FOR = timedelta(seconds=3)
"""How long a list counts as new: no guest's look causes another call within that time."""
LEASE = timedelta(seconds=20)
TRY_AGAIN_AFTER = timedelta(seconds=3)
LOOK_AGAIN_AFTER = timedelta(seconds=30)
"""How often a bill is asked for by its identifier that is open and not on the list, as after 15 hours."""
# With the list, one call a second.
_MOST_LOOKS = 2
_LONGEST_ERROR = 500
# Seconds. A thread that waits serves nobody else.
_PATIENCE = 1.5
_PAUSE = 0.05


def refresh_bills(*, venue: Venue, patience: float = _PATIENCE) -> CheckList:
    """Bring the venue's bills up to date with the POS, unless they are; return when and how that last went.

    If another process is reading the list, wait for it for `patience` seconds and return what there is by then.
    """
    row, _ = CheckList.objects.get_or_create(venue=venue)
    until = time.monotonic() + patience
    while not _is_fresh(row):
        due = CheckList.objects.filter(venue=venue, next_attempt_at__lte=clock.now())
        if lease := claim_by_moment(due, lease=LEASE, error=""):
            _fetch(venue, lease)
            return CheckList.objects.get(venue=venue)
        row.refresh_from_db()
        if row.error or time.monotonic() >= until:
            break
        time.sleep(_PAUSE)
    return row


def _is_fresh(row: CheckList) -> bool:
    return row.fetched_at is not None and row.fetched_at > clock.now() - FRESH_FOR


def _fetch(venue: Venue, lease: datetime) -> None:
    mine = CheckList.objects.filter(venue=venue, next_attempt_at=lease)
    asked_at = clock.now()
    try:
        pos = pos_for(venue=venue)
        listed = pos.open_checks()
        found, gone = _look_for_missing(pos, venue, listed)
    except PosError as error:
        mine.update(error=str(error)[:_LONGEST_ERROR], next_attempt_at=clock.now() + TRY_AGAIN_AFTER)
        return
    # A process that lost its lease has an older list than the one that took it over.
    if mine.exists():
        record_checks(venue=venue, checks=(*listed, *found), gone=gone)
        mine.update(fetched_at=asked_at, next_attempt_at=asked_at + FRESH_FOR, error="")


def _look_for_missing(
    pos: PointOfSale, venue: Venue, listed: tuple[OpenCheck, ...]
) -> tuple[list[OpenCheck], list[Bill]]:
    """Ask by identifier for open bills that the list lacks; return the checks found, and the bills that are gone.

    Lightspeed lists dine-in checks of the past 15 hours, and none for a location in trial mode: a check that is missing
    may be open and owed.
    """
    names = {name for check in listed for name in check.identifiers}
    missing = Bill.objects.filter(venue=venue, next_look_at__lte=clock.now()).exclude(status=Bill.Status.CLOSED)
    found, gone, looks = [], [], 0
    for bill in missing.exclude(check_uuid__in=names - {""}).exclude(account__in=names).order_by("next_look_at"):
        # The newest first; the uuid is an identifier of ours only.
        names_at_pos = bill.identifiers.exclude(identifier=bill.check_uuid).order_by("-pk")
        tried = list(names_at_pos.values_list("identifier", flat=True)[:_MOST_LOOKS])
        looks += len(tried)
        if looks > _MOST_LOOKS:
            break
        check = _check_by(pos, tried)
        if check is None:
            gone.append(bill)
        else:
            found.append(check)
            Bill.objects.filter(pk=bill.pk).update(next_look_at=clock.now() + LOOK_AGAIN_AFTER)
    return found, gone


def _check_by(pos: PointOfSale, identifiers: list[str]) -> OpenCheck | None:
    for identifier in identifiers:
        try:
            return pos.open_check(identifier)
        except NotFound:
            continue
    return None
