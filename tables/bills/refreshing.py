"""Read a venue's open checks from the POS at most once a second, however many guests look.

One list has the checks of all tables. The process that takes a turn moves the time of the next one ahead and makes one
call; everybody else answers with what is there. Neither a missing notification nor a closed browser keeps a bill out of
date. Lightspeed lists dine-in checks of the past 15 hours, and none for a location in trial mode, so while something
may be missing every other turn asks for one check instead (`tables.bills.unlisted`).
"""

import time
from datetime import datetime, timedelta

from integrations.connect.service import pos_for
from integrations.pos import OpenCheck, PosError
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment
from storekit.models import Venue
from tables.bills import unlisted
from tables.bills.recording import record_list
from tables.models import CheckList
from tables.payments.till.seen import note_payments

FRESH_FOR = timedelta(seconds=1)
"""How long after a call to the POS no guest's look causes another one for the venue."""
KNOWN_FOR = timedelta(minutes=1)
"""How old a list may be that guests are shown, while the POS cannot be asked."""
LEASE = timedelta(seconds=20)
TRY_AGAIN_AFTER = timedelta(seconds=3)
LIST_AGAIN_AFTER = timedelta(seconds=5)
"""How often at least the list is read while it is empty and checks are asked for one by one, as in trial mode."""
_LONGEST_ERROR = 500
# Seconds. A thread that waits serves nobody else.
_PATIENCE = 1.5
_PAUSE = 0.25


def refresh_bills(*, venue: Venue, patience: float = _PATIENCE) -> CheckList:
    """Bring the venue's bills up to date with the POS, unless they are; return when and how that last went.

    While another process asks the POS, return at once what is known. If nothing is, as with the first guest of the
    evening, wait for that process for `patience` seconds.
    """
    row, _ = CheckList.objects.get_or_create(venue=venue)
    until = time.monotonic() + patience
    while True:
        if row.next_attempt_at <= clock.now() and take_turn(venue=venue):
            return CheckList.objects.get(venue=venue)
        if is_known(row) or row.error or time.monotonic() >= until:
            return row
        time.sleep(_PAUSE)
        row.refresh_from_db()


def is_known(row: CheckList) -> bool:
    """Return whether the venue's bills were read from the POS a short time ago."""
    return row.fetched_at is not None and row.fetched_at > clock.now() - KNOWN_FOR


def take_turn(*, venue: Venue) -> bool:
    """Make the call to the POS that is due for the venue and record its answer; return False if none is due.

    Of several processes one makes it. The row of the venue's list exists.
    """
    due = CheckList.objects.filter(venue=venue, next_attempt_at__lte=clock.now())
    lease = claim_by_moment(due, lease=LEASE, error="")
    if lease is None:
        return False
    _ask(venue, lease)
    return True


def _ask(venue: Venue, lease: datetime) -> None:
    mine = CheckList.objects.filter(venue=venue, next_attempt_at=lease)
    row, asked_at = CheckList.objects.get(venue=venue), clock.now()
    missing = unlisted.next_look(venue=venue) if _may_look(row) else None
    checks: tuple[OpenCheck, ...] = ()
    found: OpenCheck | None = None
    try:
        pos = pos_for(venue=venue)
        if missing is None:
            checks = pos.open_checks()
        else:
            found = missing.ask(pos)
    except PosError as error:
        mine.update(error=str(error)[:_LONGEST_ERROR], next_attempt_at=clock.now() + TRY_AGAIN_AFTER)
        return
    if not mine.exists():
        # A process that lost its lease has an older answer than the one that took it over.
        return
    if missing is None:
        record_list(venue=venue, checks=checks, asked_at=asked_at)
        outcome = {"fetched_at": asked_at, "listed": len(checks)}
    else:
        unlisted.record_look(venue=venue, look=missing, check=found, asked_at=asked_at, often=not row.listed)
        outcome = {"looked_at": asked_at}
    note_payments(venue=venue, checks=checks if found is None else [found])
    mine.update(**outcome, next_attempt_at=asked_at + FRESH_FOR, error="")


def _may_look(row: CheckList) -> bool:
    """Return whether one check may be asked for in place of the list."""
    if row.fetched_at is None:
        return False
    if row.looked_at is None or row.looked_at < row.fetched_at:
        return True
    return not row.listed and row.fetched_at > clock.now() - LIST_AGAIN_AFTER
