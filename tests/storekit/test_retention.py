"""Every kind of record has an age, and what is older is deleted at night in small steps."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model
from django_q.models import Schedule, Task

from integrations.models import Connection, Notification, SyncRun
from menus.models import Menu, RestorePoint, Snooze
from orders.models import Alert, CheckIdentifier, Injection, InjectionAttempt, Order, StaffAction
from storekit.models import IdempotentAnswer, Invitation, User, Venue
from storekit.queue.schedules import write_schedules
from storekit.retention import AGES, Age, forget_old
from storekit.tasks import forget_old_rows
from tables.models import Bill, Payment, PaymentAlert, PaymentAttempt, Reconciliation, SandboxCharge
from tests import factories

NOW = datetime(2026, 5, 1, 2, 30, tzinfo=UTC)
"""Half past three in London."""

KEPT = {
    "django_q": {"OrmQ", "Schedule"},
    "storekit": {"User", "Venue", "Membership", "ApiKey", "AccountMail", "WorkerBeat", "WorkerOutage"},
    "integrations": {"Connection", "TokenPair", "WaitingConsent", "LightspeedSettings", "SyncSchedule"},
    # Identifiers go with their bill.
    "tables": {
        "Area",
        "Table",
        "PayAtTable",
        "RetiredToken",
        "CheckList",
        "BillIdentifier",
        "CheckToFind",
        "Payment",
        "PaymentRefund",
        "GiftCard",
        "GiftCardEntry",
        "Difference",
    },
    "orders": {"Order", "OrderLine", "OrderCounter", "Injection", "DiscountCode", "OrderingRules", "OrderingHours"},
    "menus": {
        "Menu",
        "SyncCheckpoint",
        "Category",
        "Product",
        "CategoryProduct",
        "ModifierGroup",
        "Modifier",
        "ProductModifierGroup",
        "NestedModifierGroup",
        "ImageFetch",
        "Allergen",
        "StockLevel",
        "StockWatch",
    },
    "admin": set(),
    "sessions": set(),
}
"""Models whose rows are not deleted by their age: the books, and what there is one of."""


def test_every_model_has_an_age_or_is_named_as_kept() -> None:
    """Whoever adds a model decides: a line in `storekit.retention.AGES` and in docs/operations.md, or a name above."""
    aged = {age.model for age in AGES}
    models = {f"{label}.{model.__name__}" for label in KEPT for model in apps.get_app_config(label).get_models()}
    undecided = models - aged - {f"{label}.{name}" for label, names in KEPT.items() for name in names}
    assert not {name for name in undecided if not apps.get_model(name)._meta.proxy}
    assert aged <= models


def test_the_guide_names_every_age() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    for age in AGES:
        assert f"| {age.what} | {age.days} {'day' if age.days == 1 else 'days'} |" in guide


# --- What is deleted, and what is kept -------------------------------------------------------------------------------


@pytest.fixture
def connection(venue: Venue) -> Connection:
    made: Connection = factories.ConnectionFactory(venue=venue)
    return made


@pytest.fixture
def order(venue: Venue) -> Order:
    """On the till."""
    made: Order = factories.OrderFactory(venue=venue)
    Injection.objects.update(state="confirmed")
    return made


def row_of(age: Age, order: Order, connection: Connection, number: int) -> Model:
    """Make a row of the model, finished, with another one later of its kind."""
    injection, menu = order.injection, Menu.objects.first() or factories.MenuFactory(venue=order.venue)
    lease = uuid.uuid4()
    makers: dict[str, Any] = {
        "orders.InjectionAttempt": lambda: InjectionAttempt(injection=injection, number=number, lease=lease),
        "orders.CheckIdentifier": lambda: CheckIdentifier(injection=injection, identifier=str(number)),
        "orders.Alert": lambda: Alert(order=order, channel="email", about="failed", occurrence=number),
        "orders.StaffAction": lambda: StaffAction(order=order, action="cancelled"),
        "integrations.Notification": lambda: Notification(connection=connection, fingerprint=str(number), body={}),
        "integrations.SyncRun": lambda: SyncRun(connection=connection, kind="menu", state="failed", lease_until=NOW),
        "tables.Bill": lambda: Bill(venue=order.venue, account=str(number), total=0, paid=0),
        "tables.PaymentAttempt": lambda: PaymentAttempt(payment=payment_at(order.venue), step="send"),
        "tables.PaymentAlert": lambda: PaymentAlert(
            payment=payment_at(order.venue), channel="email", about="no_word", occurrence=number
        ),
        "tables.Reconciliation": lambda: Reconciliation(venue=order.venue, day=NOW.date(), requested_by=str(number)),
        "tables.SandboxCharge": lambda: SandboxCharge(key=str(number), currency="GBP", amount=1, state="captured"),
        "menus.RestorePoint": lambda: RestorePoint(menu=menu, version=number, products=1, content=b""),
        "menus.Snooze": lambda: Snooze(venue=order.venue, sku=str(number), name="Pie", source="staff"),
        "storekit.IdempotentAnswer": lambda: IdempotentAnswer(
            scope="1", key=str(number), request_digest="", status=201, answer={}
        ),
        "storekit.Invitation": lambda: Invitation(venue=order.venue, email=f"{number}@example.com"),
        "admin.LogEntry": lambda: LogEntry(
            user=User.objects.first() or factories.UserFactory(),
            content_type=ContentType.objects.get_for_model(Order),
            object_id=str(order.pk),
            action_flag=CHANGE,
        ),
        "sessions.Session": lambda: Session(session_key=f"{number:032}", session_data="", expire_date=NOW),
        "django_q.Task": lambda: Task(
            id=f"{number:032}", name="task", func="nowhere.task", started=NOW, stopped=NOW, success=False
        ),
    }
    row: Model = makers[age.model]()
    row.save(force_insert=True)
    return row


def payment_at(venue: Venue) -> Payment:
    bill, _ = Bill.objects.get_or_create(venue=venue, account="A1.1", defaults={"total": 1, "paid": 1})
    payment, _ = Payment.objects.get_or_create(
        venue=venue, bill=bill, state="captured", defaults={"amount": 1, "held_until": NOW}
    )
    return payment


def make_old(row: Model, age: Age, days: float) -> None:
    """Let the row's age count from `days` ago."""
    then = NOW - timedelta(days=days)
    if age.since.startswith("injection__"):
        Injection.objects.update(**{age.since.partition("__")[2]: then})
    else:
        type(row)._default_manager.filter(pk=row.pk).update(**{age.since: then})


@pytest.mark.parametrize("age", AGES, ids=lambda age: age.what)
def test_a_row_is_kept_for_its_age_and_then_deleted(age: Age, order: Order, connection: Connection) -> None:
    with time_machine.travel(NOW, tick=False):
        old = row_of(age, order, connection, 1)
        if age.last_of:
            make_old(row_of(age, order, connection, 2), age, 1)
        make_old(old, age, age.days - 0.01)
        assert forget_old() == {}
        make_old(old, age, age.days + 0.01)
        assert forget_old() == {age.what: 1}
    assert not type(old)._default_manager.filter(pk=old.pk).exists()
    assert Order.objects.get().lines.count() == order.lines.count()


LONG_AGO = NOW - timedelta(days=3000)


def test_what_is_not_finished_is_kept(order: Order, connection: Connection) -> None:
    attempt = InjectionAttempt.objects.create(injection=order.injection, number=1, lease=uuid.uuid4())
    InjectionAttempt.objects.update(started_at=LONG_AGO)
    Injection.objects.update(state="waiting")
    Alert.objects.create(order=order, channel="email", about="failed", next_attempt_at=NOW)
    Alert.objects.update(created_at=LONG_AGO)
    Notification.objects.create(connection=connection, fingerprint="1", body={}, next_attempt_at=NOW)
    Notification.objects.update(received_at=LONG_AGO)
    factories.SnoozeFactory(venue=order.venue, starts_at=LONG_AGO, ended_at=None)
    SyncRun.objects.create(connection=connection, kind="menu", state="succeeded", lease_until=NOW, finished_at=LONG_AGO)
    Task.objects.create(id="1", name="task", func="nowhere", started=LONG_AGO, stopped=LONG_AGO, success=True)
    with time_machine.travel(NOW, tick=False):
        assert forget_old() == {}
        Injection.objects.update(state="confirmed")
        assert forget_old() == {"Attempts to send an order": 1}
    assert not InjectionAttempt.objects.filter(pk=attempt.pk).exists()


# --- How, and when ---------------------------------------------------------------------------------------------------


@pytest.fixture
def many(order: Order) -> None:
    for number in range(25):
        StaffAction.objects.create(order=order, action="cancelled")
        IdempotentAnswer.objects.create(scope="1", key=str(number), request_digest="", status=201, answer={})
    StaffAction.objects.update(at=LONG_AGO)
    IdempotentAnswer.objects.update(created_at=LONG_AGO)


def test_rows_are_deleted_in_steps(many: None) -> None:
    class Clock:
        """Rises by a second each time that it is read, which is once a round."""

        seconds = count()

        def __call__(self) -> float:
            return float(next(self.seconds))

    assert forget_old(step=4, seconds=2, clock=Clock()) == {
        "Staff's actions on orders": 8,
        "Answers to repeated requests": 8,
    }
    assert (StaffAction.objects.count(), IdempotentAnswer.objects.count()) == (17, 17), "each kind had its turn"
    assert forget_old(step=4) == {"Staff's actions on orders": 17, "Answers to repeated requests": 17}
    assert forget_old(step=4) == {}


@pytest.mark.parametrize(
    ("zones", "hour", "deletes"),
    [
        ([], 3, True),
        ([], 12, False),
        (["Australia/Sydney"], 3, False),
        (["Australia/Sydney"], 17, True),
        (["Europe/London", "Australia/Sydney", "Australia/Sydney"], 17, True),
        (["Europe/London", "Europe/London", "Australia/Sydney"], 17, False),
    ],
)
@pytest.mark.django_db
def test_rows_are_deleted_in_the_night_of_most_venues(zones: list[str], hour: int, deletes: bool) -> None:
    for zone in zones:
        factories.VenueFactory(timezone=zone)
    Session.objects.create(session_key="1", session_data="", expire_date=LONG_AGO)
    with time_machine.travel(NOW.replace(hour=hour), tick=False):
        said = forget_old_rows()
    assert said == ("Log-ins, after they have expired: 1" if deletes else "by day: nothing deleted")
    assert Session.objects.exists() is not deletes


@pytest.mark.django_db
def test_the_task_is_scheduled_and_its_predecessors_schedule_is_gone() -> None:
    old = "storekit:integrations.tasks.forget_old_notifications"
    Schedule.objects.create(name=old, func="integrations.tasks.forget_old_notifications", schedule_type="I", minutes=9)
    write_schedules()
    assert not Schedule.objects.filter(name=old).exists()
    assert Schedule.objects.get(func="storekit.tasks.forget_old_rows").minutes == 30


def test_a_bill_that_guests_have_paid_is_kept_with_its_payments(venue: Venue) -> None:
    payment_at(venue)
    Bill.objects.create(venue=venue, account="A2.1", total=1, paid=1)
    Bill.objects.update(closed_at=NOW - timedelta(days=400))

    assert forget_old(model="tables.Bill") == {"Bills that are closed": 1}
    assert Bill.objects.get().account == "A1.1"
