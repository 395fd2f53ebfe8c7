"""Taking an order: priced, checked and stored with its injection row in one transaction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import phonenumbers
from django.db import transaction
from django.utils import timezone

from integrations.connections import location_of
from menus import catalogue as menu_catalogue
from menus.catalogue import Catalogue
from orders.lines import rows_of
from orders.models import Injection, Order, OrderLine
from orders.money import ZERO
from orders.numbering import free_collection_code, next_number
from orders.pricing import PricedOrder, WantedItem, known_id, price
from orders.problems import OrderRefused, Problem
from orders.queueing import due_at_once, nudge
from orders.revisions import reference_of
from storekit.models import Venue

_FURTHEST_AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class Guest:
    """Who ordered. `phone` as typed; a number without a country code belongs to the venue's country."""

    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Payment:
    """Whether the guest has paid, and how much; `amount` must be the order's total."""

    paid: bool
    reference: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True)
class OrderRequest:
    """An order as a storefront asks for it. Times are aware; there are no prices, which come from the menu."""

    type: Order.Type
    customer: Guest
    items: tuple[WantedItem, ...]
    payment: Payment
    scheduled_for: datetime | None = None
    note: str = ""
    tip: Decimal = ZERO
    discount_code: str = ""
    delivery_fee: Decimal = ZERO
    service_charge: Decimal = ZERO


def place_order(*, venue: Venue, request: OrderRequest) -> Order:
    """Stores the order and what is needed to bring it to the till, and queues that when the transaction commits.

    A paid order is sent at once; an unpaid one waits for its payment.

    Raises:
        OrderRefused: with every problem at once; nothing is stored.
        MenuBusy: the menu was changing all the time that it was read; nothing is stored.
    """
    now = timezone.now()
    with transaction.atomic():
        catalogue = _catalogue(venue, request)
        priced = price(catalogue=catalogue, items=request.items, tip=request.tip)
        phone = _e164(request.customer.phone, country=venue.country)
        problems = (*_problems(request, phone, now), *priced.problems)
        if problems := problems or tuple(_amount_problems(request.payment, priced)):
            raise OrderRefused(problems)
        order = _store_order(venue, request, priced, phone or "", catalogue.version)
        OrderLine.objects.bulk_create(rows_of(order=order, lines=priced.lines))
        injection = _store_injection(order)
        if request.payment.paid:
            transaction.on_commit(partial(nudge, injection_id=injection.pk))
    return order


def total_problem(total: Decimal, *, attr: str) -> Problem:
    """The amount that was paid is not what the order costs."""
    return Problem("amount_mismatch", f"The total is {total}.", attr)


def _catalogue(venue: Venue, request: OrderRequest) -> Catalogue:
    ids = {id for item in request.items if (id := known_id(item.product))}
    skus = {item.sku for item in request.items if not item.product}
    return menu_catalogue.load(venue=venue, ids=ids, skus=skus)


# --- Checks ----------------------------------------------------------------------------------------------------------


def _problems(request: OrderRequest, phone: str | None, now: datetime) -> Iterator[Problem]:
    if request.type != Order.Type.PICKUP:
        yield Problem("not_supported", "Only pickup orders are taken yet.", "type")
    if request.discount_code:
        yield Problem("not_supported", "Discount codes are not taken yet.", "discount_code")
    for attr in ("delivery_fee", "service_charge"):
        if getattr(request, attr):
            yield Problem("not_supported", "A pickup order takes nothing but a tip on top of its items.", attr)
    if phone is None:
        yield Problem("invalid", "This is not a telephone number.", "customer.phone")
    if request.scheduled_for is not None:
        if request.scheduled_for <= now:
            yield Problem("in_the_past", "Choose a time in the future.", "scheduled_for")
        elif request.scheduled_for > now + _FURTHEST_AHEAD:
            yield Problem("too_far_ahead", "Choose a time within a year.", "scheduled_for")


def _amount_problems(payment: Payment, priced: PricedOrder) -> Iterator[Problem]:
    # An unpaid order may leave the amount out, or name what is to be paid.
    expected = (priced.totals.total,) if payment.paid else (priced.totals.total, ZERO, None)
    if payment.amount not in expected:
        yield total_problem(priced.totals.total, attr="payment.amount")


def _e164(text: str, *, country: str) -> str | None:
    """The number with its country code, empty for none; None for something that cannot be a number.

    Not every number that exists is in the library's tables, so a possible one is good enough.
    """
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# --- Rows ------------------------------------------------------------------------------------------------------------


def _store_order(venue: Venue, request: OrderRequest, priced: PricedOrder, phone: str, menu_version: int) -> Order:
    totals, payment = priced.totals, request.payment
    return Order.objects.create(
        venue=venue,
        number=next_number(venue=venue),
        collection_code=free_collection_code(venue=venue),
        type=request.type,
        status=Order.Status.PLACED if payment.paid else Order.Status.AWAITING_PAYMENT,
        scheduled_for=request.scheduled_for,
        first_name=request.customer.first_name,
        last_name=request.customer.last_name,
        email=request.customer.email,
        phone=phone,
        note=request.note,
        items_total=totals.items,
        tip=totals.tip,
        total=totals.total,
        payment_status=Order.PaymentStatus.PAID if payment.paid else Order.PaymentStatus.UNPAID,
        payment_reference=payment.reference,
        payment_amount=totals.total if payment.paid else ZERO,
        menu_version=menu_version,
    )


def _store_injection(order: Order) -> Injection:
    paid = order.payment_status == Order.PaymentStatus.PAID
    return Injection.objects.create(
        order=order,
        reference=reference_of(order_id=order.pk, revision=1),
        location=location_of(venue=order.venue),
        next_attempt_at=due_at_once() if paid else None,
    )
