"""Discount codes: find the code a guest typed, check whether it applies, compute the discount and count its uses."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q

from orders.checkout.problems import Problem
from orders.checkout.shares import ZERO
from orders.models import DiscountCode
from storekit.models import Venue
from storekit.money import round_money
from storekit.money.words import format_money
from storekit.text import folded

ATTR = "discount_code"


def find_discount(*, venue: Venue, code: str) -> DiscountCode | None:
    """Return the venue's active discount with this code, however it is typed; None when there is none."""
    return DiscountCode.objects.filter(venue=venue, code_key=folded(code), active=True).first()


def discount_problems(
    *, discount: DiscountCode | None, items: Decimal | None, venue: Venue, today: date
) -> Iterator[Problem]:
    """Yield each reason why the discount does not apply.

    Args:
        discount: as found, None when the code is unknown.
        items: total of the items; None while it is not known, so that the minimum spend is not checked.
        venue: the venue.
        today: the day of the venue's service, see `storekit.local_time.service_days`.
    """
    if discount is None:
        yield Problem("unknown_discount", "This discount code does not exist.", ATTR)
        return
    if discount.valid_from and today < discount.valid_from:
        yield Problem("discount_not_yet_valid", f"This code is valid from {discount.valid_from:%d %B %Y}.", ATTR)
    if discount.valid_until and today > discount.valid_until:
        yield Problem("discount_expired", f"This code was valid until {discount.valid_until:%d %B %Y}.", ATTR)
    if discount.usage_limit is not None and discount.times_used >= discount.usage_limit:
        yield used_up_problem()
    if discount.minimum_spend is not None and items is not None and items < discount.minimum_spend:
        least = format_money(discount.minimum_spend, venue)
        yield Problem("minimum_spend", f"Spend {least} or more on items to use this code.", ATTR)


def amount_off(*, discount: DiscountCode, items: Decimal, currency: str) -> Decimal:
    """Return the discount on items of this total, rounded as the till does; it never exceeds the items."""
    off = discount.amount if discount.percent is None else items * discount.percent / 100
    return max(ZERO, min(round_money(off or ZERO, currency), items))


def take_use(*, discount: DiscountCode) -> bool:
    """Take one use of the discount; return False when other orders took the last one first.

    Call it in the order's transaction. One statement checks and counts, so that concurrent orders never use a discount
    more often than its limit.
    """
    free = Q(usage_limit=None) | Q(times_used__lt=F("usage_limit"))
    return bool(DiscountCode.objects.filter(free, pk=discount.pk, active=True).update(times_used=F("times_used") + 1))


def release_use(*, order_id: UUID) -> None:
    """Give back the use that the order took. Call it once, in the transaction that cancels the order."""
    DiscountCode.objects.filter(orders=order_id, times_used__gt=0).update(times_used=F("times_used") - 1)


def used_up_problem() -> Problem:
    """Return the problem of a discount that has reached its usage limit."""
    return Problem("discount_used_up", "This code has reached its usage limit.", ATTR)
