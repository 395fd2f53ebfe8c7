"""Reduce a description, which may or may not be HTML, to plain text. Pure.

One rule for every element: blocks stand on lines of their own, cells of a table are kept apart by a blank, and all
other tags are removed. What is written as text stays text: `&lt;milk&gt;` is no tag, and neither is `<milk>`.

Source: the HTML standard's index of elements, and its section on rendering (https://html.spec.whatwg.org/).
"""

import html
import re

import nh3

_BLOCKS = """
    address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset
    figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main
    menu nav ol optgroup option p pre search section summary table tbody tfoot thead tr ul xmp
"""
_CELLS = "td th"
_OTHERS = """
    a abbr acronym applet area audio b base basefont bdi bdo bgsound big blink br button canvas cite code data datalist
    del dfn em embed font i iframe image img input ins isindex kbd keygen label link map mark marquee math meta meter
    nobr noembed noframes noscript object output param picture plaintext progress q rb rp rt rtc ruby s samp script
    select slot small source spacer span strike strong style sub sup svg template textarea time title track tt u var
    video wbr
"""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]{0,40})")
# Parsers ignore a cell outside a table, and the end of what was not begun. So before the cleaner reads them, tags at
# which a block or a cell begins or ends become elements that are empty and allowed everywhere.
_EDGE_OF_BLOCK, _EDGE_OF_CELL = "hr", "area"
_RENAMED = dict.fromkeys(_BLOCKS.split(), _EDGE_OF_BLOCK) | dict.fromkeys(_CELLS.split(), _EDGE_OF_CELL)
_ELEMENTS = frozenset(_RENAMED) | frozenset(_OTHERS.split())
_CLEANER = nh3.Cleaner(tags={_EDGE_OF_BLOCK, _EDGE_OF_CELL, "br"}, attributes={"*": set()})
# The cleaner's tags have no attributes, and it escapes every other angle bracket.
_CLEAN_TAG = re.compile(r"<([a-z]+)>")
_EDGE, _BREAK = "\x1e", "\n"
# Looked for at the start of a run of blanks only: from each of its blanks, a long run would cost its square.
_EDGES = re.compile(rf"(?<!\s)\s*{_EDGE}[\s{_EDGE}]*")
_BLANKS = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def plain_text(markup: str) -> str:
    """Return plain text from text that may contain HTML, with at most one empty line between two others."""
    if not markup:
        return ""
    if "<" in markup or "&" in markup:
        markup = _without_markup(markup)
    elif markup.isprintable() and "  " not in markup:
        # The usual case: one line with single spaces only.
        return markup.strip()
    lines = _BLANKS.sub(" ", markup.replace("\r\n", "\n").replace("\r", "\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(line.strip() for line in lines.split("\n"))).strip()


def _without_markup(markup: str) -> str:
    cleaned = _CLEANER.clean(_TAG.sub(_renamed, markup.replace(_EDGE, " ").replace("\0", "")))
    return html.unescape(_EDGES.sub(_BREAK, _CLEAN_TAG.sub(_in_place_of, cleaned)))


def _renamed(tag: "re.Match[str]") -> str:
    name = tag[2].lower()
    if name in _RENAMED:
        return f"<{_RENAMED[name]}"
    # Elements with such names are other programs' own, as Word's `o:p`.
    if name in _ELEMENTS or ":" in name:
        return tag[0]
    return f"&lt;{tag[1]}{tag[2]}"


def _in_place_of(tag: "re.Match[str]") -> str:
    return {_EDGE_OF_BLOCK: _EDGE, _EDGE_OF_CELL: " "}.get(tag[1], _BREAK)
