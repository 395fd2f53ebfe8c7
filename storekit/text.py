"""Text that people type: what they cannot see, and what they do not mean to differ. Pure.

Sources in Unicode: UAX #9 (the controls of direction), DerivedCoreProperties.txt (Default_Ignorable_Code_Point) and
UAX #15 (NFKC).
"""

import re
import unicodedata

# They turn the text around them, on a kitchen ticket as on a screen: marks, embeddings, overrides and isolates. The
# rest are their deprecated kin, and the annotation characters, of which no printer knows what to print.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u206a-\u206f\ufff9-\ufffb]")

# Characters that show nothing although they are no spaces, among them letters (the Hangul fillers) and a symbol (the
# empty Braille cell).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SPACES_AND_CONTROLS = ("Zs", "Zl", "Zp", "Cc")


def without_direction_controls(text: str) -> str:
    """Return the text without the characters that change the direction in which it is shown."""
    return _DIRECTION.sub("", text)


def is_invisible(text: str) -> bool:
    """Return whether people would see nothing of the text: it is empty, or spaces and invisible characters only."""
    visible = _INVISIBLE.sub("", text)
    return all(unicodedata.category(character) in _SPACES_AND_CONTROLS for character in visible)


def folded(text: str) -> str:
    """Return the text without the differences that people do not mean: for finding it, not for showing it.

    Upper and lower case are the same, and so are full-width letters and ligatures and their plain forms, accents typed
    in one character or two, and text with and without invisible characters or spaces around it.
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    # Case folding can undo the normal form.
    return unicodedata.normalize("NFKC", visible.casefold()).strip()
