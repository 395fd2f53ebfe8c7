"""Descriptions as plain text: no tag is left, no word is lost, and none are glued together."""

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.lightspeed.mapping.menu.plain_text import plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain", "Plain"),
        ("Two\nlines", "Two\nlines"),
        ("<p>Juicy<br>beef</p><p>450 kcal</p>", "Juicy\nbeef\n450 kcal"),
        ("a<br/>b<BR />c", "a\nb\nc"),
        ("a<br><br>b", "a\n\nb"),
        ("<b>aged</b> cheddar", "aged cheddar"),
        ("ca<span>f&eacute;</span>", "café"),
        ("butter<wbr>milk", "buttermilk"),
        ("Fish &amp; chips&nbsp;&eacute;", "Fish & chips é"),
        ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
        ("I <3 chips", "I <3 chips"),
        ("<script>alert(1)</script>Soup", "Soup"),
        ("<style>p{}</style>Soup", "Soup"),
        ("<img src=x onerror=alert(1)>Soup", "Soup"),
        ("So<!-- a note -->up", "Soup"),
        ("<o:p>Soup</o:p>", "Soup"),
        ("a\r\n\r\n\r\n\r\nb", "a\n\nb"),
        ("  much \t space  ", "much space"),
    ],
)
def test_descriptions_become_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<ul><li>x<li>y</ul>", "x\ny"),
        ("<p>x<p>y", "x\ny"),
        ("<td>Small</td><td>4.00</td>", "Small 4.00"),
        ("<td>Small<td>4.00", "Small 4.00"),
        ("<tr><td>Small</td><td>4.00</td></tr><tr><th>Large<td>5.00</tr>", "Small 4.00\nLarge 5.00"),
        (
            "<table><caption>Sizes</caption><thead><tr><th>Name<th>Price<tbody><tr><td>Small<td>4.00</table>Enjoy",
            "Sizes\nName Price\nSmall 4.00\nEnjoy",
        ),
        ("<dl><dt>Milk</dt><dd>whole</dd></dl>", "Milk\nwhole"),
        ("<dl><dt>Milk<dd>whole<dt>Eggs<dd>two</dl>", "Milk\nwhole\nEggs\ntwo"),
        ("Soup<hr>Bread", "Soup\nBread"),
        ("Soup<HR/>Bread", "Soup\nBread"),
        ("<h4>Soup</h4>of the day", "Soup\nof the day"),
        ("<div>Soup<div>of the day</div></div>", "Soup\nof the day"),
        ("<section>Soup</section><section>Bread</section>", "Soup\nBread"),
        ("<blockquote>Soup</blockquote>Bread", "Soup\nBread"),
        ("<pre>Soup</pre>Bread", "Soup\nBread"),
        ("<figure>Soup<figcaption>hot</figcaption></figure>", "Soup\nhot"),
        ("<td class='a>b'>Small</td><td title=\"4 > 3\">4.00</td>", "Small 4.00"),
    ],
)
def test_words_of_different_blocks_and_cells_are_kept_apart(markup: str, text: str) -> None:
    assert plain_text(markup) == text


BLOCKS = (
    "address article aside center dd div dl dt fieldset footer form header hgroup hr li main menu nav ol p pre section "
    "summary table tbody td th tr ul"
)


@pytest.mark.parametrize("element", BLOCKS.split())
def test_every_block_is_kept_apart_with_and_without_an_end_tag(element: str) -> None:
    assert plain_text(f"Soup<{element}>Bread").split() == ["Soup", "Bread"]
    assert plain_text(f"Soup<{element.upper()} class=x>Bread</{element}>Butter").split() == ["Soup", "Bread", "Butter"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Contains &lt;milk&gt; &amp; eggs", "Contains <milk> & eggs"),
        ("Contains <milk> & eggs", "Contains <milk> & eggs"),
        ("<p>Contains <Milk, nuts> </p>and</Sesame>", "Contains <Milk, nuts>\nand</Sesame>"),
        ("<p>Contains <soya-lecithin></p>", "Contains <soya-lecithin>"),
        ("&lt;b&gt;Soup&lt;/b&gt;", "<b>Soup</b>"),
        ("&#60;milk&#x3e;", "<milk>"),
        ("&amp;lt;milk&amp;gt;", "&lt;milk&gt;"),
        ("<p>1 &lt; 2</p>", "1 < 2"),
    ],
)
def test_what_is_written_as_text_stays_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


_LETTERS = "<>&;/ ablgtscriptimp\"'=!-\n#3x"


@given(st.text(alphabet=_LETTERS))
def test_any_text_survives_being_escaped(text: str) -> None:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    assert plain_text(html.escape(text)) == re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip()


@given(st.text(alphabet=_LETTERS.replace("&", "")))
def test_no_tag_survives_that_was_not_escaped(markup: str) -> None:
    text = plain_text(markup)
    # `<i;>` is no tag: its name would be `i;`.
    assert not re.search(r"<(script|img|p|b|li|a|s|i)([\s/][^<]*)?>", text)


@pytest.mark.parametrize("unit", ["1", "<", "<br ", "<td", "</x", "<p>", "<td>", "<b>", "&lt;", "&amp;", "<!--"])
def test_a_hostile_description_costs_no_more_than_its_length(unit: str) -> None:
    """Eight times the length may cost eight times as much; with the square of the length it would be sixty-four."""
    assert _cost(unit * 8_000) < 24 * _cost(unit * 1_000)


def _cost(markup: str) -> float:
    def once() -> float:
        started = time.process_time()
        plain_text(markup)
        return time.process_time() - started

    # The least of three, as whatever else the process does only adds to it.
    return min(once() for _ in range(3))
