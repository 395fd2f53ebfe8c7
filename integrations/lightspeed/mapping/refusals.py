"""Why Lightspeed refused an order: a table from its messages to causes, with a sentence for venue staff.

A refusal comes at once, as 400, or later, as a notification about what only the till knows; the messages are alike.
Sources: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/), and integrators' logs.
"""

import re
from dataclasses import dataclass

from integrations.pos import RefusalCause


@dataclass(frozen=True)
class Cause:
    """`code` is stable, for tables and programs; `sentence` is for venue staff; `pattern` is found in the message.

    If the message quotes an item, the pattern's group `item` has it.
    """

    code: RefusalCause
    sentence: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Refusal:
    """A message whose cause is known. `item` is the item that it quotes: a name, a SKU or an id of Lightspeed's own."""

    code: RefusalCause
    sentence: str
    item: str = ""


def _cause(code: RefusalCause, pattern: str, sentence: str) -> Cause:
    return Cause(code, sentence, re.compile(pattern, re.IGNORECASE | re.DOTALL))


_SOLD_OUT = "An item in the order is sold out at the till."

# The first match counts. Messages quote names and codes that the venue chose, which may contain any words, even those
# of another row. So messages that quote an item's name come first, and are recognised by what follows the name.
CAUSES = (
    _cause(
        RefusalCause.RESTRICTED,
        # A name, not a SKU, of an item or of a topping below it.
        r"could not add item (?P<item>.*\S)\s*\((check sales restriction|restrict|sold out|out of stock)[^()]*\)\W*$",
        _SOLD_OUT,
    ),
    _cause(
        RefusalCause.ITEM_REFUSED,
        r"could not add item (?!.*\(not found\)\W*$)",
        "The till could not add an item in the order. See Lightspeed's message below for the reason.",
    ),
    _cause(
        RefusalCause.UNKNOWN_ITEM,
        r"could not add item (?P<item>.*\S)\s*\(not found\)",
        "Sync the menu: an item of the order no longer exists at the till.",
    ),
    _cause(
        RefusalCause.STALE_MENU,
        r"no such item id: [^,]*, sku: (?P<item>.+?)(, blid: .*)?$",
        "Reload the iPads: open the Lightspeed app's settings on each and update its configuration. One of them has an "
        "old menu, or the item no longer exists.",
    ),
    _cause(
        RefusalCause.UNKNOWN_ITEM,
        r"(^|[:;] )(unknown sku (?P<item>\S+)|unknown (sku|modifier)|(sku|modifier)\b.*not found)",
        "Sync the menu: an item of the order no longer exists at the till.",
    ),
    _cause(
        RefusalCause.UNKNOWN_DISCOUNT,
        r"(^|[:;] )(unknown discount|discount\b.*not found)|discountcode: ",
        "The order's discount no longer exists in Lightspeed.",
    ),
    _cause(
        RefusalCause.PAYMENT_METHOD,
        r"(^|[:;] )(unknown payment method|payment method\b.*not found)|paymentmethod: ",
        "Check the payment method in the Lightspeed settings: Lightspeed does not know it.",
    ),
    _cause(
        RefusalCause.ORDER_PROFILE,
        r"unknown profile|\bprofile\b.*(not found|unknown)|accountprofilecode: ",
        "Check the order profiles in the Lightspeed settings: Lightspeed does not know this order's profile.",
    ),
    _cause(
        RefusalCause.NOT_ACCEPTING,
        r"doesn['’]?t accept online orders",
        "Switch online orders on: on the iPad, open the Control center of the Lightspeed app.",
    ),
    _cause(
        RefusalCause.NO_DEVICES,
        r"no devices available",
        "Wake an iPad and open the Lightspeed app on it: no till was awake to take the order.",
    ),
    _cause(
        RefusalCause.NOT_PICKED_UP,
        r"validity ended",
        "Check that an iPad is awake, online and has the Lightspeed app open: no till took the order in time.",
    ),
    _cause(
        RefusalCause.CUSTOMER_CONFLICT,
        r"consumer already exists",
        "Lightspeed has the guest's e-mail address for a different customer.",
    ),
    _cause(
        RefusalCause.OVERPAID,
        r"greater than the amount due|more than what is due|exceeds the amount due|overpa(y|id)",
        "Sync the menu, then enter the order by hand: the till's prices are lower than those the guest paid.",
    ),
    _cause(
        RefusalCause.CHECK_GONE,
        r"account\w*\W.*(not found|closed|unknown)|(not found|closed|unknown).*account",
        "The check for this order is closed or no longer exists.",
    ),
    _cause(
        RefusalCause.UNKNOWN_TABLE,
        r"unknown table|table\w*\W.*not found|tablenumber",
        "Sync the floor plan: Lightspeed does not know the order's table.",
    ),
    _cause(
        RefusalCause.RESTRICTED,
        r"restriction|restricted|sold out|out of stock",
        _SOLD_OUT,
    ),
)


def refusal_of(message: str) -> Refusal | None:
    """Return the cause that Lightspeed's message names, and the item that it quotes; None if the table has no match."""
    for cause in CAUSES:
        if match := cause.pattern.search(message):
            return Refusal(cause.code, cause.sentence, (match.groupdict().get("item") or "").strip())
    return None


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
