"""The faults that can be switched on, as one typed record."""

from dataclasses import asdict, dataclass
from types import NoneType
from typing import Any, get_args, get_type_hints


@dataclass
class Faults:
    """What goes wrong at present; the defaults are a good day."""

    offline: bool = False
    offline_auth: bool = False
    slow: float = 0.0
    error_status: int = 0
    throttle: bool = False
    retry_after: str | int | None = None
    failures_left: int | None = None
    lose_answer: int = 0
    slow_answer: float = 0.0
    slow_token: float = 0.0
    token_error_status: int = 0
    refuse_orders: str = ""
    reject_orders: str = ""
    refuse_payments: str = ""
    webhook_delay: float = 0.0
    webhook_twice: bool = False
    webhook_shuffle: bool = False
    webhooks_off: bool = False
    till_asleep: bool = False
    validity: float = 1.0
    order_delay: float = 0.15

    def merge(self, changes: dict[str, Any]) -> None:
        """Take over some values; raises ValueError with a sentence for an unknown name or a wrong type."""
        known = get_type_hints(type(self))
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no fault is called {name!r}; there are: {', '.join(sorted(known))}")
            if not _fits(value, known[name]):
                raise ValueError(f"{name} does not take {value!r}; on a good day it is {getattr(Faults, name)!r}")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """Write the faults for the control API."""
        return asdict(self)

    def count_failure(self) -> None:
        """Use up one of the failures that were asked for; the last one switches them off."""
        if self.failures_left is None:
            return
        self.failures_left -= 1
        if self.failures_left <= 0:
            self.offline, self.error_status, self.throttle, self.failures_left = False, 0, False, None


def _fits(value: Any, declared: Any) -> bool:
    """Check a JSON value against a field's type: whole numbers are numbers, booleans and numbers below 0 are not."""
    kinds = get_args(declared) or (declared,)
    kind = type(value)
    if kind in (int, float) and value < 0:
        return False
    return kind in kinds or (kind is int and float in kinds) or (value is None and NoneType in kinds)
