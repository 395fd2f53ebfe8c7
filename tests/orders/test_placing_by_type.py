"""Placing pickup, delivery and dine-in orders, for now and for later: the fields and rules of each."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoCaptureOnCommitCallbacks

from orders.checkout.requests import RequestedItem
from orders.models import Injection, Order, OrderingRules
from storekit.models import Venue
from tests import factories
from tests.orders.conftest import CopperPotMenu
from tests.orders.placing import HOME, PAID, UNPAID, placed, refused


def test_a_delivery_keeps_its_address_and_its_fee(venue: Venue, menu: CopperPotMenu) -> None:
    amounts = {"delivery_fee": Decimal("3.00"), "service_charge": Decimal("0.50"), "tip": Decimal("1.00")}
    order = placed(venue, type=Order.Type.DELIVERY, address=HOME, **amounts)
    assert (order.address_line1, order.address_line2, order.city) == ("1 High Street", "Flat 2", "London")
    assert (order.postcode, order.address_notes) == ("N1 9GU", "Second door")
    assert (order.delivery_fee, order.service_charge, order.tip) == tuple(amounts.values())
    assert order.total == Decimal("6.85")


@pytest.mark.parametrize("named", ["number", "id"])
def test_a_dine_in_order_names_a_table_by_its_number_or_its_id(venue: Venue, menu: CopperPotMenu, named: str) -> None:
    table = factories.TableFactory(venue=venue, number=7)
    name = str(table.pk) if named == "id" else "7"
    order = placed(venue, type=Order.Type.DINE_IN, table=name, covers=3, items=(RequestedItem(sku="WATER", course=1),))
    assert (order.table, order.table_number, order.covers) == (table, 7, 3)
    assert [line.course for line in order.lines.all()] == [1]
    assert order.status == "awaiting_payment"


def test_an_order_added_to_an_open_bill_is_sent_at_once_and_paid_with_it(
    venue: Venue,
    menu: CopperPotMenu,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        order = placed(venue, type=Order.Type.DINE_IN, account="A78094.48")
    assert (order.status, order.payment_status, order.open_account) == ("placed", "unpaid", "A78094.48")
    assert (order.is_on_the_bill, order.table, order.table_number, order.covers) == (True, None, None, None)
    assert order.injection.due_since == order.injection.next_attempt_at
    assert Injection.objects.due(timezone.now()).get() == order.injection
    assert [task.args() for task in OrmQ.objects.all()] == [(order.injection.pk,)]


def test_a_paid_order_can_be_added_to_an_open_bill(venue: Venue, menu: CopperPotMenu) -> None:
    order = placed(venue, type=Order.Type.DINE_IN, account="A78094.48", payment=PAID)
    assert (order.status, order.payment_status, order.is_on_the_bill) == ("placed", "paid", False)


DINE_IN = {"type": Order.Type.DINE_IN, "payment": UNPAID}


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"type": Order.Type.DELIVERY}, {("required", "delivery_address")}),
        ({"address": HOME}, {("not_for_this_type", "delivery_address")}),
        ({"delivery_fee": Decimal("1.00")}, {("not_for_this_type", "delivery_fee")}),
        ({"table": "7", "covers": 2}, {("not_for_this_type", "table"), ("not_for_this_type", "covers")}),
        ({"account": "A1.1"}, {("not_for_this_type", "account")}),
        ({"items": (RequestedItem(sku="WATER", course=0),)}, {("not_for_this_type", "items.0.course")}),
        (DINE_IN, {("required", "table")}),
        (DINE_IN | {"table": "7"}, {("unknown_table", "table")}),
        (DINE_IN | {"table": "\u0667"}, {("unknown_table", "table")}),
        (DINE_IN | {"table": "9" * 64}, {("unknown_table", "table")}),
        (DINE_IN | {"table": "00000000-0000-0000-0000-000000000000"}, {("unknown_table", "table")}),
        (DINE_IN | {"table": "by the window"}, {("unknown_table", "table")}),
        (
            DINE_IN | {"table": "7", "covers": 2, "account": "A1.1"},
            {("fixed_by_the_bill", "table"), ("fixed_by_the_bill", "covers")},
        ),
        (DINE_IN | {"account": "A1.1", "tip": Decimal("1.00")}, {("tip_on_the_bill", "tip")}),
        (DINE_IN | {"account": "A1.1", "address": HOME}, {("not_for_this_type", "delivery_address")}),
    ],
)
def test_missing_and_misplaced_fields_of_a_type_are_reported(
    venue: Venue, menu: CopperPotMenu, changes: dict[str, Any], problems: set[tuple[str, str]]
) -> None:
    assert refused(venue, **changes) == problems


def test_a_table_that_is_gone_or_another_venues_is_unknown(
    venue: Venue, other_venue: Venue, menu: CopperPotMenu
) -> None:
    gone = factories.TableFactory(venue=venue, number=7, archived_at=timezone.now())
    theirs = factories.TableFactory(venue=other_venue, number=8)
    for name in ("7", str(gone.pk), "8", str(theirs.pk)):
        assert refused(venue, **DINE_IN, table=name) == {("unknown_table", "table")}


# --- Timing ----------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 7, 3, 17, 0, tzinfo=UTC)


@time_machine.travel(NOW, tick=False)
def test_an_order_for_later_is_held_when_the_venue_holds_orders(
    venue: Venue,
    menu: CopperPotMenu,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    connection = factories.ConnectionFactory(venue=venue, settings__buffer_orders=True, settings__buffer_minutes=30)
    with django_capture_on_commit_callbacks(execute=True) as queued:
        order = placed(venue, payment=PAID, scheduled_for=NOW + timedelta(hours=2))
    injection = order.injection
    assert (injection.state, injection.next_attempt_at) == ("scheduled", NOW + timedelta(minutes=90))
    assert (injection.due_since, injection.location) == (injection.next_attempt_at, connection.business_location_id)
    assert queued == []


@time_machine.travel(NOW, tick=False)
def test_an_order_for_soon_is_not_held(venue: Venue, menu: CopperPotMenu) -> None:
    factories.ConnectionFactory(venue=venue, settings__buffer_orders=True, settings__buffer_minutes=30)
    order = placed(venue, payment=PAID, scheduled_for=NOW + timedelta(minutes=30))
    assert order.injection.state == "waiting"
    assert order.injection.due_since == order.injection.next_attempt_at == NOW - timedelta(seconds=5)


def test_the_venues_rules_apply_to_orders(venue: Venue, menu: CopperPotMenu) -> None:
    OrderingRules.objects.create(venue=venue, pickup=False, notice_minutes=60)
    soon = timezone.now() + timedelta(minutes=30)
    assert refused(venue, scheduled_for=soon) == {("not_accepted", "type"), ("too_short_notice", "scheduled_for")}
