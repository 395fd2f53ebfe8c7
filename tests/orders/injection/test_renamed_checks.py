"""An order follows its check when the till gives it a new identifier; its former self completes nothing."""

from typing import Any

import pytest

from integrations.lightspeed.mapping.notifications import parse
from orders.injection.pos_events import apply_order_update
from orders.injection.references import start_new_revision
from orders.models import Injection, Order
from storekit.models import Venue
from tests import factories

State, Status = Injection.State, Order.Status


@pytest.fixture
def order(venue: Venue) -> Order:
    made: Order = factories.OrderFactory(venue=venue)
    Injection.objects.update(state=State.ACCEPTED, next_attempt_at=None, attempts=1)
    return made


def till_says(order: Order, status: str, account: str, *, ours: bool = True, **check: Any) -> str:
    """Let a notification come with the check as the POS sends it, with our reference or without."""
    snapshot = {"ikaccountId": account, "uuid": "c0ffee", "currentAmount": "20.00", "paidAmount": "20.00"} | check
    body = {"type": "ORDER", "status": status, "ikentooAccountIdentifier": account, "account": snapshot}
    fact = parse(body | ({"thirdPartyReference": f"{order.pk.hex}-1"} if ours else {})).fact
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
        return parse(body).fingerprint

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
