"""The codes of gift cards: 16 digits, which every phone can type and every language can read aloud.

13 of them are random, the first is not one that bank cards begin with, and the last two are check digits by ISO 7064
(MOD 97-10, as in an IBAN), so that a typing mistake is told apart from a card that does not exist.

Only a keyed hash of a code is stored. Its key is derived from `FIELD_ENCRYPTION_KEYS`: the first hashes new codes, all
are tried to find a card, and a card that was found by an earlier key is hashed again by the first.
"""

import hashlib
import hmac
import unicodedata

from django.conf import settings

from storekit.text import folded

LENGTH = 16
_CHECK_DIGITS = 2
_GROUP = 4
_MODULUS = 97
# Bank cards begin with 2 to 6 (ISO/IEC 7812), and spreadsheets drop a leading zero.
_FIRST_DIGITS = 7, 8, 9
_RANDOM = 10 ** (LENGTH - _CHECK_DIGITS - 1)
_HASHED, _ISSUED = b"storekit gift card", b"storekit new gift card"
_SEPARATORS = ("Zs", "Pd", "Cc")
# What people take digits for when they read a code.
_LOOKALIKES = str.maketrans("oil", "011", "._/")


class MistypedCode(ValueError):
    """No gift card can have this code: it has a typing mistake."""


def codes_for(*, venue_id: int, key: str) -> list[str]:
    """Return the code of the card that is issued with this key, by each encryption key; the first is the one to use.

    The same key gives the same code, so that a form that is sent twice issues one card and shows the same code. Without
    the encryption keys a code cannot be told from one that was thrown with dice.
    """
    return [_code_of(_keyed(secret, _ISSUED, f"{venue_id}:{key}".encode())) for secret in _secrets()]


def read_code(typed: str) -> str:
    """Return a code as it is hashed, from what a person typed: with blanks, dashes, or an O in place of a zero.

    Raises:
        MistypedCode: it has other characters, another length, or wrong check digits.
    """
    kept = (each for each in folded(typed).translate(_LOOKALIKES) if unicodedata.category(each) not in _SEPARATORS)
    digits = "".join(str(unicodedata.decimal(each, "?")) for each in kept)
    if len(digits) != LENGTH or not digits.isdecimal() or int(digits) % _MODULUS != 1:
        raise MistypedCode("This code has a typing mistake.")
    return digits


def written(code: str) -> str:
    """Return a code as it is printed: in groups of four digits."""
    return " ".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))


def hashes_of(*, venue_id: int, code: str) -> list[str]:
    """Return the hash of a code, in 64 hexadecimal digits, by each encryption key; the first is the one to store.

    A venue's codes have hashes of their own: the same code elsewhere has another.
    """
    return [_keyed(secret, _HASHED, f"{venue_id}:{code}".encode()).hex() for secret in _secrets()]


def _secrets() -> list[str]:
    return list(settings.FIELD_ENCRYPTION_KEYS)


def _keyed(secret: str, purpose: bytes, text: bytes) -> bytes:
    derived = hmac.digest(secret.encode(), purpose, hashlib.sha256)
    return hmac.digest(derived, text, hashlib.sha256)


def _code_of(random: bytes) -> str:
    first, rest = divmod(int.from_bytes(random) % (len(_FIRST_DIGITS) * _RANDOM), _RANDOM)
    digits = f"{_FIRST_DIGITS[first]}{rest:0{LENGTH - _CHECK_DIGITS - 1}d}"
    check = _MODULUS + 1 - int(digits + "0" * _CHECK_DIGITS) % _MODULUS
    return f"{digits}{check:0{_CHECK_DIGITS}d}"
