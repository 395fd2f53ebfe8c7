"""A POS that does not answer is left alone for a while, then tried by one call; the others do not wait for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection as database

from integrations.connect.breaker import OPENS_AFTER, is_open
from integrations.connect.call_guard import ConnectionGuard
from integrations.models import Connection
from integrations.pos import PosDown, Rejected, Unreachable
from tests import factories

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def connection(db: None) -> Connection:
    return factories.ConnectionFactory()


def guard(connection: Connection) -> ConnectionGuard:
    """As each `pos_for` makes it: from the row as it is now."""
    return ConnectionGuard(Connection.objects.get(pk=connection.pk))


def call(connection: Connection, answer: Callable[[], object] = lambda: None) -> None:
    with guard(connection).call(urgent=True):
        answer()


def silence() -> None:
    raise Unreachable("No answer.")


def refusal() -> None:
    raise Rejected("No.")


def fail(connection: Connection, times: int = OPENS_AFTER) -> None:
    for _ in range(times):
        with pytest.raises(Unreachable):
            call(connection, silence)


def test_one_call_without_an_answer_changes_nothing(connection: Connection) -> None:
    fail(connection, times=1)
    call(connection)


def test_after_two_in_a_row_the_pos_is_not_called(connection: Connection, clock: time_machine.Traveller) -> None:
    fail(connection)
    with pytest.raises(PosDown) as down:
        call(connection, lambda: pytest.fail("called"))
    assert down.value.retry_after == timedelta(seconds=10)
    assert is_open(connection=Connection.objects.get(), now=NOW)


def test_an_answer_between_them_starts_the_count_again(connection: Connection) -> None:
    fail(connection, times=1)
    call(connection)
    fail(connection, times=1)
    call(connection)


def test_a_refusal_is_an_answer(connection: Connection) -> None:
    fail(connection, times=1)
    with pytest.raises(Rejected):
        call(connection, refusal)
    fail(connection, times=1)
    call(connection)


def test_when_its_time_is_over_one_call_tries_and_the_others_do_not(
    connection: Connection, clock: time_machine.Traveller
) -> None:
    fail(connection)
    clock.shift(11)
    first, second = guard(connection), guard(connection)
    with first.call(urgent=True), pytest.raises(PosDown), second.call(urgent=True):
        pytest.fail("called")
    call(connection)


def test_a_trial_in_vain_leaves_the_pos_alone_for_longer(connection: Connection, clock: time_machine.Traveller) -> None:
    fail(connection)
    clock.shift(11)
    fail(connection, times=1)
    with pytest.raises(PosDown) as down:
        call(connection)
    assert down.value.retry_after == timedelta(seconds=30)


def test_an_answered_trial_closes_it(connection: Connection, clock: time_machine.Traveller) -> None:
    fail(connection)
    clock.shift(11)
    call(connection)
    row = Connection.objects.get()
    assert (row.unanswered_calls, row.breaker_open_until) == (0, None)


def test_a_process_that_dies_while_it_tries_blocks_the_others_for_half_a_minute(
    connection: Connection, clock: time_machine.Traveller
) -> None:
    fail(connection)
    clock.shift(11)
    guard(connection)._breaker.check(urgent=True)
    with pytest.raises(PosDown):
        call(connection)
    clock.shift(31)
    call(connection)


def test_of_calls_under_way_together_the_first_to_fail_sets_the_time(
    connection: Connection, clock: time_machine.Traveller
) -> None:
    guards = [guard(connection) for _ in range(6)]
    for one in guards:
        with pytest.raises(Unreachable), one.call(urgent=True):
            silence()
        clock.shift(1)
    assert Connection.objects.get().breaker_open_until == NOW + timedelta(seconds=11)


def test_an_answer_closes_it_even_if_no_failure_is_counted(
    connection: Connection, clock: time_machine.Traveller
) -> None:
    # An answer reset the count just before another call opened the breaker.
    Connection.objects.update(unanswered_calls=0, breaker_open_until=NOW)
    call(connection)
    assert Connection.objects.get().breaker_open_until is None


def test_it_stays_closed_if_another_call_is_answered_in_between(connection: Connection) -> None:
    fail(connection, times=1)
    failing, answered = guard(connection)._breaker, guard(connection)._breaker
    statements: list[str] = []

    def answer_after_the_count(execute: Callable, sql: str, *rest: Any) -> object:
        result = execute(sql, *rest)
        statements.append(sql)
        if len(statements) == 1:
            answered.answered()
        return result

    with database.execute_wrapper(answer_after_the_count):
        failing.unanswered()
    assert Connection.objects.get().breaker_open_until is None


def test_one_venue_does_not_stop_another(connection: Connection) -> None:
    fail(connection)
    call(factories.ConnectionFactory())


def test_a_pos_that_answers_costs_no_query(connection: Connection, django_assert_num_queries: Callable) -> None:
    made = guard(connection)
    with django_assert_num_queries(0), made.call(urgent=True):
        pass


def test_calls_that_are_no_orders_neither_open_it_nor_use_up_the_trial(
    connection: Connection, clock: time_machine.Traveller
) -> None:
    for _ in range(OPENS_AFTER + 1):
        with pytest.raises(Unreachable), guard(connection).call(urgent=False):
            silence()
    call(connection)
    fail(connection)
    with pytest.raises(PosDown), guard(connection).call(urgent=False):
        pytest.fail("called")
    clock.shift(11)
    with pytest.raises(Unreachable), guard(connection).call(urgent=False):
        silence()
    call(connection)
    assert Connection.objects.get().breaker_open_until is None
