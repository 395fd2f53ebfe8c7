"""The task of a payment is lost: its row says what is due, and the next tick finds it."""

from datetime import timedelta

import time_machine
from django_q.models import OrmQ

from storekit.db import clock as database_clock
from tables.models import Table
from tables.payments.polling import enqueue_newly_due
from tests.tables.payments.tables import Till, go_on, pay, queued


def test_a_payment_whose_task_was_lost_is_queued_by_the_next_tick(
    table: Table, till: Till, clock: time_machine.Traveller
) -> None:
    before = database_clock.now()
    clock.shift(timedelta(seconds=1))
    payment = pay(table)
    OrmQ.objects.all().delete()
    clock.shift(timedelta(seconds=1))

    assert enqueue_newly_due(since=before, until=database_clock.now()) == 1
    assert queued() == [("tables.tasks.advance_payment", str(payment.pk))]


def test_one_that_is_under_way_is_not_queued_again(table: Table, till: Till, clock: time_machine.Traveller) -> None:
    before = database_clock.now()
    clock.shift(timedelta(seconds=1))
    payment = pay(table)
    go_on(payment)
    clock.shift(timedelta(seconds=1))

    assert enqueue_newly_due(since=before, until=database_clock.now()) == 0
