"""A venue's unconfirmed orders are searched for in one list of open checks, soon after the tills went unheard."""

import json
from datetime import timedelta
from typing import Any

import pytest
import responses
import time_machine
from django.core.cache import cache

from integrations.models import Connection
from orders.injection.confirmation_checks import GRACE, MOST_CHECKS
from orders.models import Injection, Order
from orders.tasks import look_early, look_for_order, sweep_unconfirmed
from storekit.models import Venue
from tests import factories
from tests.orders.injection.test_confirmation_checks import check, paid_with
from tests.orders.sending import CHECKS, NOW, alerts, minutes_later, queued

State = Injection.State
TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def _empty_cache(db: None) -> None:
    cache.clear()


def accepted_orders(venue: Venue, number: int, **order: Any) -> list[Injection]:
    """Orders that the POS accepted just now, to be delivered within ten minutes."""
    made = [factories.OrderFactory(venue=venue, **order).injection for _ in range(number)]
    Injection.objects.filter(pk__in=[one.pk for one in made]).update(
        state=State.ACCEPTED, next_attempt_at=None, accepted_at=NOW, attempts=1, deliver_by=NOW + TEN_MINUTES
    )
    return made


@pytest.fixture
def twelve(connection: Connection, clock: time_machine.Traveller) -> list[Injection]:
    return accepted_orders(connection.venue, 12)


def lists_asked_for(pos: responses.RequestsMock) -> int:
    return sum(str(call.request.url).partition("?")[0] == CHECKS for call in pos.calls)


def work_off() -> dict[str, int]:
    """Do what the sweep has queued; return how often each result came."""
    results: dict[str, int] = {}
    for task, id in queued():
        result = {"orders.tasks.look_for_order": look_for_order, "orders.tasks.look_early": look_early}[task](id)
        results[result] = results.get(result, 0) + 1
    return results


def on_the_till(orders: list[Injection]) -> list[dict[str, Any]]:
    return [check(ikaccountId=f"A{number}.1", **paid_with(one.reference)) for number, one in enumerate(orders, start=1)]


def states() -> dict[str, int]:
    found = list(Injection.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in found}


# --- After the deadline ----------------------------------------------------------------------------------------------


def test_orders_past_their_deadline_share_one_list(
    twelve: list[Injection], pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, json=on_the_till(twelve[:9]))
    clock.shift(TEN_MINUTES + GRACE)
    assert sweep_unconfirmed() == "12 to check"
    work_off()
    assert lists_asked_for(pos) == 1
    assert states() == {"confirmed": 9, "failed": 3}
    assert [Injection.objects.get(pk=one.pk).account for one in twelve[:2]] == ["A1.1", "A2.1"]
    assert len(alerts()) == 6


def test_another_venues_orders_have_a_list_of_their_own(
    twelve: list[Injection], other_venue: Venue, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    factories.ConnectionFactory(venue=other_venue)
    (theirs,) = accepted_orders(other_venue, 1)
    pos.get(CHECKS, json=on_the_till([*twelve, theirs]))
    clock.shift(TEN_MINUTES + GRACE)
    assert look_for_order(twelve[0].pk) == "confirmed"
    assert Injection.objects.get(pk=theirs.pk).state == State.ACCEPTED
    assert look_for_order(theirs.pk) == "confirmed"
    assert lists_asked_for(pos) == len({call.request.url for call in pos.calls}) == 2


def test_a_pos_that_cannot_be_reached_is_asked_once_for_all_of_them(
    twelve: list[Injection], pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, status=503)
    clock.shift(TEN_MINUTES + GRACE)
    for _ in range(MOST_CHECKS):
        assert states() == {"accepted": 12}
        sweep_unconfirmed()
        work_off()
        minutes_later(clock, 1)
    assert lists_asked_for(pos) == MOST_CHECKS
    assert states() == {"failed": 12}


def test_one_bill_that_cannot_be_looked_up_holds_up_no_other_order(
    twelve: list[Injection], connection: Connection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    unpaid = {"open_account": "A7.7", "payment_status": "unpaid", "payment_amount": 0}
    (on_a_bill,) = accepted_orders(connection.venue, 1, **unpaid)
    pos.get(CHECKS, json=on_the_till(twelve))
    pos.get(CHECKS.replace("/order/table/getCheck", "/order/accounts/A7.7"), status=503)
    clock.shift(TEN_MINUTES + GRACE)
    assert look_for_order(on_a_bill.pk) == "accepted"
    assert states() == {"confirmed": 12, "accepted": 1}
    assert lists_asked_for(pos) == 1


# --- Before it -------------------------------------------------------------------------------------------------------


def test_orders_whose_notifications_were_lost_are_found_after_two_minutes_with_one_list(
    twelve: list[Injection], pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    """Before, they were "accepted" until their deadline: eleven minutes."""
    pos.get(CHECKS, json=on_the_till(twelve))
    minutes_later(clock, 1.9)
    assert sweep_unconfirmed() == "0 to check"
    minutes_later(clock, 0.1)
    assert sweep_unconfirmed() == "0 to check, 1 early"
    assert work_off() == {"12 confirmed": 1}
    assert lists_asked_for(pos) == 1
    assert set(Order.objects.values_list("status", flat=True)) == {Order.Status.CONFIRMED}
    assert sweep_unconfirmed() == "0 to check"


def test_what_an_early_look_does_not_find_waits_for_its_deadline(
    twelve: list[Injection], pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, json=on_the_till(twelve[:5]))
    minutes_later(clock, 2)
    assert look_early(twelve[0].order.venue_id) == "5 confirmed"
    assert states() == {"confirmed": 5, "accepted": 7}
    assert alerts() == []
    assert set(Injection.objects.filter(state="accepted").values_list("confirmation_checks", "lease")) == {(0, None)}


def test_a_venue_is_looked_at_early_every_two_minutes_at_most(
    twelve: list[Injection], pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    pos.get(CHECKS, status=503)
    said = []
    for _ in range(9):
        minutes_later(clock, 1)
        said.append(look_early(twelve[0].order.venue_id).partition(";")[0])
    assert said == ["not due", *["0 confirmed", "not due"] * 4]
    assert lists_asked_for(pos) == 4
    assert states() == {"accepted": 12}


def test_an_order_that_the_till_refuses_during_an_early_look_is_left_as_it_is(
    twelve: list[Injection], pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    def answer(_: object) -> tuple[int, dict[str, str], str]:
        Injection.objects.filter(pk=twelve[0].pk).update(state=State.FAILED, error="Refused")
        return 200, {}, json.dumps(on_the_till(twelve))

    pos.add_callback(responses.GET, CHECKS, callback=answer)
    minutes_later(clock, 2)
    assert look_early(twelve[0].order.venue_id) == "11 confirmed"
    assert Injection.objects.get(pk=twelve[0].pk).error == "Refused"
