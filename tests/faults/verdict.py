"""What became of the orders, from what the till has, what storekit has, and what the venue was told by e-mail."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.sandbox import SandboxPos

Json = dict[str, Any]


@dataclass
class Verdict:
    """The orders by what became of them, each a line to read. Every order is in one of the first four lists."""

    on_the_till: list[str] = field(default_factory=list)
    """Once."""
    failed_and_told: list[str] = field(default_factory=list)
    """Not there; it stands among the orders in trouble, and the venue has an e-mail that says so."""
    twice: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    """Anything else."""
    told_to_look: list[str] = field(default_factory=list)
    """Of those on the till, the ones that the venue was told to look for there before keying them in."""
    told_wrongly: list[str] = field(default_factory=list)
    """Of those on the till, the ones that the venue was told to key in."""
    causes: Counter[str] = field(default_factory=Counter)
    """Of the failures."""

    def __str__(self) -> str:
        return (
            f"{len(self.on_the_till)} on the till once ({len(self.told_to_look)} of them told to look for), "
            f"{len(self.failed_and_told)} failed and told, {len(self.twice)} twice, {len(self.silent)} silent"
        )


def verdict_on(orders: list[Json], pos: SandboxPos, mail_folder: Path) -> Verdict:
    """Judges every order."""
    # By what the guest shows at the counter, whatever storekit and the POS agreed on as a reference.
    on_the_till = Counter(order["body"]["collectionCode"] for order in pos.orders_on_the_till())
    mails = [path.read_text() for path in mail_folder.glob("*")]
    verdict = Verdict()
    for order in orders:
        _judge(verdict, order, on_the_till[order["code"]], told=_is_told(order, mails))
    return verdict


def _is_told(order: Json, mails: list[str]) -> bool:
    """By an e-mail, and where the back office shows what is in trouble."""
    named = any(f"order {order['number']} is not on the till" in mail and order["code"] in mail for mail in mails)
    return order["in_trouble"] and "failed" in order["mails_told"] and named


def _judge(verdict: Verdict, order: Json, times: int, *, told: bool) -> None:
    line = f"{times} on the till: {order}"
    if times > 1:
        verdict.twice.append(line)
    elif times and (told or order["state"] == "confirmed"):
        verdict.on_the_till.append(line)
    elif told:
        verdict.failed_and_told.append(line)
    else:
        verdict.silent.append(line)
    if order["state"] == "failed":
        verdict.causes[order["error_code"]] += 1
        if times:
            (verdict.told_to_look if "ook on the till" in order["error"] else verdict.told_wrongly).append(line)
