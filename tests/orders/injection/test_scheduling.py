"""Orders go to the till at once, unless the venue holds those for later until shortly before their time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations.pos import VenuePosSettings
from orders.injection.scheduling import first_attempt_at

NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)
HOLDING = VenuePosSettings(buffer_orders=True, buffer_minutes=20)


@pytest.mark.parametrize(
    ("minutes_ahead", "held_for"),
    [(-5, None), (0, None), (19, None), (20, None), (21, 1), (180, 160)],
)
def test_an_order_for_later_is_held_until_the_buffer_before_its_time(minutes_ahead: int, held_for: int | None) -> None:
    begins = first_attempt_at(scheduled_for=NOW + timedelta(minutes=minutes_ahead), now=NOW, settings=HOLDING)
    assert begins == (None if held_for is None else NOW + timedelta(minutes=held_for))


def test_an_order_for_now_goes_at_once() -> None:
    assert first_attempt_at(scheduled_for=None, now=NOW, settings=HOLDING) is None


def test_without_the_setting_every_order_goes_at_once() -> None:
    tonight = NOW + timedelta(hours=3)
    assert first_attempt_at(scheduled_for=tonight, now=NOW, settings=VenuePosSettings(buffer_orders=False)) is None


def test_the_buffer_is_minutes_that_pass_also_when_the_clocks_change() -> None:
    just_after_the_change = datetime(2026, 3, 29, 2, 5, tzinfo=ZoneInfo("Europe/London"))
    begins = first_attempt_at(
        scheduled_for=just_after_the_change.astimezone(UTC), now=NOW - timedelta(days=200), settings=HOLDING
    )
    assert begins == datetime(2026, 3, 29, 0, 45, tzinfo=UTC), "five to one in winter time, not a quarter to two"
