#!/usr/bin/env bash
# babel 2.19.0: `format_currency` rounds 15 currencies of ISO 4217 to whole units, and joins letters to digits.
#
# Expected: what is charged is shown, with ISO 4217's decimals, and a blank stands between a currency's letters and the
# digits, as CLDR's currency spacing says.
# Happens: the decimals are CLDR's; `decimal_quantization=False` shows one decimal of two; letters and digits touch. In
# Switzerland groups are separated by U+0027, in Austria by a full stop.
# Seen: AFN 2>0 ALL 2>0 COP 2>0 HUF 2>0 IDR 2>0 IQD 3>0 IRR 2>0 KPW 2>0 LAK 2>0 LBP 2>0 MGA 2>0 MMK 2>0 SOS 2>0 SYP 2>0
# YER 2>0; hu_HU 1234.50 HUF: '1 234 Ft', not quantized '1 234,5 Ft'; en_AE 5 AED: 'AED5.00';
# de_CH: "CHF 12'345.50", de_AT: '€ 12.345,50'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check babel==2.19.0 iso4217==1.16.20260101
"$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

import iso4217
from babel.numbers import format_currency, get_currency_precision


def shown(amount: str, currency: str, locale: str, **options: bool) -> str:
    """Return the amount with plain blanks."""
    return " ".join(format_currency(Decimal(amount), currency, locale=locale, **options).split())


currencies = [each for each in iso4217.Currency if each.exponent]
pairs = sorted((each.code, each.exponent, get_currency_precision(each.code)) for each in currencies)
fewer = [f"{code} {iso}>{cldr}" for code, iso, cldr in pairs if iso > cldr]
print(*fewer)
quantized = shown("1234.50", "HUF", "hu_HU")
exact = shown("1234.50", "HUF", "hu_HU", decimal_quantization=False)
print(f"hu_HU 1234.50 HUF: {quantized!r}; not quantized: {exact!r}")
touching = shown("5", "AED", "en_AE")
print(f"en_AE 5 AED: {touching!r}")
swiss, austrian = shown("12345.5", "CHF", "de_CH"), shown("12345.5", "EUR", "de_AT")
print(f"de_CH: {swiss!r}; de_AT: {austrian!r}")
assert len(fewer) == 15
assert (quantized, exact, touching) == ("1 234 Ft", "1 234,5 Ft", "AED5.00")
assert (swiss, austrian) == ("CHF 12'345.50", "€ 12.345,50")
PYTHON
