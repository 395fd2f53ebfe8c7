"""Read a guest's telephone number. It is optional and somebody may still call it: what cannot be read is passed on."""

from dataclasses import dataclass

import phonenumbers


@dataclass(frozen=True)
class Phone:
    """A number for the POS, in E.164, and the guest's own text if that says more; either may be empty."""

    e164: str = ""
    as_typed: str = ""


def read_phone(text: str, *, country: str) -> Phone:
    """Return the number that the guest typed; without a country code it belongs to `country` (two letters of ISO 3166).

    The number only has to be possible: the library does not know every number range in use. E.164 has no place for an
    extension, nor for a number without its area code.
    """
    if not text:
        return Phone()
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return Phone(as_typed=text)
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return Phone(as_typed=text)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # The library passes over words before the number, and reads letters on keys as digits.
    says_more = number.extension or any(letter.isalpha() for letter in text)
    return Phone(e164=e164, as_typed=text if says_more else "")
