"""Faults on demand. Each strikes the next requests whose method and path contain its text."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happens to a request."""

    LOST_ANSWER = "lost_answer"
    """It is done, and the connection breaks before the answer."""
    NOT_DONE = "not_done"
    """The connection breaks before it is done."""
    ERROR_BEFORE = "error_before"
    """500, and it is not done. The answer is kept for its key."""
    ERROR_AFTER = "error_after"
    """500, and it is done. The answer is kept for its key."""
    TOO_MANY = "too_many"
    """429."""
    NONSENSE = "nonsense"
    """It is done, and the answer is 200 and no JSON, such as a proxy's page."""
    HELD = "held"
    """It is not begun until `StandIn.let_go` is called."""


@dataclass
class Fault:
    """A fault that strikes a number of times."""

    kind: Kind
    where: str
    times: int = 1


@dataclass
class Faults:
    """The faults that are still to strike."""

    waiting: list[Fault]

    def strike(self, request: str) -> Kind | None:
        """Return what happens to this request."""
        fault = next((fault for fault in self.waiting if fault.where in request), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.times == 0:
            self.waiting.remove(fault)
        return fault.kind
