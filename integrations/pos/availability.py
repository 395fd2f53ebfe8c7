"""Whether the POS takes online orders, and which items it sells only so many more of."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

POS_CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far ahead of ours a POS's clock may be. A time further in the future is cut to this."""


@dataclass(frozen=True)
class Restriction:
    """An item of which the POS sells only so many more. `left` None means none at all, without a count.

    `updated_at` is when the POS set the count, by its own clock; None if it does not say.
    """

    sku: str
    left: int | None
    updated_at: datetime | None = field(default=None, compare=False)

    @property
    def sold_out(self) -> bool:
        """Whether it cannot be ordered."""
        return self.left is None or self.left <= 0


@dataclass(frozen=True)
class Availability:
    """The POS's answer about some items: those that it restricts, and its warnings for staff in its own words."""

    restrictions: tuple[Restriction, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Readiness:
    """Whether the POS takes online orders now. `reason` is a sentence for people; empty when it is ready.

    `updated_at` is when that last changed, by the POS's own clock; None if it does not say.
    """

    ready: bool
    reason: str = ""
    updated_at: datetime | None = field(default=None, compare=False)
