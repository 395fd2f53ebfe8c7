"""Bills follow the checks of the sandbox POS over real sockets: split, merged, renamed, moved, and not listed."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from storekit.models import Venue
from tables.bills.refreshing import refresh_bills
from tables.bills.unlisted import name_check, want_look
from tables.floor_plan import sync_floor_plan
from tables.models import Bill, CheckList, Table
from tests.integrations.flow import connect
from tests.support.sandbox import SandboxPos

Turn = Callable[[int], dict[str, tuple[str, int | None, Decimal]]]
COLA, FRIES = {"sku": "COLA01", "quantity": 2}, {"sku": "FRIES01", "quantity": 1}


@pytest.fixture
def turn(sandbox: SandboxPos, venue: Venue, annas_browser: Client) -> Turn:
    """Take a number of turns at once; return each bill's state, table and total by the uuid of its check."""
    connect(annas_browser, venue)

    def take(times: int = 1) -> dict[str, tuple[str, int | None, Decimal]]:
        for _ in range(times):
            CheckList.objects.update(next_attempt_at=timezone.now())
            refresh_bills(venue=venue, patience=0)
            assert CheckList.objects.get().error == ""
        return {bill.check_uuid: (bill.status, bill.table_number, bill.total) for bill in Bill.objects.all()}

    return take


def opened(sandbox: SandboxPos, table: int, *items: dict[str, Any]) -> dict[str, Any]:
    return sandbox.control("checks", tableNumber=table, items=list(items))


def test_a_bill_stays_the_same_through_a_split_a_rename_a_move_and_a_merge(sandbox: SandboxPos, turn: Turn) -> None:
    check = opened(sandbox, 4, COLA, FRIES)
    turn(1)
    bill = Bill.objects.get()
    fries = check["salesEntries"][1]["id"]

    other = sandbox.control(f"checks/{check['ikaccountId']}/split", lines=[fries])
    assert turn(1) == {
        check["uuid"]: ("open", 4, Decimal("6.00")),
        other["uuid"]: ("open", 4, Decimal("4.00")),
    }
    # Who claimed a part did so of the check with this uuid, and of the line that stayed on it.
    bill.refresh_from_db()
    assert (bill.check_uuid, [row["name"] for row in bill.lines]) == (check["uuid"], ["Cola"])
    assert bill.account != check["ikaccountId"]

    renamed = sandbox.control(f"checks/{bill.account}/rename")
    moved = sandbox.control(f"checks/{renamed['ikaccountId']}/move", tableNumber=5)
    assert turn(1)[check["uuid"]] == ("open", 5, Decimal("6.00"))

    into = other["ikaccountId"]
    sandbox.control(f"checks/{moved['ikaccountId']}/merge", into=into)
    # The list lacks the emptied check, and then it is asked for by its two newest names.
    assert turn(4) == {
        check["uuid"]: ("closed", 5, Decimal("6.00")),
        other["uuid"]: ("open", 4, Decimal("10.00")),
    }


def test_discounts_and_service_charge_are_in_the_total(sandbox: SandboxPos, turn: Turn) -> None:
    check = opened(sandbox, 4, COLA, FRIES)
    sandbox.control(f"checks/{check['ikaccountId']}/discount", percent=50)
    sandbox.control(f"checks/{check['ikaccountId']}/service-charge", percent=10)

    turn(1)

    bill = Bill.objects.get()
    assert (bill.total, bill.service_charge) == (Decimal("5.50"), Decimal("0.50"))


def test_in_trial_mode_a_check_is_found_by_its_table_or_its_identifier(
    sandbox: SandboxPos, venue: Venue, turn: Turn
) -> None:
    sandbox.set_habits(trial_mode=True)
    try:
        sync_floor_plan(venue=venue, started_by="a test")
        at_four, at_five = opened(sandbox, 4, COLA), opened(sandbox, 5, FRIES)
        turn(1)
        assert not Bill.objects.exists()

        want_look(table=Table.objects.get(number=4))
        name_check(venue=venue, identifier=at_five["ikaccountId"])
        assert turn(2) == {
            at_four["uuid"]: ("open", 4, Decimal("6.00")),
            at_five["uuid"]: ("open", 5, Decimal("4.00")),
        }
    finally:
        sandbox.clear_habits()
