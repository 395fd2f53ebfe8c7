"""Typed records of named switches, changed through the control API and the till page."""

from dataclasses import asdict
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints


class Switches:
    """Base of the dataclasses that hold switches. Every field has a default."""

    noun: ClassVar[str] = "switch"

    def merge(self, changes: dict[str, Any]) -> None:
        """Set some switches. Raises ValueError with a sentence for an unknown name or a wrong value."""
        known = {name: hint for name, hint in get_type_hints(type(self)).items() if get_origin(hint) is not ClassVar}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"There is no {self.noun} {name!r}. Known: {', '.join(sorted(known))}.")
            if not _fits(value, known[name]):
                raise ValueError(f"{name} cannot be {value!r}. Its default is {getattr(type(self), name)!r}.")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """Return all switches by name."""
        return asdict(self)  # type: ignore[call-overload]


def _fits(value: Any, declared: Any) -> bool:
    """Return whether a JSON value fits a field's type: whole numbers are floats; negative numbers never fit."""
    if get_origin(declared) is Literal:
        return value in get_args(declared)
    kinds = get_args(declared) if isinstance(declared, UnionType) else (declared,)
    kind = type(value)
    if kind in (int, float) and value < 0:
        return False
    return kind in kinds or (kind is int and float in kinds) or (value is None and NoneType in kinds)
