"""A clock that runs faster than real time, so that tests need not wait for retries."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class FastClock:
    """`speed` seconds pass in each; `since` is the POSIX time at which both clocks showed the same."""

    speed: float
    since: float

    @classmethod
    def from_now_on(cls, speed: float) -> "FastClock":
        """Return a clock that starts to run fast now."""
        return cls(speed=speed, since=time.time())

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "FastClock":
        """Return the clock that another process described with `as_environment`."""
        return cls(speed=float(environment["FAST_CLOCK_SPEED"]), since=float(environment["FAST_CLOCK_SINCE"]))

    def as_environment(self) -> dict[str, str]:
        """Return the environment variables that give other processes the same clock."""
        settings = "tests.fast_clock_settings"
        return {
            "DJANGO_SETTINGS_MODULE": settings,
            "FAST_CLOCK_SPEED": str(self.speed),
            "FAST_CLOCK_SINCE": str(self.since),
        }

    def now(self) -> datetime:
        """Return the time that this clock shows, in UTC."""
        return datetime.fromtimestamp(self.since + (time.time() - self.since) * self.speed, UTC)

    def seconds(self, span: timedelta) -> float:
        """Return how many real seconds a span of this clock takes."""
        return span.total_seconds() / self.speed
