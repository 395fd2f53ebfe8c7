"""Parameters as Stripe takes them: a form whose names have brackets, checked against what a request may have."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.support.stripe_stand_in.problems import Json, invalid

Check = Callable[[Any], bool]
_PARTS = re.compile(r"\[([^\]]*)\]")
_SUFFIX = re.compile(r"""(?=.*[A-Za-z])[^<>\\'"*]{1,22}""")


def parse(text: str) -> Json:
    """Return `a[b][0]=x` as `{"a": {"b": ["x"]}}`."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, _, rest = name.partition("[")
        path = [first, *_PARTS.findall("[" + rest)] if rest else [first]
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    lists: Json = _with_lists(tree)
    return lists


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() or not name for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=lambda name: int(name or 0))]
    return {name: _with_lists(part) for name, part in value.items()}


def whole_number(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"-?[0-9]+", value))


def text(longest: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest


def one_of(*choices: str) -> Check:
    return lambda value: value in choices


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def metadata(value: Any) -> bool:
    if not isinstance(value, dict) or len(value) > 50:
        return False
    return all(len(name) <= 40 and isinstance(each, str) and len(each) <= 500 for name, each in value.items())


def suffix(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and bool(_SUFFIX.fullmatch(value))


def address(value: Any) -> bool:
    return isinstance(value, str) and bool(re.match(r"https?://[^/]+", value))


def anything(value: Any) -> bool:
    return True


def check(parameters: Json, allowed: Mapping[str, Check], *, needed: tuple[str, ...] = ()) -> None:
    """Raise a `Problem` for what is missing, unknown or wrong."""
    for name in needed:
        if name not in parameters:
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    for name, value in parameters.items():
        if name not in allowed:
            raise invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
        if value == "":
            raise invalid(f"You passed an empty string for '{name}'.", param=name, code="parameter_invalid_empty")
        if not allowed[name](value):
            raise invalid(f"Invalid {name}", param=name)
