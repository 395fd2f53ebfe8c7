"""Run an evening at the tables: guests pay while staff work on their checks and conditions change; then all settles."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import requests

from tests.faults.conditions import Condition
from tests.faults.inspector import Inspector, open_inspector
from tests.faults.payment_outcomes import PaymentOutcomes, payment_outcomes
from tests.faults.scenario import apply
from tests.faults.system import System
from tests.faults.table_guests import TableGuests
from tests.support.fast_clock import FastClock
from tests.support.stack import Stack

Json = dict[str, Any]
_ITEMS = ("WINERED", "WINEWHITE", "HOTCHOC")
_TURN_SECONDS = 0.2


@dataclass(frozen=True)
class Evening:
    """How much happens. Seconds are real; every `timedelta` is measured by the fast clock."""

    payments: int
    at_once: int
    """How many guests pay at the same time."""
    tables: int
    conditions: Sequence[Condition]
    condition_seconds: float
    settled_within: timedelta
    workers: int = 2
    seed: int = 1


PAYMENT_CONDITIONS: Sequence[Condition] = (
    Condition("payments are refused as paid twice over", {"refuse_payments": "OVERPAID"}),
    Condition("payments are refused: the check is gone", {"refuse_payments": "ACCOUNT_NOT_FOUND"}),
    Condition("payments are refused: the check is closed", {"refuse_payments": "ACCOUNT_ALREADY_CLOSED"}),
    Condition("failed payments say everything", pos_habits={"bare_payment_failures": False}),
    Condition("failed payments say nothing", {"refuse_payments": "UNKNOWN"}, {"bare_payment_failures": True}),
)


def run_evening(up: Stack, clock: FastClock, evening: Evening) -> PaymentOutcomes:
    """Let guests pay under every condition, wait until all has settled, and return what became of each payment."""
    usual = {"order_delay": 0.05, "validity": 1 / clock.speed}
    system = System(up, workers=evening.workers, usual=usual, seed=evening.seed)
    try:
        with open_inspector(system.environment) as inspector:
            system.calm()
            tables = system.pos.control("tables", count=evening.tables)["numbers"]
            tokens = inspector.open_tables()
            staff = _Staff(system, tables, seed=evening.seed)
            staff.lay_the_tables()
            guests = TableGuests(up.url, [tokens[str(number)] for number in tables], seed=evening.seed)
            _pay_under_all_conditions(system, staff, guests, evening)
            system.calm()
            began = time.monotonic()
            rows, charges = _wait_until_settled(system, inspector, clock, evening)
            found = payment_outcomes(rows, charges, guests, system.pos)
            found.seconds = time.monotonic() - began
            return found
    finally:
        system.close()


# --- While guests pay ------------------------------------------------------------------------------------------------


def _pay_under_all_conditions(system: System, staff: "_Staff", guests: TableGuests, evening: Evening) -> None:
    """Return when every guest has paid and every condition was applied at least once."""
    done = threading.Event()
    with ThreadPoolExecutor(max_workers=evening.at_once + 1) as pool:
        serving = pool.submit(staff.serve, done)
        paying = [pool.submit(guests.pay) for _ in range(evening.payments)]
        try:
            for condition in system.dice.sample(evening.conditions, len(evening.conditions)):
                apply(system, condition, evening.condition_seconds)
            while not all(each.done() for each in paying):
                apply(system, system.dice.choice(evening.conditions), evening.condition_seconds)
        finally:
            done.set()
        for each in (serving, *paying):
            each.result()


class _Staff:
    """Staff at the till: a check on every table, to which this and that happens."""

    def __init__(self, system: System, tables: Sequence[int], *, seed: int) -> None:
        self._system = system
        self._tables = tables
        self._dice = random.Random(seed)

    def serve(self, done: threading.Event) -> None:
        """Work until somebody says that it is done."""
        while not done.is_set():
            with suppress(requests.RequestException):
                # The till refuses what cannot be done, such as cash for a check that is paid.
                self._turn()
            time.sleep(_TURN_SECONDS)

    def lay_the_tables(self) -> None:
        """Open a check on each table that has none."""
        taken = {check["tableNumber"] for check in self._checks()}
        for number in self._tables:
            if number not in taken:
                self._system.pos.control("checks", tableNumber=number, items=self._dinner())

    def _turn(self) -> None:
        self.lay_the_tables()
        check = self._dice.choice([check for check in self._checks() if check["salesEntries"]])
        often, seldom = (self._add, self._void, self._rename), (self._move, self._take_cash, self._split, self._close)
        act = self._dice.choice((*often, *seldom))
        act(check)

    def _checks(self) -> list[Json]:
        found: list[Json] = self._system.pos.state()["checks"]
        return [check for check in found if check["tableNumber"] in self._tables]

    def _dinner(self) -> list[Json]:
        return [{"sku": self._dice.choice(_ITEMS), "quantity": self._dice.randint(1, 3)} for _ in range(3)]

    def _on(self, check: Json, action: str, **body: Any) -> None:
        self._system.pos.control(f"checks/{check['ikaccountId']}/{action}", **body)

    def _add(self, check: Json) -> None:
        self._on(check, "lines", sku=self._dice.choice(_ITEMS), quantity=1)

    def _void(self, check: Json) -> None:
        self._on(check, f"lines/{self._dice.choice(check['salesEntries'])['id']}/void")

    def _rename(self, check: Json) -> None:
        self._on(check, "rename")

    def _move(self, check: Json) -> None:
        self._on(check, "move", tableNumber=self._dice.choice(self._tables))

    def _take_cash(self, check: Json) -> None:
        due = Decimal(str(check["currentAmount"])) - Decimal(str(check["paidAmount"]))
        self._on(check, "payments", method="CASH", amount=str(min(due, Decimal(2))))

    def _split(self, check: Json) -> None:
        self._on(check, "split", lines=[check["salesEntries"][0]["id"]])

    def _close(self, check: Json) -> None:
        # Only what is paid: staff do not close what is owed.
        if check["paidAmount"] and Decimal(str(check["paidAmount"])) >= Decimal(str(check["currentAmount"])):
            self._on(check, "close")


# --- Afterwards ------------------------------------------------------------------------------------------------------


def _wait_until_settled(
    system: System, inspector: Inspector, clock: FastClock, evening: Evening
) -> tuple[list[Json], list[Json]]:
    """Return storekit's payments and the provider's charges when all have ended, or the time is up."""
    until = clock.now() + evening.settled_within
    while True:
        system.supervise()
        found = inspector.payments()
        if all(row["ended"] for row in found["payments"]) or clock.now() > until:
            return found["payments"], found["charges"]
        time.sleep(0.3)
