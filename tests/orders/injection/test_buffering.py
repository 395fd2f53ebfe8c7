"""Orders for later are held back as the venue's settings say, and move when those change, also across clock changes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses
import time_machine
from django.test import Client
from django.utils import timezone

from integrations.models import Connection, LightspeedSettings
from orders.injection.send import inject
from orders.models import Injection, Order
from orders.tasks import settings_changed, sweep_injections
from tests import factories
from tests.orders.sending import NOW, queued, takes_orders

State = Injection.State
TONIGHT = NOW + timedelta(hours=3)


@pytest.fixture
def held(waiting: Injection) -> Injection:
    """For in three hours, held until twenty minutes before."""
    LightspeedSettings.objects.update(buffer_orders=True, buffer_minutes=20)
    Order.objects.update(scheduled_for=TONIGHT)
    Injection.objects.update(state=State.SCHEDULED, next_attempt_at=TONIGHT - timedelta(minutes=20))
    waiting.refresh_from_db()
    return waiting


def change(**settings: Any) -> None:
    LightspeedSettings.objects.update(**settings)


def test_a_held_order_is_sent_when_it_is_due_and_not_before(
    held: Injection, pos: responses.RequestsMock, clock: time_machine.Traveller
) -> None:
    takes_orders(pos)
    clock.shift(timedelta(minutes=55))  # the tokens of the test last an hour
    factories.TokenPairFactory._meta.model.objects.update(expires_at=NOW + timedelta(days=1))
    clock.move_to(TONIGHT - timedelta(minutes=20, seconds=1))
    assert inject(injection_id=held.pk) == "not due"
    clock.shift(timedelta(seconds=1))
    assert sweep_injections() == "1 due"
    assert inject(injection_id=held.pk) == "accepted"


@pytest.mark.parametrize(
    ("minutes", "before"), [(30, timedelta(minutes=30)), (10, timedelta(minutes=10)), (0, timedelta(0))]
)
def test_a_held_order_is_rescheduled_when_the_buffer_changes(held: Injection, minutes: int, before: timedelta) -> None:
    change(buffer_minutes=minutes)
    assert settings_changed(held.order.venue_id) == "1 rescheduled"
    held.refresh_from_db()
    assert (held.state, held.next_attempt_at) == (State.SCHEDULED, TONIGHT - before)
    assert held.due_since == held.next_attempt_at, "what is late is late from then"


@pytest.mark.parametrize("settings", [{"buffer_orders": False}, {"buffer_minutes": 240}])
@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_no_longer_held_is_sent_at_once(held: Injection, settings: dict[str, Any]) -> None:
    change(**settings)
    settings_changed(held.order.venue_id)
    held.refresh_from_db()
    assert held.next_attempt_at is not None
    assert held.next_attempt_at <= timezone.now()
    assert queued() == [("orders.tasks.inject", held.pk)]


def test_the_sweep_finds_settings_that_were_changed_directly_in_the_database(held: Injection) -> None:
    change(buffer_minutes=45)
    assert sweep_injections() == "0 due, 1 rescheduled"
    assert sweep_injections() == "0 due"
    held.refresh_from_db()
    assert held.next_attempt_at == TONIGHT - timedelta(minutes=45)


def test_an_order_whose_schedule_is_right_is_not_written(held: Injection, django_assert_num_queries: Any) -> None:
    venue_id = held.order.venue_id
    with django_assert_num_queries(3):  # the venues, their settings, what they hold
        assert settings_changed(venue_id) == "0 rescheduled"


@pytest.mark.parametrize("columns", [{"state": State.WAITING}, {"state": State.SENDING}, {"next_attempt_at": None}])
def test_only_held_orders_are_rescheduled(held: Injection, columns: dict[str, Any]) -> None:
    Injection.objects.update(**columns)
    change(buffer_minutes=45)
    assert settings_changed(held.order.venue_id) == "0 rescheduled"


def test_another_venues_orders_are_not_rescheduled(held: Injection) -> None:
    change(buffer_minutes=45)
    assert settings_changed(factories.VenueFactory().pk) == "0 rescheduled"


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(datetime(2026, 3, 29, 1, 10, tzinfo=UTC), id="ten past two, when one o'clock became two"),
        pytest.param(datetime(2026, 10, 25, 1, 10, tzinfo=UTC), id="ten past one, for the second time"),
    ],
)
def test_twenty_minutes_are_twenty_minutes_in_a_night_when_the_clocks_change(
    held: Injection, clock: time_machine.Traveller, wanted: datetime
) -> None:
    clock.move_to(wanted - timedelta(hours=5))
    Order.objects.update(scheduled_for=wanted.astimezone(ZoneInfo("Europe/London")))
    Injection.objects.update(next_attempt_at=wanted)
    assert settings_changed(held.order.venue_id) == "1 rescheduled"
    held.refresh_from_db()
    assert held.next_attempt_at == wanted - timedelta(minutes=20)


# --- The back office -------------------------------------------------------------------------------------------------


def save(browser: Client, connection: Connection, **changed: Any) -> None:
    """Saves the connection's page as it was shown, but for what is changed."""
    page = browser.get(f"/admin/integrations/connection/{connection.pk}/change/")
    form: dict[str, Any] = {"_save": "Save"}
    forms = [page.context["adminform"].form, *page.context["inline_admin_formsets"][0].formset.forms]
    management = page.context["inline_admin_formsets"][0].formset.management_form
    for shown in [management, *forms]:
        form |= {shown.add_prefix(name): shown[name].value() for name in shown.fields}
    form = {name: value for name, value in form.items() if value not in (None, False)}
    form |= changed
    form = {name: value for name, value in form.items() if value is not False}
    assert browser.post(page.request["PATH_INFO"], form).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_saving_new_settings_in_the_back_office_reschedules_orders_within_seconds(
    annas_browser: Client, connection: Connection
) -> None:
    save(annas_browser, connection, **{"settings-0-buffer_minutes": 35})
    assert connection.settings.__class__.objects.get().buffer_minutes == 35
    assert queued() == [("orders.tasks.settings_changed", connection.venue_id)]


@pytest.mark.django_db(transaction=True)
def test_saving_unchanged_settings_queues_nothing(annas_browser: Client, connection: Connection) -> None:
    save(annas_browser, connection)
    assert queued() == []


@pytest.mark.django_db(transaction=True)
def test_enabling_the_connection_sends_the_waiting_orders(annas_browser: Client, connection: Connection) -> None:
    save(annas_browser, connection, enabled=False)
    assert queued() == []
    save(annas_browser, connection, enabled="on")
    assert queued() == [("orders.tasks.venue_connected", connection.venue_id)]
