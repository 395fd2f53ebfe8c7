"""Retries, held orders and alerts are done within seconds of being due, without the every-minute sweep."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule

from integrations.models import LightspeedSettings
from orders.models import Alert, Injection, Order
from orders.tasks import settings_changed
from tests import factories
from tests.e2e.conftest import Service
from tests.support.processes import Worker
from tests.support.sandbox import eventually


@pytest.fixture(autouse=True)
def _no_sweep(service: Service) -> None:
    """Remove the sweeps, which would find the rows too."""
    Schedule.objects.all().delete()


def test_a_failed_order_is_retried_when_it_is_due(service: Service, running_worker: Worker) -> None:
    service.pos.switch_on(error_status=503, failures_left=1)
    placed = service.place()
    eventually(lambda: service.is_confirmed(placed["id"]), seconds=30)
    first, second = Injection.objects.get().attempt_rows.all()
    assert timedelta(seconds=6) <= second.started_at - first.started_at < timedelta(seconds=6 * 1.2 + 5)


def test_a_held_order_and_an_alert_are_sent_when_they_are_due(service: Service, running_worker: Worker) -> None:
    failed: Order = factories.OrderFactory(venue=service.venue)
    Injection.objects.update(state=Injection.State.FAILED, failures=1, next_attempt_at=None)
    order: Order = factories.OrderFactory(venue=service.venue, scheduled_for=timezone.now() + timedelta(minutes=20))
    due = timezone.now() + timedelta(seconds=4)
    held = Injection.objects.filter(order=order)
    held.update(state=Injection.State.SCHEDULED, next_attempt_at=due, due_since=due)
    Alert.objects.create(order=failed, channel=Alert.Channel.TILL, about=Alert.About.FAILED, next_attempt_at=due)
    (attempt,) = eventually(lambda: list(held.get().attempt_rows.all()), seconds=20)
    assert timedelta(0) <= attempt.started_at - due < timedelta(seconds=5)
    eventually(lambda: Alert.objects.filter(sent_at__isnull=False).exists(), seconds=20)


def test_an_unconfirmed_order_is_found_on_the_till(service: Service, running_worker: Worker) -> None:
    # The real POS lists the checks of tables only, so that an order to take away is not found.
    service.pos.set_habits(list_dine_in_only=False)
    service.pos.switch_on(webhooks_off=True)
    service.place()
    eventually(lambda: Injection.objects.filter(state=Injection.State.ACCEPTED).exists())
    eventually(service.pos.orders_on_the_till)
    Injection.objects.update(deliver_by=timezone.now() - timedelta(seconds=57))
    eventually(lambda: Injection.objects.filter(state=Injection.State.CONFIRMED).exists(), seconds=20)
    assert Injection.objects.get().account


def test_held_orders_are_sent_within_seconds_when_the_venue_stops_holding_them(
    service: Service, running_worker: Worker
) -> None:
    factories.OrderFactory(venue=service.venue, scheduled_for=timezone.now() + timedelta(hours=3))
    later = timezone.now() + timedelta(hours=2)
    Injection.objects.update(state=Injection.State.SCHEDULED, next_attempt_at=later)
    LightspeedSettings.objects.update(buffer_orders=False)
    settings_changed(service.venue.pk)
    eventually(lambda: Injection.objects.get().attempt_rows.exists())
