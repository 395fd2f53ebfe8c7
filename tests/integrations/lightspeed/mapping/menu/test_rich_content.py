import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.lightspeed.mapping.menu.rich_content import calories_in, plain_text


@pytest.mark.parametrize(
    ("description", "calories"),
    [
        ("Two patties. 450 kcal", 450),
        ("450kcal", 450),
        ("(450 Kcal)", 450),
        ("450-kcal", 450),
        ("450\u202fkcal", 450),
        ("kcal: 1,200", 1200),
        ("kcal = 450", 450),
        ("kcal 450, 12 g", 450),
        ("1 883 kJ / 450 kcal", 450),
        ("1883kJ/450kcal", 450),
        ("1.200 kcal", 1200),
        ("1’200 kcal", 1200),
        ("449,6 kcal", 450),
        ("1,200.5 kcal", 1201),
        ("450 kcal 12 g fat", 450),
        ("Fat 12 kcal: 450", 450),
        ("2 eggs, 450 kcal", 450),
        ("450 Kalorien", 450),
        ("450 calorías", 450),
        ("450 calories", 450),
        ("450 ккал", 450),
        ("٤٥٠ سعرة", 450),
        ("450 大卡", 450),
        ("0 kcal", 0),
        ("No 12", None),
        ("Calzone 4", None),
        ("Local 5", None),
        ("kcal", None),
        ("999999 kcal", None),
        ("", None),
    ],
)
def test_calories_are_read_from_the_words(description: str, calories: int | None) -> None:
    assert calories_in(description) == calories


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain", "Plain"),
        ("Two\nlines", "Two\nlines"),
        ("<p>Juicy<br>beef</p><p>450 kcal</p>", "Juicy\nbeef\n450 kcal"),
        ("a<br/>b<BR />c", "a\nb\nc"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<b>aged</b> cheddar", "aged cheddar"),
        ("Fish &amp; chips&nbsp;&eacute;", "Fish & chips é"),
        ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
        ("I <3 chips", "I <3 chips"),
        ("<script>alert(1)</script>Soup", "Soup"),
        ("<style>p{}</style>Soup", "Soup"),
        ("<img src=x onerror=alert(1)>Soup", "Soup"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Soup", "Soup"),
        ("&lt;b&gt;Soup&lt;/b&gt;", "Soup"),
        ("a\r\n\r\n\r\n\r\nb", "a\n\nb"),
        ("  much \t space  ", "much space"),
    ],
)
def test_descriptions_become_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@given(st.text(alphabet="<>&;/ ablgtscriptimp\"'=!-\n#3x"))
def test_no_tag_survives_however_it_is_wrapped(markup: str) -> None:
    text = plain_text(markup)
    assert "<script" not in text
    assert "<img" not in text
    assert plain_text(text) == text


@pytest.mark.parametrize("unit", ["1", "111 ", "kcal ", "<", "<br ", "calor", "&lt;", "&amp;"])
def test_a_hostile_description_costs_no_more_than_its_length(unit: str) -> None:
    started = time.process_time()
    calories_in(unit * 20_000)
    plain_text(unit * 20_000)
    assert time.process_time() - started < 2
