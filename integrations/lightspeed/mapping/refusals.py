"""Why Lightspeed does not take an order: its own words as a table of causes, with a sentence for venue staff.

A refusal comes at once, as 400, or later, as a notification of what only the till knows; the words are alike.
Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """`code` is stable, for tables and programs; `sentence` is for venue staff; `words` is found in Lightspeed's."""

    code: str
    sentence: str
    words: re.Pattern[str]


def _cause(code: str, words: str, sentence: str) -> Cause:
    return Cause(code, sentence, re.compile(words, re.IGNORECASE | re.DOTALL))


_SOLD_OUT = "Something in the order is sold out at the till."

# The first that fits counts. Names and codes are the venue's own and may hold any words, those of another row
# included: what quotes an item's name comes first, and is told by what stands behind the name.
CAUSES = (
    _cause(
        "restricted",
        r"could not add item .*\((restrict|sold out|out of stock)[^()]*\)\W*$",
        _SOLD_OUT,
    ),
    _cause(
        "item_refused",
        r"could not add item (?!.*\(not found\)\W*$)",
        "The till could not add something in the order. Lightspeed's words below say what and why.",
    ),
    _cause(
        "unknown_item",
        r"could not add item |(^|[:;] )(unknown (sku|modifier)|(sku|modifier)\b.*not found)",
        "The till does not know something in the order (any more). Sync the menu.",
    ),
    _cause(
        "unknown_discount",
        r"(^|[:;] )(unknown discount|discount\b.*not found)|discountcode: ",
        "Lightspeed does not know the discount of the order (any more).",
    ),
    _cause(
        "payment_method",
        r"(^|[:;] )(unknown payment method|payment method\b.*not found)|paymentmethod: ",
        "Lightspeed does not know the payment method of online orders. Check it in the Lightspeed settings.",
    ),
    _cause(
        "order_profile",
        r"unknown profile|\bprofile\b.*(not found|unknown)|accountprofilecode: ",
        "Lightspeed does not know the order profile. Check the order profiles in the Lightspeed settings.",
    ),
    _cause(
        "not_picked_up",
        r"validity ended",
        "No till was awake to take the order in time. Check that the till is on and has a connection.",
    ),
    _cause(
        "customer_conflict",
        r"consumer already exists",
        "Lightspeed knows the guest's e-mail address as somebody else's customer.",
    ),
    _cause(
        "overpaid",
        r"more than what is due|exceeds the amount due|overpa(y|id)",
        "The till's prices are lower than those that the guest paid. Sync the menu, then key the order in by hand.",
    ),
    _cause(
        "check_gone",
        r"account\w*\W.*(not found|closed|unknown)|(not found|closed|unknown).*account",
        "The check that the order was to be added to is closed or gone.",
    ),
    _cause(
        "unknown_table",
        r"unknown table|table\w*\W.*not found|tablenumber",
        "Lightspeed does not know the table of the order. Sync the floor plan.",
    ),
    _cause(
        "restricted",
        r"restriction|restricted|sold out|out of stock",
        _SOLD_OUT,
    ),
)


def cause_of(words: str) -> Cause | None:
    """What Lightspeed's words mean; None when nobody has told us yet."""
    return next((cause for cause in CAUSES if cause.words.search(words)), None)


def scrubbed(words: str) -> str:
    """The POS's words without e-mail addresses, phone numbers, tokens and quoted input; at most 1,000 characters.

    Nor with what PostgreSQL cannot store: null characters and halves of surrogate pairs.
    """
    words = words[:10_000].replace("\0", "").encode("utf-8", "replace").decode()
    for pattern, replacement in _PRIVATE:
        words = pattern.sub(replacement, words)
    return words.strip()[:1000]


# Spring quotes what was sent as "rejected value [...]", which may be a guest's name.
_PRIVATE = (
    (re.compile(r"rejected value \[[^\]]{0,500}\][;,]?\s*", re.IGNORECASE), ""),
    (re.compile(r"[\w.+%-]{1,64}@[\w.-]{1,255}"), "…"),
    (re.compile(r"\b(?:bearer|basic)\s+\S+", re.IGNORECASE), "…"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]+)*"), "…"),
    (re.compile(r"\+\d[\d ()-]{5,20}\d"), "…"),
)
