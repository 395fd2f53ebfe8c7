"""The codes of gift cards: found however they are typed, and a typing mistake is told apart from a wrong card."""

import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tables.gift_cards import codes
from tables.gift_cards.codes import MistypedCode, read_code, written

NEW_KEY = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0="


def a_code() -> str:
    return codes.codes_for(venue_id=1, key=uuid.uuid4().hex)[0]


def test_a_code_has_sixteen_digits_and_begins_like_no_bank_card() -> None:
    made = {a_code() for _ in range(200)}

    assert len(made) == 200
    assert {len(code) for code in made} == {16}
    assert {code[0] for code in made} == {"7", "8", "9"}
    assert all(read_code(code) == code for code in made)


def test_the_same_key_gives_the_same_code_at_one_venue_only() -> None:
    assert codes.codes_for(venue_id=1, key="form") == codes.codes_for(venue_id=1, key="form")
    assert codes.codes_for(venue_id=1, key="form") != codes.codes_for(venue_id=2, key="form")


@pytest.mark.parametrize(
    "typed",
    ["{}", " {} ", "{}\n", "{:s}\u200b"],
    ids=["plain", "blanks around", "new line", "invisible"],
)
@pytest.mark.parametrize("between", ["", " ", "-", "\u2013", "\u00a0", ".", "/", "\t"])
def test_a_code_is_read_however_it_is_typed(typed: str, between: str) -> None:
    code = a_code()

    assert read_code(typed.format(between.join(written(code).split(" ")))) == code


def test_letters_and_digits_of_other_scripts_are_read_as_the_digits_that_they_look_like() -> None:
    code = a_code()

    for letters in ("Oil", "oIL"):
        assert read_code(code.translate(str.maketrans("01", letters[:2]))) == code
    for nought in ("FULLWIDTH DIGIT ZERO", "ARABIC-INDIC DIGIT ZERO"):
        first = ord(unicodedata.lookup(nought))
        assert read_code("".join(chr(first + int(digit)) for digit in code)) == code


@given(place=st.integers(0, 15), other=st.integers(1, 9))
def test_every_wrong_digit_is_a_typing_mistake(place: int, other: int) -> None:
    code = codes.codes_for(venue_id=1, key=f"{place}{other}")[0]
    wrong = code[:place] + str((int(code[place]) + other) % 10) + code[place + 1 :]

    with pytest.raises(MistypedCode):
        read_code(wrong)


@given(place=st.integers(0, 14), key=st.integers(0, 1000))
def test_two_digits_in_the_wrong_order_are_a_typing_mistake(place: int, key: int) -> None:
    code = codes.codes_for(venue_id=1, key=str(key))[0]
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    if swapped != code:
        with pytest.raises(MistypedCode):
            read_code(swapped)


@pytest.mark.parametrize("typed", ["", "7", "7" * 17, "seven", "½" * 16, "²" * 16, "x" * 60, "-" * 16])
def test_what_cannot_be_a_code_is_a_typing_mistake(typed: str) -> None:
    with pytest.raises(MistypedCode):
        read_code(typed)


def test_the_hash_depends_on_the_venue_and_the_key_and_not_on_the_code_alone(settings: Settings) -> None:
    old = settings.FIELD_ENCRYPTION_KEYS
    (one,), (other,) = codes.hashes_of(venue_id=1, code="7"), codes.hashes_of(venue_id=2, code="7")

    settings.FIELD_ENCRYPTION_KEYS = [NEW_KEY, *old]

    assert one != other
    assert codes.hashes_of(venue_id=1, code="7")[1:] == [one]
    assert codes.hashes_of(venue_id=1, code="7")[0] not in (one, other)
