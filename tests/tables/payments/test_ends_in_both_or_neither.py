"""Whatever is killed, lost, late or said twice: a payment ends on the till and captured, or in neither."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import transaction
from django_q.models import OrmQ
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables.models import Payment, Table
from tests.support.examples import examples
from tests.tables.payments.tables import NOON
from tests.tables.payments.world import MOMENTS, World, killable

State = Payment.State

EVENTS: dict[str, Callable[[World], object]] = {
    "a worker works": World.advance,
    "a worker dies at its next record": lambda world: setattr(world, "dies_after", 0),
    "the next answer of the POS is lost": lambda world: setattr(world, "trouble", "lost"),
    "the POS is down for a call": lambda world: setattr(world, "trouble", "down"),
    "the till works": World.till_works,
    "the till refuses": lambda world: world.till_works(refuses=True),
    "the check is renamed": World.rename,
    "the check is closed": World.close,
    "the till speaks": World.say,
    "the till speaks, and will again": lambda world: world.say(keep=True),
    "the till's newest word comes first": lambda world: world.say(newest=True),
    "a word is lost": lambda world: world.words.clear(),
    "the guest confirms": World.guest_confirms,
    **{f"{each} pass": partial(World.wait, time=each) for each in MOMENTS},
}
OFTEN = ["a worker works"] * 6 + ["the till works", "the till speaks"] * 2
CARDS = ("ok", "declined", "confirm", "slow", "lost_answer", "captures_first")


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(card=st.sampled_from(CARDS), events=st.lists(st.sampled_from([*EVENTS, *OFTEN]), max_size=30))
def test_a_payment_ends_on_the_till_and_captured_or_in_neither(
    table: Table, clock: time_machine.Traveller, card: str, events: list[str]
) -> None:
    world = World(table, clock)
    clock.move_to(NOON)
    with transaction.atomic(), killable(world):
        world.start(card)
        for event in events:
            EVENTS[event](world)
        world.calm_down()
        world.check()
        transaction.set_rollback(True)


@pytest.mark.parametrize("records", range(4))
@pytest.mark.parametrize("card", ["ok", "lost_answer", "captures_first"])
def test_a_worker_that_dies_between_a_call_and_its_record_does_nothing_twice(
    table: Table, clock: time_machine.Traveller, card: str, records: int
) -> None:
    """At each step of the way in turn: the call has been made, and its outcome was never recorded."""
    world = World(table, clock)
    world.start(card)
    world.dies_after = records
    with killable(world):
        while datetime.now(UTC) < NOON + timedelta(minutes=10) and world.payment.state != State.CAPTURED:
            world.advance()
            world.till_works()
            world.say()
            clock.shift(51 if world.dies_after is None else 1)
            world.payment.refresh_from_db()

    world.check()
    assert world.dies_after is None
    assert (len(world.used), len(world.booked)) == (1, 1)


def test_a_queue_that_lost_everything_changes_nothing(table: Table, clock: time_machine.Traveller) -> None:
    world = World(table, clock)
    world.start("ok")
    OrmQ.objects.all().delete()
    world.calm_down()
    world.check()
    assert world.payment.state == State.CAPTURED
