"""Why Lightspeed refused an order: a table from its messages to causes, with a sentence for venue staff.

A refusal comes at once, as 400, or later, as a notification about what only the till knows; the messages are alike.
Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """`code` is stable, for tables and programs; `sentence` is for venue staff; `pattern` is found in the message."""

    code: str
    sentence: str
    pattern: re.Pattern[str]


def _cause(code: str, pattern: str, sentence: str) -> Cause:
    return Cause(code, sentence, re.compile(pattern, re.IGNORECASE | re.DOTALL))


_SOLD_OUT = "An item in the order is sold out at the till."

# The first match counts. Messages quote names and codes that the venue chose, which may contain any words, even those
# of another row. So messages that quote an item's name come first, and are recognised by what follows the name.
CAUSES = (
    _cause(
        "restricted",
        r"could not add item .*\((restrict|sold out|out of stock)[^()]*\)\W*$",
        _SOLD_OUT,
    ),
    _cause(
        "item_refused",
        r"could not add item (?!.*\(not found\)\W*$)",
        "The till could not add an item of the order. See Lightspeed's message below for the reason.",
    ),
    _cause(
        "unknown_item",
        r"could not add item |(^|[:;] )(unknown (sku|modifier)|(sku|modifier)\b.*not found)",
        "Sync the menu: an item of the order no longer exists at the till.",
    ),
    _cause(
        "unknown_discount",
        r"(^|[:;] )(unknown discount|discount\b.*not found)|discountcode: ",
        "The order's discount no longer exists at Lightspeed.",
    ),
    _cause(
        "payment_method",
        r"(^|[:;] )(unknown payment method|payment method\b.*not found)|paymentmethod: ",
        "Check the payment method in the Lightspeed settings: Lightspeed does not know it.",
    ),
    _cause(
        "order_profile",
        r"unknown profile|\bprofile\b.*(not found|unknown)|accountprofilecode: ",
        "Check the order profiles in the Lightspeed settings: Lightspeed does not know the one of this order.",
    ),
    _cause(
        "not_picked_up",
        r"validity ended",
        "Check that the till is switched on and online: no till took the order in time.",
    ),
    _cause(
        "customer_conflict",
        r"consumer already exists",
        "Lightspeed has the guest's e-mail address for a different customer.",
    ),
    _cause(
        "overpaid",
        r"more than what is due|exceeds the amount due|overpa(y|id)",
        "Sync the menu, then enter the order by hand: the till's prices are lower than those the guest paid.",
    ),
    _cause(
        "check_gone",
        r"account\w*\W.*(not found|closed|unknown)|(not found|closed|unknown).*account",
        "The check for this order is closed or no longer exists.",
    ),
    _cause(
        "unknown_table",
        r"unknown table|table\w*\W.*not found|tablenumber",
        "Sync the floor plan: Lightspeed does not know the order's table.",
    ),
    _cause(
        "restricted",
        r"restriction|restricted|sold out|out of stock",
        _SOLD_OUT,
    ),
)


def cause_of(message: str) -> Cause | None:
    """Return the cause that Lightspeed's message names; None if the table has no match."""
    return next((cause for cause in CAUSES if cause.pattern.search(message)), None)


def scrubbed(message: str) -> str:
    """Return the message without e-mail addresses, phone numbers, tokens and quoted input, up to 1,000 characters.

    Also removes what PostgreSQL cannot store: null characters and lone surrogates.
    """
    message = message[:10_000].replace("\0", "").encode("utf-8", "replace").decode()
    for pattern, replacement in _PRIVATE:
        message = pattern.sub(replacement, message)
    return message.strip()[:1000]


# Spring quotes what was sent as "rejected value [...]", which may be a guest's name.
_PRIVATE = (
    (re.compile(r"rejected value \[[^\]]{0,500}\][;,]?\s*", re.IGNORECASE), ""),
    (re.compile(r"[\w.+%-]{1,64}@[\w.-]{1,255}"), "…"),
    (re.compile(r"\b(?:bearer|basic)\s+\S+", re.IGNORECASE), "…"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]+)*"), "…"),
    (re.compile(r"\+\d[\d ()-]{5,20}\d"), "…"),
)
