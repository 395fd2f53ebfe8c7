"""Problems with an order, in a form that a storefront can show and a program can act on."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One problem. `code` is stable, `detail` a sentence, `attr` the field posted, such as `items.0.modifiers.1`."""

    code: str
    detail: str
    attr: str


class OrderRefused(Exception):
    """The order was not taken; `problems` holds every reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.attr}: {problem.code}" for problem in self.problems))
