"""Whether a basket can be ordered and what it costs: the one answer that orders and basket checks get. Only reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import phonenumbers

from menus import catalogue as menu_catalogue
from menus.catalogue import Catalogue
from orders.checkout.discounts import amount_off, discount_problems, find_discount
from orders.checkout.pricing import PricedOrder, Totals, WantedModifier, known_id, price
from orders.checkout.problems import Problem
from orders.checkout.requests import Basket
from orders.checkout.rules import rule_problems
from orders.checkout.shares import ZERO
from orders.checkout.venue_settings import OrderingSettings, ordering_settings_of
from orders.models import DiscountCode, Order
from storekit.models import Venue
from tables.models import Table

_LONGEST_NUMBER = 9
"""Digits of a table's number."""


@dataclass(frozen=True)
class Checked:
    """What a basket costs and all that is wrong with it; ordered, it would be what is here.

    `discount` is there when it may be used, and `totals` count it in; `phone` is E.164, empty for none.
    """

    priced: PricedOrder
    totals: Totals
    problems: tuple[Problem, ...]
    terms: OrderingSettings
    menu_version: int
    table: Table | None
    discount: DiscountCode | None
    phone: str


def check(*, venue: Venue, basket: Basket, now: datetime) -> Checked:
    """Prices the basket and finds every problem at once.

    Raises:
        MenuBusy: the menu was changing all the time that it was read.
    """
    terms = ordering_settings_of(venue=venue)
    catalogue = _catalogue(venue, basket)
    priced = price(
        catalogue=catalogue,
        items=basket.items,
        tip=basket.tip,
        delivery_fee=basket.delivery_fee,
        service_charge=basket.service_charge,
    )
    discount, against = _discount(venue, basket, priced, now)
    totals = _less(priced.totals, discount)
    table = _table(venue, basket)
    phone = _e164(basket.customer.phone, country=venue.country) if basket.customer else ""
    rules = rule_problems(
        rules=terms.rules, type=basket.type, scheduled_for=basket.scheduled_for, now=now, zone=venue.zone
    )
    problems = (*rules, *_problems_of_type(basket, table), *_phone_problems(phone), *against, *priced.problems)
    return Checked(
        priced=priced,
        totals=totals,
        # What is to be paid is known once everything else is right.
        problems=problems or tuple(_amount_problems(basket, totals)),
        terms=terms,
        menu_version=catalogue.version,
        table=table,
        discount=discount,
        phone=phone or "",
    )


def _less(totals: Totals, discount: DiscountCode | None) -> Totals:
    return replace(totals, discount=amount_off(discount=discount, items=totals.items)) if discount else totals


def total_problem(total: Decimal, *, attr: str) -> Problem:
    """The amount that was paid is not what the order costs."""
    return Problem("amount_mismatch", f"The total is {total}.", attr)


# --- What is looked up -----------------------------------------------------------------------------------------------


def _catalogue(venue: Venue, basket: Basket) -> Catalogue:
    ids = {id for item in basket.items if (id := known_id(item.product))}
    skus = {item.sku for item in basket.items if not item.product}
    choices = set(_choices(wish for item in basket.items for wish in item.modifiers))
    return menu_catalogue.load(venue=venue, ids=ids, skus=skus, choices=choices)


def _choices(wishes: Iterable[WantedModifier]) -> Iterator[UUID]:
    for wish in wishes:
        if id := known_id(wish.modifier):
            yield id
        yield from _choices(wish.modifiers)


def _table(venue: Venue, basket: Basket) -> Table | None:
    """The table in use that was named by its number or its id."""
    if basket.type != Order.Type.DINE_IN or not basket.table:
        return None
    named = basket.table
    tables = Table.objects.filter(venue=venue, archived_at=None)
    if named.isascii() and named.isdecimal():
        return tables.filter(number=int(named)).first() if len(named) <= _LONGEST_NUMBER else None
    id = known_id(named)
    return tables.filter(pk=id).first() if id else None


def _discount(
    venue: Venue, basket: Basket, priced: PricedOrder, now: datetime
) -> tuple[DiscountCode | None, list[Problem]]:
    if not basket.discount_code:
        return None, []
    found = find_discount(venue=venue, code=basket.discount_code)
    items = priced.totals.items if priced.whole else None
    against = list(discount_problems(discount=found, items=items, today=now.astimezone(venue.zone).date()))
    return (None if against else found), against


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


# --- What can be wrong -----------------------------------------------------------------------------------------------


def _problems_of_type(basket: Basket, table: Table | None) -> Iterator[Problem]:
    """What an order of this type lacks, and what only another type has."""
    if basket.type == Order.Type.DELIVERY:
        if basket.address is None:
            yield Problem("required", "Say where the delivery goes.", "delivery_address")
    else:
        if basket.address is not None:
            yield _misplaced("Only a delivery has an address.", "delivery_address")
        if basket.delivery_fee:
            yield _misplaced("Only a delivery has a delivery fee.", "delivery_fee")
    if basket.type == Order.Type.DINE_IN:
        yield from _table_problems(basket, table)
        return
    for attr in ("table", "covers", "account"):
        if getattr(basket, attr):
            yield _misplaced("Only a dine-in order has a table, a number of guests or an open bill.", attr)
    for number, item in enumerate(basket.items):
        if item.course is not None:
            yield _misplaced("Only a dine-in order is served in courses.", f"items.{number}.course")


def _table_problems(basket: Basket, table: Table | None) -> Iterator[Problem]:
    if basket.account:
        for attr in ("table", "covers"):
            if getattr(basket, attr):
                detail = "An open bill keeps its table and its number of guests. Leave this out."
                yield Problem("fixed_by_the_bill", detail, attr)
        if basket.tip and basket.payment and not basket.payment.paid:
            # A tip travels with a payment, and the payment will be the bill's.
            detail = "This order is paid with the bill, and the tip with it. Leave the tip out."
            yield Problem("tip_on_the_bill", detail, "tip")
    elif not basket.table:
        yield Problem("required", "Say which table, or the number of the open bill as `account`.", "table")
    elif table is None:
        yield Problem("unknown_table", "This venue has no such table.", "table")


def _misplaced(detail: str, attr: str) -> Problem:
    return Problem("not_for_this_type", f"{detail} Leave this out.", attr)


def _phone_problems(phone: str | None) -> Iterator[Problem]:
    if phone is None:
        yield Problem("invalid", "This is not a telephone number.", "customer.phone")


def _amount_problems(basket: Basket, totals: Totals) -> Iterator[Problem]:
    if basket.payment is None:
        return
    # An unpaid order may leave the amount out, or name what is to be paid.
    expected = (totals.total,) if basket.payment.paid else (totals.total, ZERO, None)
    if basket.payment.amount not in expected:
        yield total_problem(totals.total, attr="payment.amount")
