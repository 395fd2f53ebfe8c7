"""The hours for which a venue is open. They are wall-clock times in its zone: noon is noon in summer and in winter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class OpeningHours:
    """Hours on one weekday, 0 for Monday. When `closes` is at or before `opens`, they end on the following day."""

    weekday: int
    opens: time
    closes: time

    @property
    def past_midnight(self) -> bool:
        """Whether they end on the following day."""
        return self.closes <= self.opens

    def opening_day(self, moment: datetime) -> date | None:
        """Return the day on which the hours containing the local moment began; None when they do not contain it.

        The closing time itself is outside the hours.
        """
        today = moment.date()
        days = (day for day in (today, today - _ONE_DAY) if day.weekday() == self.weekday)
        return next((day for day in days if self._contains(moment, day)), None)

    def _contains(self, moment: datetime, day: date) -> bool:
        """Return whether the local moment is within the hours that begin on the day.

        They are one stretch of time, also when the clocks go back: they begin and end the first time that the clock
        shows their time. Times in one zone are compared as the clock shows them, so in the hour's second run the
        moments themselves are compared.
        """
        opens = datetime.combine(day, self.opens, moment.tzinfo)
        closes = datetime.combine(day + _ONE_DAY if self.past_midnight else day, self.closes, moment.tzinfo)
        if moment.fold:
            return opens.astimezone(UTC) <= moment.astimezone(UTC) < closes.astimezone(UTC)
        return opens <= moment < closes


def opening_day(hours: Sequence[OpeningHours], local: datetime) -> date | None:
    """Return the day on which the hours containing the local moment began; None when none contain it."""
    return min((day for each in hours if (day := each.opening_day(local))), default=None)
