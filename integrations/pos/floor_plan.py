"""The floor plan: areas and their tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FloorTable:
    """A table. Orders and checks refer to it by `number`."""

    id: str
    number: int
    name: str
    seats: int
    active: bool


@dataclass(frozen=True)
class FloorArea:
    """An area of the floor plan with its tables."""

    id: str
    name: str
    tables: tuple[FloorTable, ...]
