"""What happened to the orders, according to the till, to storekit, and to the venue's e-mails."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.sandbox import SandboxPos

Json = dict[str, Any]


@dataclass
class Outcomes:
    """The orders by outcome, each as a readable line. Every order is in exactly one of the first four lists."""

    on_the_till: list[str] = field(default_factory=list)
    """On the till once."""
    failed_and_reported: list[str] = field(default_factory=list)
    """Not on the till; the back office lists it as in trouble, and the venue has an e-mail that says so."""
    twice: list[str] = field(default_factory=list)
    """On the till more than once."""
    unreported: list[str] = field(default_factory=list)
    """Anything else: not on the till, and the venue does not know."""
    advised_to_check: list[str] = field(default_factory=list)
    """Of those on the till: the venue was advised to check the till before keying them in."""
    wrong_advice: list[str] = field(default_factory=list)
    """Of those on the till: the venue was advised to key them in."""
    causes: Counter[str] = field(default_factory=Counter)
    """The error codes of the failures."""

    def __str__(self) -> str:
        return (
            f"{len(self.on_the_till)} on the till once ({len(self.advised_to_check)} with advice to check the till), "
            f"{len(self.failed_and_reported)} failed and reported, {len(self.twice)} twice, "
            f"{len(self.unreported)} unreported"
        )


def outcomes_of(orders: list[Json], pos: SandboxPos, mail_folder: Path) -> Outcomes:
    """Sort every order by its outcome."""
    # By what the guest shows at the counter, which does not depend on the reference.
    on_the_till = Counter(order["body"]["collectionCode"] for order in pos.orders_on_the_till())
    mails = [path.read_text() for path in mail_folder.glob("*")]
    outcomes = Outcomes()
    for order in orders:
        _sort_in(outcomes, order, on_the_till[order["code"]], reported=_is_reported(order, mails))
    return outcomes


def _is_reported(order: Json, mails: list[str]) -> bool:
    """Return whether an e-mail, its own or that of a rush, says that it failed, and the back office lists it."""
    alone, listed = f"order {order['number']} is not on the till", f"ORDER {order['number']}\n"
    named = any(
        (alone in mail or ("orders are not on the till" in mail and listed in mail)) and order["code"] in mail
        for mail in mails
    )
    return order["in_trouble"] and "failed" in order["mails_sent"] and named


def _sort_in(outcomes: Outcomes, order: Json, times: int, *, reported: bool) -> None:
    line = f"{times} on the till: {order}"
    if times > 1:
        outcomes.twice.append(line)
    elif times and (reported or order["state"] == "confirmed"):
        outcomes.on_the_till.append(line)
    elif reported:
        outcomes.failed_and_reported.append(line)
    else:
        outcomes.unreported.append(line)
    if order["state"] == "failed":
        outcomes.causes[order["error_code"]] += 1
        if times:
            (outcomes.advised_to_check if "heck the till" in order["error"] else outcomes.wrong_advice).append(line)
