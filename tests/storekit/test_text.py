"""Text that people type: what nobody sees, what turns other text around, and what is meant to be the same."""

import unicodedata

import pytest

from storekit.text import folded, is_invisible, without_direction_controls


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \t\n",
        "\u00a0\u2003\u3000",
        "\u200b\u200c\u200d\u2060\ufeff",
        "\u00ad\u034f\u180e",
        "\u115f\u1160\u3164\uffa0",
        "\u2800",
        "\ufe0f\U000e0100\U000e0041",
        "\u202e\u2066\u200f",
        "\u2028\u2029\x85",
    ],
)
def test_spaces_and_invisible_characters_are_invisible(text: str) -> None:
    assert is_invisible(text)


@pytest.mark.parametrize(
    "text", ["Ada", "\u200bA", ".", "\u0301", "\U0001f600", "李", "\u0646\u06cc\u0644\u0648\u200c"]
)
def test_what_people_can_see_is_not(text: str) -> None:
    assert not is_invisible(text)


def test_only_what_turns_text_around_is_removed() -> None:
    turned = "A\u202eda\u202c \u2066x\u2069\u200e\u200f\u061c\u206b\ufff9"
    assert without_direction_controls(turned) == "Ada x"
    # Persian and emoji need joiners, and Hebrew is written from right to left by itself.
    needed = "\u0646\u06cc\u0644\u0648\u200c\u0641\u0631 \U0001f468\u200d\U0001f373\ufe0f \u05d0\u05d3\u05d4"
    assert without_direction_controls(needed) == needed


@pytest.mark.parametrize(
    "typed",
    [
        "CAFÉ10",
        "café10",
        unicodedata.normalize("NFD", "Café10"),
        "ＣＡＦÉ１０",
        " cafe\u0301\u200b10\ufeff ",
    ],
)
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert folded(typed) == "café10"


def test_folding_goes_beyond_small_letters_and_stays_the_same_when_repeated() -> None:
    assert folded("STRASSE") == folded("straße") == "strasse"
    assert folded("ﬁnal") == "final"
    assert folded("CAFE10") != folded("CAFÉ10")
    for text in ("ᾼ", "İ", "ΐ", "\u0345\u0301"):
        assert folded(folded(text)) == folded(text)
