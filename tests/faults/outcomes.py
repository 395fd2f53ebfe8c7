"""What happened to the orders, according to the till, to storekit, and to the venue's e-mails."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.shop import Shop
from tests.support.sandbox import SandboxPos

Json = dict[str, Any]


@dataclass
class Outcomes:
    """The orders by outcome, each as a readable line.

    Every order that was taken is in exactly one of the first six lists.
    """

    on_the_till: list[str] = field(default_factory=list)
    """On the till once."""
    failed_and_reported: list[str] = field(default_factory=list)
    """Not on the till; the back office lists it as in trouble, and the venue has an e-mail that says so."""
    refunded: list[str] = field(default_factory=list)
    """Not on the till; its payment was refused, so that the shop gave the money back."""
    twice: list[str] = field(default_factory=list)
    """On the till more than once."""
    unreported: list[str] = field(default_factory=list)
    """Anything else: not on the till, and the venue does not know."""
    lost: list[str] = field(default_factory=list)
    """The shop was told that it was taken, and storekit does not know it."""
    advised_to_check: list[str] = field(default_factory=list)
    """Of those on the till: the venue was advised to check the till before keying them in."""
    wrong_advice: list[str] = field(default_factory=list)
    """Of those on the till: the venue was advised to key them in."""
    causes: Counter[str] = field(default_factory=Counter)
    """The error codes of the failures."""
    refused: Counter[str] = field(default_factory=Counter)
    """The error codes of orders that were not taken."""
    seconds: float = 0.0
    """How long it took, in real time, from the end of the last condition until every order had settled."""

    def __str__(self) -> str:
        return (
            f"{len(self.on_the_till)} on the till once ({len(self.advised_to_check)} with advice to check the till), "
            f"{len(self.failed_and_reported)} failed and reported, {len(self.refunded)} refunded, "
            f"{sum(self.refused.values())} not taken, {len(self.twice)} twice, {len(self.unreported)} unreported, "
            f"{len(self.lost)} lost"
        )


def outcomes_of(orders: list[Json], shop: Shop, pos: SandboxPos, mail_folder: Path) -> Outcomes:
    """Sort every order by its outcome, according to everybody."""
    # By what the guest shows at the counter, which does not depend on the reference.
    on_the_till = Counter(order["body"]["collectionCode"] for order in pos.orders_on_the_till())
    mails = [path.read_text() for path in mail_folder.glob("*")]
    outcomes = Outcomes(refused=shop.refused)
    # A lost answer to the shop and a second order in its place would be on the till under two codes.
    known = Counter(order["id"] for order in orders)
    outcomes.lost = [id for id in shop.accepted if not known[id]]
    outcomes.twice = [f"not known to the shop: {order}" for order in orders if order["id"] not in shop.accepted]
    for order in orders:
        _sort_in(outcomes, order, on_the_till[order["code"]], shop, reported=_is_reported(order, mails))
    return outcomes


def _is_reported(order: Json, mails: list[str]) -> bool:
    """Return whether an e-mail, its own or that of a rush, says that it failed, and the back office lists it."""
    alone, listed = f"order {order['number']} is not on the till", f"ORDER {order['number']}\n"
    named = any(
        (alone in mail or ("orders are not on the till" in mail and listed in mail)) and order["code"] in mail
        for mail in mails
    )
    return order["in_trouble"] and "failed" in order["mails_sent"] and named


def _sort_in(outcomes: Outcomes, order: Json, times: int, shop: Shop, *, reported: bool) -> None:
    line = f"{times} on the till: {order}"
    if times > 1:
        outcomes.twice.append(line)
    elif times and (reported or order["state"] == "confirmed"):
        outcomes.on_the_till.append(line)
    elif order["id"] in shop.refunded and order["error_code"] == "expired":
        outcomes.refunded.append(line)
    elif reported:
        outcomes.failed_and_reported.append(line)
    else:
        outcomes.unreported.append(line)
    if order["state"] == "failed":
        outcomes.causes[order["error_code"]] += 1
        if times:
            (outcomes.advised_to_check if "heck the till" in order["error"] else outcomes.wrong_advice).append(line)
