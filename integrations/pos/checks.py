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
class CheckLine:
    """A line of a check as guests see it, not voided."""

    id: str
    """Unique within the check, and the same in every answer as far as the POS says."""
    name: str
    sku: str
    quantity: Decimal
    unit_price: Decimal
    total: Decimal
    """After its own discount, with its tax, without its sub-lines; below zero for what takes something off."""
    discount: Decimal
    """What its own discount took off."""
    modifiers: tuple[tuple[str, Decimal], ...] = ()
    """Choices without a price: name and quantity."""
    sub_lines: tuple["CheckLine", ...] = ()


@dataclass(frozen=True)
class CheckPayment:
    """A payment that the POS has on a check and that has not been voided; `amount` is without the tip."""

    amount: Decimal
    method: str
    reference: str
    """Ours, if the payment came through the API."""
    at: datetime | None


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
    covers: int | None = None
    service_charge: Decimal = Decimal(0)
    """Part of `amount`."""
    lines: tuple[CheckLine, ...] = ()
    """Everything sold that has not been voided. Tax that the POS lists as a line of its own is none."""
    payments: tuple[CheckPayment, ...] = ()

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Everything that it is known by, each once."""
        return tuple(dict.fromkeys(filter(None, (self.account, self.asked_as, self.uuid))))
