"""When an order's way to the till begins. Pure: the rows and the clock belong to the caller."""

from datetime import datetime, timedelta

from integrations.pos import VenuePosSettings


def first_attempt_at(*, scheduled_for: datetime | None, now: datetime, settings: VenuePosSettings) -> datetime | None:
    """When a paid order is sent first; None: at once. Times are aware.

    With `buffer_orders` on, an order for later is held until `buffer_minutes` before its time. The minutes are real
    ones, also in a night when the clocks change.
    """
    if scheduled_for is None or not settings.buffer_orders:
        return None
    begins = scheduled_for - timedelta(minutes=settings.buffer_minutes)
    return begins if begins > now else None
