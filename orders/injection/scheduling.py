"""When an order is first sent to the POS. Pure: the caller brings the rows and the clock."""

from datetime import datetime, timedelta

from integrations.pos import VenuePosSettings


def first_attempt_at(*, scheduled_for: datetime | None, now: datetime, settings: VenuePosSettings) -> datetime | None:
    """Return when to send a paid order first, or None for at once. Times are aware.

    With `buffer_orders` on, a scheduled order is held until `buffer_minutes` before its time. The minutes are elapsed
    time, also on a night when the clocks change.
    """
    if scheduled_for is None or not settings.buffer_orders:
        return None
    start = scheduled_for - timedelta(minutes=settings.buffer_minutes)
    return start if start > now else None
