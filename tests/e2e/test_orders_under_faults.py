"""Workers are killed, answers get lost, many guests order at once: every order is on the till exactly once."""

import contextlib
import os
import signal
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone
from django_q.tasks import async_task

from integrations.models import Notification
from orders.models import Injection, InjectionAttempt
from tests.e2e.conftest import Service
from tests.support.processes import Worker, run_python, worker
from tests.support.sandbox import eventually


def _end_the_lease() -> None:
    """End the lease of every order that is being sent, and sweep, as waiting a minute would do."""
    past = timezone.now() - timedelta(seconds=1)
    Injection.objects.filter(state=Injection.State.SENDING).update(lease_until=past)
    async_task("orders.tasks.sweep_injections")


def _times_on_the_till(service: Service) -> Counter[str]:
    return Counter(order["reference"] for order in service.pos.orders_on_the_till())


def _orders_received(service: Service) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = service.pos.state()["orders"]
    return orders


def test_a_worker_is_killed_after_the_pos_took_the_order_and_before_it_answered(
    service: Service, running_worker: Worker
) -> None:
    service.pos.switch_on(slow_answer=30)
    placed = service.place()
    eventually(lambda: _orders_received(service))
    running_worker.kill()
    service.pos.clear_faults()
    with worker():
        _end_the_lease()
        eventually(lambda: service.is_confirmed(placed["id"]))
        injection = Injection.objects.get(order_id=placed["id"])
        assert _times_on_the_till(service) == {injection.reference: 1}


def test_a_worker_is_killed_after_the_claim_which_holds_until_its_lease_ends(
    service: Service, running_worker: Worker
) -> None:
    service.pos.switch_on(slow=30)
    placed = service.place()
    eventually(lambda: Injection.objects.filter(order_id=placed["id"], state=Injection.State.SENDING).exists())
    running_worker.kill()
    service.pos.clear_faults()
    with worker():
        async_task("orders.tasks.sweep_injections")
        other = service.place()
        eventually(lambda: service.is_confirmed(other["id"]))
        assert service.read(placed["id"])["pos"]["state"] == "sending"
        _end_the_lease()
        eventually(lambda: service.is_confirmed(placed["id"]))
        assert list(_times_on_the_till(service).values()) == [1, 1]


def test_a_process_is_killed_between_the_answer_and_the_record(service: Service) -> None:
    placed = service.place()
    injection = Injection.objects.get(order_id=placed["id"])
    dying = run_python(
        "import os, signal\n"
        "from orders.injection import send\n"
        "send.record_outcome = lambda **_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"send.inject(injection_id={injection.pk})\n"
    )
    assert dying.wait(timeout=30) == -signal.SIGKILL
    injection.refresh_from_db()
    assert (injection.state, injection.attempts) == (Injection.State.SENDING, 1)
    with worker():
        _end_the_lease()
        eventually(lambda: service.is_confirmed(placed["id"]))
        eventually(lambda: InjectionAttempt.objects.filter(injection=injection, finished_at__isnull=False).exists())
    assert _times_on_the_till(service) == {injection.reference: 1}
    last = InjectionAttempt.objects.filter(injection=injection).latest("number")
    assert last.outcome == InjectionAttempt.Outcome.DUPLICATE


def test_orders_placed_at_once_with_two_workers_are_on_the_till_once_each(service: Service) -> None:
    with worker(), worker():
        placed = service.place_at_once(12)
        unsettled = Injection.objects.exclude(state=Injection.State.CONFIRMED)
        eventually(lambda: not unsettled.exists(), seconds=40)
    times = _times_on_the_till(service)
    assert len(times) == 12
    assert set(times.values()) == {1}
    assert len({order["number"] for order in placed}) == 12
    assert len({order["collection_code"] for order in placed}) == 12


def test_lost_answers_and_notifications_sent_twice_and_out_of_order_leave_orders_confirmed_once(
    service: Service, running_worker: Worker
) -> None:
    service.pos.switch_on(lose_answer=1)
    lost = service.place()
    eventually(lambda: Injection.objects.filter(order_id=lost["id"]).exclude(attempts=0).exists())
    eventually(lambda: service.is_confirmed(lost["id"]))
    assert list(_times_on_the_till(service).values()) == [1]

    service.pos.switch_on(webhook_twice=True, webhook_shuffle=True)
    placed = [service.place() for _ in range(3)]
    eventually(lambda: all(service.is_confirmed(order["id"]) for order in placed))
    assert set(_times_on_the_till(service).values()) == {1}


def test_a_worker_that_loses_any_one_of_its_processes_recovers(service: Service, running_worker: Worker) -> None:
    first = service.place()
    eventually(lambda: service.is_confirmed(first["id"]))
    for member in range(4):
        before = running_worker.members()
        os.kill(before[member], signal.SIGKILL)
        second = service.place()
        eventually(partial(_all_are_new, running_worker, before))
        _confirmed_once_leases_end(service, second["id"])
    assert list(_times_on_the_till(service).values()) == [1] * 5


def _confirmed_once_leases_end(service: Service, order_id: str) -> None:
    """Fail unless the order is confirmed once what the killed processes held has been free again.

    That ends more than once: the server of the database may carry out a killed process's last statement, such as a
    claim, after the process is gone.
    """
    for _ in range(4):
        Notification.objects.filter(processed_at=None).update(next_attempt_at=timezone.now())
        async_task("integrations.tasks.sweep_notifications")
        _end_the_lease()
        with contextlib.suppress(AssertionError):
            eventually(partial(service.is_confirmed, order_id), seconds=5)
            return
    rows = Injection.objects.filter(order_id=order_id).values(), Notification.objects.filter(processed_at=None).values()
    raise AssertionError([list(each) for each in rows])


def _all_are_new(worker: Worker, before: list[int]) -> bool:
    now = worker.members_if_started()
    return len(now) == 4 and not {*now} & {*before}
