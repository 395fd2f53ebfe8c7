"""Parsing a loaded menu: as `json.loads` does, with a digest of each entry's own text."""

import copy
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.lightspeed.adapter import LightspeedMenu
from integrations.lightspeed.mapping.menu.parser import parse_menu
from integrations.lightspeed.mapping.menu.snapshot import SubScreens
from integrations.pos import BadAnswer
from tests.integrations.lightspeed.menus import item, menu, screen

MENU = menu(screen("Food", item("A", price=1.10), screen("Inner", item("B"), item("B"))), screen("Empty"))

_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_values = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["menuEntryGroups", "menuEntry", "@type", "sku", "é"]), inner, max_size=4)
    ),
    max_leaves=20,
)


def loaded(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


@given(value=_values, indent=st.sampled_from([None, 2]), coding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_json_is_parsed_as_the_standard_library_does(value: Any, indent: int | None, coding: str) -> None:
    content = json.dumps(value, indent=indent, ensure_ascii=False).encode(coding, "surrogatepass")
    assert parse_menu(content).menu == loaded(content)


@given(at=st.integers(0, 1000), sign=st.sampled_from(["", "{", "}", "[", "]", ",", ":", '"', "x", " ", "NaN"]))
def test_what_is_no_json_for_the_standard_library_is_none_here(at: int, sign: str) -> None:
    text = json.dumps(MENU)
    at %= len(text)
    damaged = (text[:at] + sign + text[at + 1 :]).encode()
    expected = None
    with suppress(ValueError):
        expected = json.loads(damaged, parse_float=Decimal, parse_constant=Decimal)
    if expected is None or "NaN" in sign:
        with suppress(ValueError):
            assert parse_menu(damaged).menu == expected
            assert expected is not None
    else:
        assert parse_menu(damaged).menu == expected


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[1,", b'{"a" 1}', b"{1: 2}", b"{} x", b'{"menuEntry": [NaN]}', b"\xff"),
        *(b'{"a": 1e99999999999999999999}', b'{"menuEntry": [{"sku": 1E-99999999999999999999}]}', b"9" * 5000),
    ],
)
def test_nonsense_is_a_bad_answer(content: bytes) -> None:
    with pytest.raises(BadAnswer):
        LightspeedMenu(content, "", SubScreens.NESTED, "GBP").read()


def test_screens_without_end_are_a_bad_answer() -> None:
    deep = b'{"menuEntryGroups":[' + b'{"@type":"group","menuEntry":[' * 100_000
    with pytest.raises(BadAnswer):
        LightspeedMenu(deep, "", SubScreens.NESTED, "GBP").read()


def test_equal_entries_have_equal_digests_and_screens_have_none() -> None:
    parsed = parse_menu(json.dumps(MENU).encode())
    food = parsed.menu["menuEntryGroups"][0]
    first, inner = food["menuEntry"]
    digests = [parsed.digests[id(entry)] for entry in (first, *inner["menuEntry"])]

    assert digests[0] != digests[1] == digests[2]
    assert len(parsed.digests) == 3
    changed = copy.deepcopy(MENU)
    changed["menuEntryGroups"][0]["menuEntry"][0]["productPrice"] = 1.11
    again = parse_menu(json.dumps(changed).encode())
    assert again.digests[id(again.menu["menuEntryGroups"][0]["menuEntry"][0])] != digests[0]
