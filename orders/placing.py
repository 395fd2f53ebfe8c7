"""Place an order: validate it, price it, and store it with its injection row in one transaction."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from menus.stock.reservations import SoldOut, take_stock
from orders.checkout.discounts import take_use, used_up_problem
from orders.checkout.lines import store_lines
from orders.checkout.numbering import next_number, random_collection_code
from orders.checkout.pricing import PricedLine, PricedOrder, shortage_problems
from orders.checkout.problems import OrderRefused
from orders.checkout.requests import OrderRequest
from orders.checkout.rules import pay_by
from orders.checkout.shares import ZERO
from orders.checkout.till_total import TillTotal
from orders.checkout.validation import BasketValidation, validate_basket
from orders.injection.references import reference_of
from orders.models import Injection, Order
from orders.queue import enqueue_injection
from storekit.db import clock
from storekit.db.compiled_queries import insert_row
from storekit.db.due_rows import due_now
from storekit.models import Venue


@dataclass(frozen=True)
class PlacedOrder:
    """An order that was just stored, with its injection loaded, and the lines it was stored with."""

    order: Order
    lines: tuple[PricedLine, ...]


def place_order(*, venue: Venue, request: OrderRequest, till_total: TillTotal | None = None) -> PlacedOrder:
    """Store the order with its injection row, and queue the injection when the transaction commits.

    A paid order is sent at once, or shortly before its time when the venue holds orders for later. So is an order that
    is added to an open bill, which it is paid with, and an order that costs nothing. Any other unpaid order waits for
    its payment.

    Raises:
        OrderRefused: with every problem at once; nothing is stored.
        MenuBusy: the menu changed every time it was read; nothing is stored.
        TillTotalNeeded: the POS has to be asked first what the items cost, outside any transaction; see
            `with_till_total`. Nothing is stored.
    """
    while True:
        code = random_collection_code()
        try:
            with transaction.atomic():
                return _place(venue, request, code, till_total)
        except IntegrityError:
            # The unique constraint finds a code in use. Asking first would cost every order a query: codes are random.
            if not Order.objects.open().filter(venue=venue, collection_code=code).exists():
                raise


def initial_schedule(*, held_until: datetime | None) -> dict[str, Any]:
    """Return the injection's columns for an order that may be sent: at `held_until`, or now if that is None."""
    state = Injection.State.SCHEDULED if held_until else Injection.State.WAITING
    starts_at = held_until or due_now()
    return {"state": state, "next_attempt_at": starts_at, "due_since": starts_at}


def enqueue_unless_held(injection: Injection) -> None:
    """Queue the injection when the transaction commits, if it is to be sent at once."""
    if injection.next_attempt_at is not None and injection.state != Injection.State.SCHEDULED:
        transaction.on_commit(partial(enqueue_injection, injection_id=injection.pk))


def _place(venue: Venue, request: OrderRequest, code: str, till_total: TillTotal | None) -> PlacedOrder:
    now = clock.now()
    validation = validate_basket(venue=venue, basket=request, now=now, till_total=till_total)
    if validation.problems:
        raise OrderRefused(validation.problems)
    if validation.discount and not take_use(discount=validation.discount):
        raise OrderRefused([used_up_problem()])
    held_until = validation.held_until
    awaits_payment = _awaits_payment(request, validation)
    held_stock = _take_stock(venue, validation.priced, on_hold=awaits_payment or held_until is not None)
    order = _store_order(venue, request, validation, code, held_stock)
    store_lines(order=order, lines=validation.priced.lines)
    enqueue_unless_held(_store_injection(order, validation.settings.location, held_until))
    return PlacedOrder(order=order, lines=validation.priced.lines)


def _awaits_payment(request: OrderRequest, validation: BasketValidation) -> bool:
    """Return whether the order has to be paid before it is sent: not if it costs nothing, or is paid with a bill."""
    return bool(validation.totals.total) and not request.payment.paid and not _is_on_a_bill(request)


def _is_on_a_bill(request: OrderRequest) -> bool:
    return bool(request.account) or request.with_bill


def _take_stock(venue: Venue, priced: PricedOrder, *, on_hold: bool) -> dict[str, int]:
    """Take the items off the stock that is left; return those that are on hold until the order is sent.

    Refuse the order if concurrent orders were faster.
    """
    quantities: Counter[str] = Counter()
    for demand in priced.demands:
        if demand.sku in priced.limited:
            quantities[demand.sku] += demand.quantity
    if not quantities:
        return {}
    try:
        taken = take_stock(venue=venue, quantities=quantities, on_hold=on_hold)
        return taken if on_hold else {}
    except SoldOut as error:
        left = {shortage.sku: shortage.left for shortage in error.shortages}
        raise OrderRefused(shortage_problems(demands=priced.demands, left=left)) from error


def _store_order(
    venue: Venue, request: OrderRequest, validation: BasketValidation, code: str, held_stock: dict[str, int]
) -> Order:
    order = Order(
        venue=venue,
        number=next_number(venue=venue),
        collection_code=code,
        type=request.type,
        status=Order.Status.PLACED,
        scheduled_for=request.scheduled_for,
        note=request.note,
        menu_version=validation.menu_version,
        held_stock=held_stock or None,
        **_guest_columns(request, validation),
        **_place_columns(request, validation),
        **_money_columns(request, validation),
    )
    if _awaits_payment(request, validation):
        order.status = Order.Status.AWAITING_PAYMENT
        order.pay_by = pay_by(rules=validation.settings.rules, scheduled_for=request.scheduled_for, now=clock.now())
    insert_row(order)
    return order


def _guest_columns(request: OrderRequest, validation: BasketValidation) -> dict[str, Any]:
    guest = request.customer
    return {
        "first_name": guest.first_name,
        "last_name": guest.last_name,
        "email": guest.email,
        "phone": validation.phone.e164,
        "phone_as_typed": validation.phone.as_typed,
    }


def _place_columns(request: OrderRequest, validation: BasketValidation) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "table": validation.table,
        "table_number": validation.table.number if validation.table else None,
        "covers": request.covers,
        "open_account": request.account,
        "with_bill": request.with_bill,
    }
    if address := request.address:
        columns |= {
            "address_line1": address.line1,
            "address_line2": address.line2,
            "city": address.city,
            "postcode": address.postcode,
            "address_notes": address.notes,
        }
    return columns


def _money_columns(request: OrderRequest, validation: BasketValidation) -> dict[str, Any]:
    totals, payment, discount = validation.totals, request.payment, validation.discount
    # An order that costs nothing needs no payment, unless it is settled with the bill.
    settled = payment.paid or not (totals.total or _is_on_a_bill(request))
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


def _store_injection(order: Order, location: str, held_until: datetime | None) -> Injection:
    may_be_sent = order.status != Order.Status.AWAITING_PAYMENT
    injection = Injection(
        order=order,
        reference=reference_of(order_id=order.pk, revision=1),
        location=location,
        **(initial_schedule(held_until=held_until) if may_be_sent else {}),
    )
    insert_row(injection)
    return injection
