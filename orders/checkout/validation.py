"""Decide whether a basket can be ordered and what it costs. Orders and basket checks share it; it only reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from integrations.pos import OrderType
from menus import catalogue as menu_catalogue
from menus.catalogue import Catalogue
from orders.checkout.addresses import required_parts
from orders.checkout.discounts import amount_off, discount_problems, find_discount
from orders.checkout.phones import Phone, read_phone
from orders.checkout.pricing import PricedOrder, Totals, price, too_large
from orders.checkout.problems import Problem
from orders.checkout.requests import Address, Basket, RequestedModifier, parse_uuid
from orders.checkout.rules import is_same_service, rule_problems
from orders.checkout.shares import ZERO
from orders.checkout.till_total import TillTotal, TillTotalNeeded, question_about
from orders.checkout.venue_settings import OrderingSettings, not_ordering_problem, ordering_settings_of
from orders.injection.scheduling import first_attempt_at
from orders.models import DiscountCode, Order
from storekit.local_time.service_days import service_day
from storekit.models import Venue
from storekit.money import LARGEST_AMOUNT, money_with_code, round_money
from tables.models import Table

_MAX_TABLE_DIGITS = 9


@dataclass(frozen=True)
class BasketValidation:
    """The price of a basket, every problem with it, and the rows and settings that an order made of it needs.

    `discount` is set only when it applies, and is then part of `totals`. `held_until` is when the order goes to the
    POS if that is not at once, and `takes_stock` whether that is in today's service, so that it takes from today's
    stock.
    """

    priced: PricedOrder
    totals: Totals
    problems: tuple[Problem, ...]
    settings: OrderingSettings
    menu_version: int
    table: Table | None
    discount: DiscountCode | None
    phone: Phone
    held_until: datetime | None
    takes_stock: bool


def validate_basket(
    *, venue: Venue, basket: Basket, now: datetime, till_total: TillTotal | None = None
) -> BasketValidation:
    """Price the basket and find every problem at once.

    Args:
        venue: the venue.
        basket: what the guest wants.
        now: an aware time.
        till_total: the POS's answer to the question that this raised before.

    Raises:
        MenuBusy: the menu changed every time it was read.
        TillTotalNeeded: the POS has to be asked what the items cost; see `with_till_total`.
    """
    settings = ordering_settings_of(venue=venue)
    held_until = first_attempt_at(scheduled_for=basket.scheduled_for, now=now, settings=settings.pos_settings)
    takes_stock = is_same_service(rules=settings.rules, first=now, second=held_until or now, zone=venue.zone)
    catalogue = _load_catalogue(venue, basket, takes_stock)
    priced = price(
        catalogue=catalogue,
        items=basket.items,
        tip=basket.tip,
        delivery_fee=basket.delivery_fee,
        service_charge=basket.service_charge,
    )
    priced = _at_the_till(venue, basket, priced, till_total)
    today = service_day(moment=now, zone=venue.zone, hours=settings.rules.hours)
    discount, discount_refusals = _find_discount(venue, basket, priced, today)
    totals = _with_discount(priced.totals, discount, venue.currency)
    table = _find_table(venue, basket)
    phone = read_phone(basket.customer.phone, country=venue.country) if basket.customer else Phone()
    paid = basket.payment is not None and basket.payment.paid
    advice = "Refund the payment, or choose a later time." if paid else "Choose a later time."
    closed = not_ordering_problem(settings=settings, scheduled_for=basket.scheduled_for, now=now, advice=advice)
    problems = (
        *([closed] if closed else []),
        *rule_problems(
            rules=settings.rules, type=basket.type, scheduled_for=basket.scheduled_for, now=now, zone=venue.zone
        ),
        *_type_problems(basket, table, venue.country),
        *discount_refusals,
        *priced.problems,
    )
    return BasketValidation(
        priced=priced,
        totals=totals,
        # The amount to pay is only known once everything else is right.
        problems=problems or tuple(_amount_problems(basket, totals, venue.currency)),
        settings=settings,
        menu_version=catalogue.version,
        table=table,
        discount=discount,
        phone=phone,
        held_until=held_until,
        takes_stock=takes_stock,
    )


def total_problem(total: Decimal, *, currency: str, attr: str) -> Problem:
    """Return the problem of a payment whose amount is not the order's total."""
    return Problem("amount_mismatch", f"The total is {money_with_code(total, currency)}.", attr)


def _at_the_till(venue: Venue, basket: Basket, priced: PricedOrder, till_total: TillTotal | None) -> PricedOrder:
    """Return the order with the total that the POS says it charges for the items, if ours is not certain."""
    if priced.problems:
        return priced
    question = question_about(venue=venue, type=OrderType(basket.type), lines=priced.lines)
    if question is None:
        return priced
    if till_total is None or till_total.key != question.key:
        raise TillTotalNeeded(question)
    if till_total.items is None:
        return priced
    items = round_money(till_total.items + question.reckoned, venue.currency)
    totals = replace(priced.totals, items=items)
    return replace(priced, totals=totals) if totals.total <= LARGEST_AMOUNT else too_large()


# --- Find the rows that the basket names ------------------------------------------------------------------------------


def _load_catalogue(venue: Venue, basket: Basket, takes_stock: bool) -> Catalogue:
    ids = {id for item in basket.items if (id := parse_uuid(item.product))}
    skus = {item.sku for item in basket.items if not item.product}
    choices = set(_modifier_ids(modifier for item in basket.items for modifier in item.modifiers))
    return menu_catalogue.load(
        venue=venue,
        type=OrderType(basket.type),
        ids=ids,
        skus=skus,
        choices=choices,
        wanted_at=basket.scheduled_for,
        counts_stock=takes_stock,
    )


def _modifier_ids(modifiers: Iterable[RequestedModifier]) -> Iterator[UUID]:
    for requested in modifiers:
        if id := parse_uuid(requested.modifier):
            yield id
        yield from _modifier_ids(requested.modifiers)


def _find_table(venue: Venue, basket: Basket) -> Table | None:
    """Find the table that the basket names by number or id. Archived tables do not count."""
    if basket.type != Order.Type.DINE_IN or not basket.table:
        return None
    tables = Table.objects.filter(venue=venue, archived_at=None)
    if basket.table.isascii() and basket.table.isdecimal():
        return tables.filter(number=int(basket.table)).first() if len(basket.table) <= _MAX_TABLE_DIGITS else None
    id = parse_uuid(basket.table)
    return tables.filter(pk=id).first() if id else None


def _find_discount(
    venue: Venue, basket: Basket, priced: PricedOrder, today: date
) -> tuple[DiscountCode | None, list[Problem]]:
    """Find the discount that the basket names, or the reasons why it does not apply."""
    if not basket.discount_code:
        return None, []
    found = find_discount(venue=venue, code=basket.discount_code)
    items = priced.totals.items if priced.complete else None
    problems = list(discount_problems(discount=found, items=items, venue=venue, today=today))
    return (None if problems else found), problems


def _with_discount(totals: Totals, discount: DiscountCode | None, currency: str) -> Totals:
    if discount is None:
        return totals
    return replace(totals, discount=amount_off(discount=discount, items=totals.items, currency=currency))


# --- Find the problems -----------------------------------------------------------------------------------------------


def _type_problems(basket: Basket, table: Table | None, country: str) -> Iterator[Problem]:
    """Yield a problem for each field that this type of order needs but lacks, or has but may not have."""
    if basket.type == Order.Type.DELIVERY:
        if basket.address is None:
            yield Problem("required", "Enter the delivery address.", "delivery_address")
        else:
            yield from _address_problems(basket.address, country)
    else:
        if basket.address is not None:
            yield _misplaced("Only a delivery order has an address.", "delivery_address")
        if basket.delivery_fee:
            yield _misplaced("Only a delivery order has a delivery fee.", "delivery_fee")
    if basket.type == Order.Type.DINE_IN:
        yield from _table_problems(basket, table)
        return
    for attr in ("table", "covers", "account"):
        if getattr(basket, attr):
            yield _misplaced("Only a dine-in order has a table, a number of guests or an open bill.", attr)
    for index, item in enumerate(basket.items):
        if item.course is not None:
            yield _misplaced("Only a dine-in order is served in courses.", f"items.{index}.course")


def _address_problems(address: Address, country: str) -> Iterator[Problem]:
    for part in required_parts(country):
        if not getattr(address, part):
            yield Problem("required", f"Enter the {part} of the delivery address.", f"delivery_address.{part}")


def _table_problems(basket: Basket, table: Table | None) -> Iterator[Problem]:
    if basket.account:
        for attr in ("table", "covers"):
            if getattr(basket, attr):
                detail = "An open bill keeps its table and number of guests. Leave this out."
                yield Problem("fixed_by_the_bill", detail, attr)
        if basket.tip and basket.payment and not basket.payment.paid:
            # A tip is sent with a payment, and the payment comes with the bill.
            detail = "This order is paid with the bill, and so is the tip. Leave the tip out."
            yield Problem("tip_on_the_bill", detail, "tip")
    elif not basket.table:
        yield Problem("required", "Send the table, or the number of the open bill as `account`.", "table")
    elif table is None:
        yield Problem("unknown_table", "This venue does not have this table.", "table")


def _misplaced(detail: str, attr: str) -> Problem:
    return Problem("not_for_this_type", f"{detail} Leave this out.", attr)


def _amount_problems(basket: Basket, totals: Totals, currency: str) -> Iterator[Problem]:
    if basket.payment is None:
        return
    # An unpaid order may leave the amount out, or give the amount still to pay.
    expected = (totals.total,) if basket.payment.paid else (totals.total, ZERO, None)
    if basket.payment.amount not in expected:
        yield total_problem(totals.total, currency=currency, attr="payment.amount")
