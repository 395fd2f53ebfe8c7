"""How far ahead the moments of stock levels and images may lie. When a snooze ends is people's choice."""

from datetime import datetime

from django.db.models import Q

from menus.images import fetching
from menus.stock import reconciliation
from storekit.db import moments
from storekit.db.moments import Ahead

_WATCH, _LEVEL, _IMAGE = "menus.StockWatch", "menus.StockLevel", "menus.ImageFetch"

_MOMENTS = (
    Ahead(_WATCH, "due_at", reconciliation.MAX_DELAY),
    Ahead(_WATCH, "lease_until", reconciliation.LEASE, then=reconciliation.LEASE),
    Ahead(_WATCH, "compared_at"),
    Ahead(_LEVEL, "taken_at", where=Q(taken__gt=0)),
    # What the POS answers later must not look older.
    Ahead(_LEVEL, "heard_at"),
    Ahead(_IMAGE, "next_attempt_at", fetching.LEASE, where=Q(lease__isnull=False), then=fetching.LEASE),
    Ahead(_IMAGE, "next_attempt_at", max(fetching.DELAYS)),
)


def put_right(*, now: datetime) -> int:
    """Put right moments that lie too far ahead; return how many."""
    return moments.put_right(_MOMENTS, now=now)
