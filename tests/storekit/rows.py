"""One row of everything that belongs to a venue, each naming its venue, so that a leak is seen wherever it happens."""

import uuid
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import timezone

from integrations.models import Connection, Notification, SyncRun, SyncSchedule
from menus.models import Allergen, Category, Menu, RestorePoint
from orders.models import Injection, InjectionAttempt, Order, OrderingHours, OrderingRules, OrderLine
from storekit.models import Invitation, Venue
from storekit.rest.api_keys import issue_api_key
from tables.models import Area, GiftCard, PayAtTable, Reconciliation, Table
from tests import factories


def one_of_everything(venue: Venue) -> dict[type[Model], Model]:
    """Makes the rows and returns them by model."""
    rows: list[Model] = [venue, issue_api_key(venue=venue, name=f"Web shop of {venue}")[0]]
    rows.append(Invitation.objects.create(venue=venue, email=f"new@{venue.slug}.example"))
    connection = factories.ConnectionFactory(venue=venue, business_name=f"Group of {venue}")
    rows += [connection, connection.settings, connection.tokens, *_pos_rows(connection)]
    rows += _menu_rows(venue)
    area = Area.objects.create(venue=venue, pos_id="1", name=f"Terrace of {venue}")
    rows += [area, Table.objects.create(venue=venue, area=area, pos_id="1", number=7, name=f"Corner of {venue}")]
    rows.append(PayAtTable.objects.create(venue=venue, enabled=True, sheet_text=f"Scan for the bill of {venue}"))
    rows += _payment_rows(venue)
    rows += _order_rows(make_order(venue, state=Injection.State.FAILED))
    rows += _ordering_rows(venue)
    return {type(row): row for row in rows}


def make_order(venue: Venue, *, state: str, **changes: Any) -> Order:
    """An order of the venue whose injection is in `state`."""
    order = Order.objects.create(
        venue=venue,
        number=Order.objects.filter(venue=venue).count() + 1,
        collection_code=uuid.uuid4().hex[:8],
        type=Order.Type.PICKUP,
        status=changes.pop("status", Order.Status.PLACED),
        first_name=f"Guest of {venue}",
        email=f"guest@{venue.slug}.example",
        items_total=Decimal("10.00"),
        total=Decimal("10.00"),
        payment_status=Order.PaymentStatus.PAID,
        menu_version=1,
        scheduled_for=changes.pop("scheduled_for", None),
    )
    Injection.objects.create(order=order, state=state, reference=uuid.uuid4().hex, **changes)
    return order


def _payment_rows(venue: Venue) -> list[Model]:
    bill = factories.BillFactory(venue=venue, name=f"Guest of {venue}")
    payment = factories.PaymentFactory(bill=bill, error=f"Refused at {venue}")
    row = Reconciliation.objects.create(venue=venue, day=timezone.now().date(), requested_by=f"Staff of {venue}")
    card = GiftCard.objects.create(venue=venue, code_hash=f"{venue.pk}", last_digits="1234", note=f"Party of {venue}")
    return [bill, payment, card, row, row.differences.create(payment=payment, bill=bill, cause="twice")]


def _pos_rows(connection: Connection) -> list[Model]:
    venue = connection.venue
    notification = Notification.objects.create(
        connection=connection,
        type="ORDER",
        status="FAILED",
        reference=f"reference-{venue.slug}",
        fingerprint=venue.slug,
        body={"venue": venue.name},
        error=f"Unknown at {venue}",
    )
    run = SyncRun.objects.create(
        connection=connection,
        kind=SyncRun.Kind.MENU,
        state=SyncRun.State.FAILED,
        started_by=f"Staff of {venue}",
        error=f"No menu at {venue}",
        lease_until=timezone.now() + timedelta(minutes=5),
    )
    schedule = SyncSchedule.objects.create(connection=connection, time=time(5), weekdays=[0, 4])
    return [notification, run, schedule]


def _menu_rows(venue: Venue) -> list[Model]:
    category: Category = factories.CategoryFactory(venue=venue, name=f"Mains of {venue}")
    product = factories.ProductFactory(venue=venue, name=f"Pie of {venue}")
    group = factories.ModifierGroupFactory(venue=venue, name=f"Sauces of {venue}")
    modifier = factories.ModifierFactory(group=group, name=f"Gravy of {venue}")
    menu: Menu = factories.MenuFactory(venue=venue, pos_menu_name=f"Menu of {venue}")
    return [
        menu,
        RestorePoint.objects.create(menu=menu, version=1, products=1, content=b""),
        Allergen.objects.create(venue=venue, code=f"Allergen of {venue}"),
        category,
        product,
        group,
        modifier,
        factories.SnoozeFactory(
            venue=venue,
            sku=product.sku,
            name=f"Pie of {venue}",
            product=product,
            modifier=modifier,
            by=f"Staff of {venue}",
        ),
        factories.CategoryProductFactory(category=category, product=product),
        factories.ProductModifierGroupFactory(product=product, group=group),
    ]


def _ordering_rows(venue: Venue) -> list[Model]:
    rules = OrderingRules.objects.create(venue=venue)
    return [
        rules,
        OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(2)),
        factories.DiscountCodeFactory(venue=venue, code=f"WELCOME TO {venue}"),
    ]


def _order_rows(order: Order) -> list[Model]:
    line = OrderLine.objects.create(
        order=order,
        position=0,
        kind=OrderLine.Kind.PRODUCT,
        menu_id=uuid.uuid4(),
        name=f"Pie of {order.venue}",
        quantity=1,
        unit_price=Decimal("10.00"),
    )
    injection = order.injection
    attempt = InjectionAttempt.objects.create(
        injection=injection,
        number=1,
        reference=injection.reference,
        lease=uuid.uuid4(),
        detail=f"Refused at {order.venue}",
    )
    return [order, line, injection, attempt]
