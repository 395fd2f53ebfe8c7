"""What can be wrong with an order, said in a way that a storefront can show and a program can act upon."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`code` is stable, `detail` a sentence, `attr` the place in what was posted: `items.0.modifiers.1`."""

    code: str
    detail: str
    attr: str


class OrderRefused(Exception):
    """The order was not taken, for all of these reasons."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.attr}: {problem.code}" for problem in self.problems))
