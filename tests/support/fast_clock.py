"""A clock that runs faster than real time, so that tests need not wait for retries, and that can be put wrong."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

STEP_FILE = "FAST_CLOCK_STEP_FILE"
"""The environment variable that names a process's step file, if it has one."""


@dataclass(frozen=True)
class FastClock:
    """`speed` seconds pass in each; `since` is the POSIX time at which both clocks showed the same."""

    speed: float
    since: float
    step_file: Path | None = None
    """Holds the seconds by which this clock is ahead, as text. Read each time: all its processes step at once."""

    @classmethod
    def from_now_on(cls, speed: float) -> "FastClock":
        """Return a clock that starts to run fast now."""
        return cls(speed=speed, since=time.time())

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "FastClock":
        """Return the clock that another process described with `as_environment`."""
        step_file = Path(environment[STEP_FILE]) if STEP_FILE in environment else None
        return cls(float(environment["FAST_CLOCK_SPEED"]), float(environment["FAST_CLOCK_SINCE"]), step_file)

    def as_environment(self, *, step_file: Path | None = None) -> dict[str, str]:
        """Return the environment variables that give other processes the same clock, and one that may step."""
        settings = "tests.fast_clock_settings"
        return {
            "DJANGO_SETTINGS_MODULE": settings,
            "FAST_CLOCK_SPEED": str(self.speed),
            "FAST_CLOCK_SINCE": str(self.since),
            **({STEP_FILE: str(step_file)} if step_file else {}),
        }

    def now(self) -> datetime:
        """Return the time that this clock shows, in UTC."""
        return datetime.fromtimestamp(self.since + (time.time() - self.since) * self.speed + self._ahead(), UTC)

    def seconds(self, span: timedelta) -> float:
        """Return how many real seconds a span of this clock takes."""
        return span.total_seconds() / self.speed

    def _ahead(self) -> float:
        if self.step_file is not None:
            with suppress(FileNotFoundError):
                return float(self.step_file.read_text())
        return 0.0


def step_clock(step_file: Path, *, ahead: timedelta) -> None:
    """Put the clock of every process with this step file ahead of the right one, or behind if negative."""
    written = step_file.with_suffix(".new")
    written.write_text(str(ahead.total_seconds()))
    written.replace(step_file)
