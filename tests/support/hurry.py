"""A clock that runs faster than the world's from a moment on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Hurry:
    """`speed` seconds pass in each; `since` is the POSIX time at which both clocks showed the same."""

    speed: float
    since: float

    @classmethod
    def from_now_on(cls, speed: float) -> "Hurry":
        """A clock that begins to hurry now."""
        return cls(speed=speed, since=time.time())

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Hurry":
        """The clock that a process was told of by `as_environment`."""
        return cls(speed=float(environment["HURRY_SPEED"]), since=float(environment["HURRY_SINCE"]))

    def as_environment(self) -> dict[str, str]:
        """For other processes."""
        settings = "tests.hurried_settings"
        return {"DJANGO_SETTINGS_MODULE": settings, "HURRY_SPEED": str(self.speed), "HURRY_SINCE": str(self.since)}

    def now(self) -> datetime:
        """The time that this clock shows; in UTC."""
        return datetime.fromtimestamp(self.since + (time.time() - self.since) * self.speed, UTC)

    def seconds(self, span: timedelta) -> float:
        """How long a span of this clock takes in the world."""
        return span.total_seconds() / self.speed
