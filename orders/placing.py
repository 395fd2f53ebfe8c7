"""Taking an order: priced, checked and stored with its injection row in one transaction."""

from collections import Counter
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from integrations.pos import VenuePosSettings
from menus.stock.reservations import SoldOut, take_stock
from orders.checkout.discounts import use, used_up
from orders.checkout.lines import store_lines
from orders.checkout.numbering import draw_code, next_number
from orders.checkout.pricing import short_of
from orders.checkout.problems import OrderRefused
from orders.checkout.requests import Address, OrderRequest
from orders.checkout.shares import ZERO
from orders.checkout.validation import Checked, check
from orders.injection.references import reference_of
from orders.injection.scheduling import first_attempt_at
from orders.models import Injection, Order
from orders.queue import enqueue_injection
from storekit.collector import collector_paused
from storekit.db.compiled_queries import insert
from storekit.db.due_rows import due_now
from storekit.models import Venue

_NOWHERE = Address(line1="", city="", postcode="")


def place_order(*, venue: Venue, request: OrderRequest) -> Order:
    """Stores the order and what is needed to bring it to the till, and queues that when the transaction commits.

    A paid order is sent at once, or shortly before its time when the venue holds orders for later; so is one that goes
    onto an open bill and is paid with it, and one that costs nothing. Any other unpaid one waits for its payment.

    Raises:
        OrderRefused: with every problem at once; nothing is stored.
        MenuBusy: the menu was changing all the time that it was read; nothing is stored.
    """
    while True:
        code = draw_code()
        try:
            with collector_paused(), transaction.atomic():
                return _place(venue, request, code)
        except IntegrityError:
            # Nobody is asked first whether the code is free: it nearly always is.
            if not Order.objects.open().filter(venue=venue, collection_code=code).exists():
                raise


def initial_schedule(*, order: Order, settings: VenuePosSettings, now: datetime) -> dict[str, Any]:
    """The injection's columns when its order may go to the till: at once, or held until shortly before its time."""
    later = first_attempt_at(scheduled_for=order.scheduled_for, now=now, settings=settings)
    begins = later or due_now()
    state = Injection.State.SCHEDULED if later else Injection.State.WAITING
    return {"state": state, "next_attempt_at": begins, "due_since": begins}


def enqueue_unless_held(injection: Injection) -> None:
    """Queues the injection when the transaction commits, if it is to be sent at once."""
    if injection.next_attempt_at is not None and injection.state != Injection.State.SCHEDULED:
        transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))


def _place(venue: Venue, request: OrderRequest, code: str) -> Order:
    now = timezone.now()
    checked = check(venue=venue, basket=request, now=now)
    if checked.problems:
        raise OrderRefused(checked.problems)
    if checked.discount and not use(discount=checked.discount):
        raise OrderRefused([used_up()])
    held_until = first_attempt_at(scheduled_for=request.scheduled_for, now=now, settings=checked.terms.settings)
    _take_stock(venue, checked, held_until)
    order = _store_order(venue, request, checked, code)
    store_lines(order=order, lines=checked.priced.lines)
    enqueue_unless_held(_store_injection(order, checked, now))
    return order


def _take_stock(venue: Venue, checked: Checked, held_until: datetime | None) -> None:
    """Takes the items off what is left of them: whoever ordered at the same moment may have been quicker."""
    demands = checked.priced.demands
    wanted: Counter[str] = Counter()
    for demand in demands:
        if demand.sku in checked.priced.counted:
            wanted[demand.sku] += demand.number
    if not wanted:
        return
    try:
        take_stock(venue=venue, quantities=wanted, sent_at=held_until)
    except SoldOut as refused:
        left = {one.sku: one.left for one in refused.shortages}
        raise OrderRefused(short_of(demands=demands, left=left)) from refused


def _store_order(venue: Venue, request: OrderRequest, checked: Checked, code: str) -> Order:
    order = Order(
        venue=venue,
        number=next_number(venue=venue),
        collection_code=code,
        type=request.type,
        status=Order.Status.PLACED,
        scheduled_for=request.scheduled_for,
        note=request.note,
        menu_version=checked.menu_version,
        **_who_and_where(request, checked),
        **_money(request, checked),
    )
    if order.payment_status == Order.PaymentStatus.UNPAID and not order.is_on_the_bill:
        order.status = Order.Status.AWAITING_PAYMENT
    insert(order)
    return order


def _who_and_where(request: OrderRequest, checked: Checked) -> dict[str, Any]:
    guest, address, table = request.customer, request.address or _NOWHERE, checked.table
    return {
        "first_name": guest.first_name,
        "last_name": guest.last_name,
        "email": guest.email,
        "phone": checked.phone,
        "address_line1": address.line1,
        "address_line2": address.line2,
        "city": address.city,
        "postcode": address.postcode,
        "address_notes": address.notes,
        "table": table,
        "table_number": table.number if table else None,
        "covers": request.covers,
        "open_account": request.account,
    }


def _money(request: OrderRequest, checked: Checked) -> dict[str, Any]:
    totals, payment, discount = checked.totals, request.payment, checked.discount
    # What costs nothing waits for nobody's payment, unless it is settled with the bill.
    settled = payment.paid or not (totals.total or request.account)
    return {
        "discount_code": discount.code if discount else "",
        "discount_pos_id": discount.pos_id if discount else "",
        "discount_used": discount,
        "items_total": totals.items,
        "discount": totals.discount,
        "delivery_fee": totals.delivery_fee,
        "service_charge": totals.service_charge,
        "tip": totals.tip,
        "total": totals.total,
        "payment_status": Order.PaymentStatus.PAID if settled else Order.PaymentStatus.UNPAID,
        "payment_reference": payment.reference,
        "payment_amount": totals.total if payment.paid else ZERO,
    }


def _store_injection(order: Order, checked: Checked, now: datetime) -> Injection:
    goes = order.status != Order.Status.AWAITING_PAYMENT
    injection = Injection(
        order=order,
        reference=reference_of(order_id=order.pk, revision=1),
        location=checked.terms.location,
        **(initial_schedule(order=order, settings=checked.terms.settings, now=now) if goes else {}),
    )
    insert(injection)
    return injection
