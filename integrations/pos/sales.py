"""Sales: checks that the POS has closed."""

from dataclasses import dataclass

from integrations.pos.checks import CheckPayment


@dataclass(frozen=True)
class ClosedSale:
    """A check after it was closed, with every payment that the POS has for it."""

    account: str
    uuid: str
    payments: tuple[CheckPayment, ...]
    cancelled: bool = False
