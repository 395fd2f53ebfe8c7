"""Checks that are open at the POS."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class CheckItem:
    """A line on a check that has not been voided. The quantity may be a fraction."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class OpenCheck:
    """A check that is open at the POS. `table` is None for a check without a table.

    Splitting, transferring and merging change `account`, the check's identifier; `uuid` stays.
    """

    account: str
    name: str
    table: int | None
    amount: Decimal
    """The total, without tips."""
    paid: Decimal
    opened_at: datetime | None
    payment_references: tuple[str, ...] = ()
    """References of the payments that have not been voided; an order's payment has the order's reference."""
    items: tuple[CheckItem, ...] = ()
    """The lines that have not been voided, without the choices below them."""
    uuid: str = ""
    pos_id: str = ""
    """The till that has it; empty if the POS does not say."""
    asked_as: str = ""
    """The identifier that it was asked for by, which may be a former one."""

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Everything that it is known by, each once."""
        return tuple(dict.fromkeys(filter(None, (self.account, self.asked_as, self.uuid))))
