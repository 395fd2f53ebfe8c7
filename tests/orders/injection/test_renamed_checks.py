"""An order follows its check when the till gives it a new identifier; its former self completes nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine

from integrations.lightspeed.mapping.notifications import parse
from integrations.models import Connection
from orders.injection.check_identity import reference_on_check
from orders.injection.pos_events import apply_order_update
from orders.injection.references import start_new_revision
from orders.injection.send import inject
from orders.models import Injection, Order
from storekit.models import Venue
from tests import factories
from tests.orders.sending import TO_GO

State, Status = Injection.State, Order.Status


@pytest.fixture
def order(venue: Venue) -> Order:
    made: Order = factories.OrderFactory(venue=venue)
    Injection.objects.update(state=State.ACCEPTED, next_attempt_at=None, attempts=1)
    return made


@pytest.fixture
def on_this_evening(clock: time_machine.Traveller, connection: Connection) -> None:
    """Let orders be due now at a connected venue."""


def till_says(order: Order, status: str, account: str, *, ours: bool = True, **check: Any) -> str:
    """Let a notification come with the check as the POS sends it, with our reference or without."""
    snapshot = {"ikaccountId": account, "uuid": "c0ffee", "currentAmount": "20.00", "paidAmount": "20.00"} | check
    body = {"type": "ORDER", "status": status, "ikentooAccountIdentifier": account, "account": snapshot}
    fact = parse(body | ({"thirdPartyReference": f"{order.pk.hex}-1"} if ours else {}), currency="GBP").fact
    return apply_order_update(order.venue, fact)  # type: ignore[arg-type]


def now_is(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    return order.status, Injection.objects.get(order=order).account


@pytest.mark.parametrize("ours", [True, False])
def test_a_renamed_check_is_followed_until_it_is_paid(order: Order, ours: bool) -> None:
    """Integrators' logs: A22096.21 → .22, closed at once with negative amounts and no payment method → .23, open."""
    till_says(order, "SUCCESS", "A22096.21", paidAmount=0)
    till_says(order, "CLOSED", "A22096.22", ours=ours, currentAmount="-20.00", paidAmount=0, paymentEntries=[])
    assert now_is(order) == (Status.CONFIRMED, "A22096.21")

    till_says(order, "CHECK_WAS_UPDATED", "A22096.23", ours=ours, paidAmount=0)
    assert now_is(order) == (Status.CONFIRMED, "A22096.23")

    till_says(order, "CLOSED", "A22096.23", ours=ours)
    assert now_is(order) == (Status.COMPLETED, "A22096.23")


def test_a_former_identifier_still_finds_the_order(order: Order) -> None:
    till_says(order, "SUCCESS", "A1.1")
    till_says(order, "CHECK_WAS_UPDATED", "A1.3", ours=False)
    till_says(order, "READY_FOR_PICKUP", "A1.1", ours=False, uuid=None)
    assert now_is(order) == (Status.READY, "A1.3")


def test_the_reversal_alone_proves_that_the_order_is_on_the_till(order: Order) -> None:
    till_says(order, "CLOSED", "A1.2", currentAmount=-20, paidAmount=0)
    assert now_is(order) == (Status.CONFIRMED, "")
    assert Injection.objects.get().state == State.CONFIRMED


@pytest.mark.parametrize("unsettled", [{"paidAmount": 0}, {"currentAmount": 0, "paidAmount": 0, "salesEntries": []}])
def test_a_close_that_is_not_covered_completes_nothing(order: Order, unsettled: dict[str, Any]) -> None:
    till_says(order, "SUCCESS", "A1.1")
    till_says(order, "CLOSED", "A1.1", **unsettled)
    assert now_is(order)[0] == Status.CONFIRMED


def test_the_close_that_settles_is_not_taken_for_the_one_that_did_not(order: Order) -> None:
    def closed(**check: Any) -> str:
        body = {"status": "CLOSED", "thirdPartyReference": "r-1", "account": {"ikaccountId": "A1.1"} | check}
        return parse(body, currency="GBP").fingerprint

    unpaid = {"currentAmount": 20, "paidAmount": 0}
    assert closed(**unpaid) == closed(**unpaid)
    assert closed(**unpaid) != closed(currentAmount=20, paidAmount=20)


def test_another_revision_knows_nothing_of_the_former_check(order: Order) -> None:
    till_says(order, "CHECK_WAS_UPDATED", "A1.1")
    injection = Injection.objects.get()
    start_new_revision(injection=injection)
    assert not injection.check_identifiers.exists()


def test_a_check_of_staff_is_nobodys_order(order: Order) -> None:
    assert till_says(order, "CLOSED", "A9.9", ours=False, uuid="another") == "not an order of ours"


# --- Adding to a check -----------------------------------------------------------------------------------------------


def dessert(first: Order, account: str, pos: responses.RequestsMock) -> tuple[Injection, str]:
    """Send another order, to be added to this check; return its injection and the check that the POS was told."""
    unpaid = {"payment_status": "unpaid", "payment_amount": 0}
    added = factories.OrderFactory(venue=first.venue, type="dine_in", open_account=account, **unpaid)
    injection = Injection.objects.get(order=added)
    pos.post(TO_GO.replace("toGo", "local"), json={"status": "ok"})
    assert inject(injection_id=injection.pk) == "accepted"
    told: str = json.loads(pos.calls[-1].request.body or b"")["accountIdentifier"]
    return injection, told


@pytest.mark.parametrize("account", ["A1.1", "A1.2", "A1.3"])
def test_an_order_goes_to_the_check_by_its_present_identifier_whichever_it_names(
    order: Order, on_this_evening: None, pos: responses.RequestsMock, account: str
) -> None:
    till_says(order, "SUCCESS", "A1.1", paidAmount=0)
    for renamed in ("A1.2", "A1.3"):
        till_says(order, "CHECK_WAS_UPDATED", renamed, ours=False, paidAmount=0)
    assert dessert(order, account, pos)[1] == "A1.3"


def test_a_bare_success_confirms_it_on_the_present_check(
    order: Order, on_this_evening: None, pos: responses.RequestsMock
) -> None:
    till_says(order, "SUCCESS", "A1.1", paidAmount=0)
    till_says(order, "CHECK_WAS_UPDATED", "A1.3", ours=False, paidAmount=0)
    added, _ = dessert(order, "A1.1", pos)
    body = {"type": "ORDER", "status": "SUCCESS", "thirdPartyReference": added.reference}
    apply_order_update(order.venue, parse(body, currency="GBP").fact)  # type: ignore[arg-type]
    assert now_is(added.order) == (Status.CONFIRMED, "A1.3")


def test_a_check_that_was_split_or_is_unknown_keeps_the_name_that_the_order_gives_it(
    order: Order, on_this_evening: None, pos: responses.RequestsMock
) -> None:
    till_says(order, "SUCCESS", "A1.1", paidAmount=0)
    other = factories.OrderFactory(venue=order.venue)
    Injection.objects.filter(order=other).update(state=State.ACCEPTED, next_attempt_at=None)
    till_says(other, "SUCCESS", "A1.1", uuid="beef", paidAmount=0)
    till_says(other, "CHECK_WAS_UPDATED", "A1.4", ours=False, uuid="beef", paidAmount=0)
    assert dessert(order, "A1.1", pos)[1] == "A1.1"
    assert dessert(order, "A9.9", pos)[1] == "A9.9"


def test_neither_a_closed_check_nor_another_venues_is_the_one_meant(
    order: Order, on_this_evening: None, other_venue: Venue, pos: responses.RequestsMock
) -> None:
    elsewhere = factories.OrderFactory(venue=other_venue)
    Injection.objects.filter(order=elsewhere).update(state=State.ACCEPTED, next_attempt_at=None)
    for one in (order, elsewhere):
        till_says(one, "SUCCESS", "A1.1", paidAmount=0)
        till_says(one, "CHECK_WAS_UPDATED", "A1.3", paidAmount=0)
    till_says(order, "CLOSED", "A1.3")
    assert dessert(order, "A1.1", pos)[1] == "A1.1"


def test_an_order_is_found_by_everything_that_its_check_was_known_by(order: Order, other_venue: Venue) -> None:
    till_says(order, "SUCCESS", "A1.1")
    till_says(order, "CHECK_WAS_UPDATED", "A1.2")
    reference = Injection.objects.get(order=order).reference

    def found(venue: Venue, *names: str, after: timedelta = -timedelta(days=1)) -> str:
        return reference_on_check(venue=venue, names=names, since=order.placed_at + after)

    assert [found(order.venue, name) for name in ("A1.1", "A1.2", "c0ffee")] == [reference] * 3
    assert found(order.venue, "A9.9") == found(other_venue, "A1.1") == ""
    assert found(order.venue, "A1.1", after=timedelta(seconds=1)) == ""
