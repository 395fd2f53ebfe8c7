"""How far ahead the moments of the tables' rows may lie."""

from datetime import datetime

from storekit.db import moments
from storekit.db.moments import Ahead
from tables.bills import refreshing

_MOMENTS = (
    Ahead("tables.CheckList", "next_attempt_at", refreshing.LEASE),
    Ahead("tables.CheckList", "fetched_at"),
    Ahead("tables.Bill", "next_look_at", refreshing.LOOK_AGAIN_AFTER),
)


def put_right(*, now: datetime) -> int:
    """Put right moments that lie too far ahead; return how many."""
    return moments.put_right(_MOMENTS, now=now)
