"""Discount codes: which one was typed, what speaks against it, what it takes off, and how often it may be used."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q

from integrations.money import to_money
from orders.checkout.problems import Problem
from orders.checkout.shares import ZERO
from orders.models import DiscountCode
from storekit.models import Venue

ATTR = "discount_code"


def find_discount(*, venue: Venue, code: str) -> DiscountCode | None:
    """The venue's active code, in whatever letters it was typed."""
    return DiscountCode.objects.filter(venue=venue, code__iexact=code, active=True).first()


def discount_problems(*, discount: DiscountCode | None, items: Decimal | None, today: date) -> Iterator[Problem]:
    """What speaks against the code for items that cost so much, on a day in the venue's time.

    `items` None: it is not known yet what they cost.
    """
    if discount is None:
        yield Problem("unknown_discount", "There is no such discount code.", ATTR)
        return
    if discount.valid_from and today < discount.valid_from:
        yield Problem("discount_not_yet_valid", f"This code is valid from {discount.valid_from:%d %B %Y}.", ATTR)
    if discount.valid_until and today > discount.valid_until:
        yield Problem("discount_expired", f"This code was valid until {discount.valid_until:%d %B %Y}.", ATTR)
    if discount.usage_limit is not None and discount.times_used >= discount.usage_limit:
        yield used_up()
    if discount.minimum_spend is not None and items is not None and items < discount.minimum_spend:
        yield Problem("minimum_spend", f"This code is for items of {discount.minimum_spend} or more.", ATTR)


def amount_off(*, discount: DiscountCode, items: Decimal) -> Decimal:
    """What the code takes off items that cost so much: half a penny up, and never more than all of it."""
    off = discount.amount if discount.percent is None else to_money(items * discount.percent / 100)
    return max(ZERO, min(off or ZERO, items))


def use(*, discount: DiscountCode) -> bool:
    """Takes one use of the code, to be called in the order's transaction; False when others were faster.

    One statement looks and counts, so that of any number of orders at the same moment no more than allowed get it.
    """
    free = Q(usage_limit=None) | Q(times_used__lt=F("usage_limit"))
    return bool(DiscountCode.objects.filter(free, pk=discount.pk, active=True).update(times_used=F("times_used") + 1))


def release_use(*, order_id: UUID) -> None:
    """Gives the order's use of its code back. To be called once, in the transaction that cancels the order."""
    DiscountCode.objects.filter(orders=order_id, times_used__gt=0).update(times_used=F("times_used") - 1)


def used_up() -> Problem:
    """The code was used as often as it may be."""
    return Problem("discount_used_up", "This code has been used as often as it may be.", ATTR)
