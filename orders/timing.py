"""When an order is to be sent first. Pure."""

from datetime import datetime, timedelta

from integrations.models import LightspeedSettings


def first_attempt_at(*, scheduled_for: datetime | None, now: datetime, settings: LightspeedSettings) -> datetime | None:
    """When the order's first attempt is due: an order for later may be held back. None: at once."""
    if scheduled_for is None or not settings.buffer_orders:
        return None
    held_until = scheduled_for - timedelta(minutes=settings.buffer_minutes)
    return held_until if held_until > now else None
