"""The faults that can be switched on."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from integrations.sandbox.behaviour.switches import Switches

ErrorBody = Literal["spring", "unauthorized", "exception", "empty"]


@dataclass
class Faults(Switches):
    """The current faults; the defaults are none. Times are in seconds, limits in number of calls."""

    noun: ClassVar[str] = "fault"

    offline: bool = False
    offline_auth: bool = False
    slow: float = 0.0
    error_status: int = 0
    error_body: ErrorBody = "spring"
    throttle: bool = False
    retry_after: str | int | None = None
    failures_left: int | None = None
    lose_answer: int = 0
    slow_answer: float = 0.0
    slow_token: float = 0.0
    token_error_status: int = 0
    menu_forbidden: bool = False
    refuse_orders: str = ""
    reject_orders: str = ""
    refuse_payments: str = ""
    stale_tills: int = 0
    webhook_delay: float = 0.0
    webhook_twice: bool = False
    webhook_shuffle: bool = False
    webhooks_off: bool = False
    till_asleep: bool = False
    validity: float = 1.0
    order_delay: float = 0.15

    def count_failure(self) -> None:
        """Use up one of the limited failures. The last one switches the failures off."""
        if self.failures_left is None:
            return
        self.failures_left -= 1
        if self.failures_left <= 0:
            self.offline, self.error_status, self.throttle, self.failures_left = False, 0, False, None
