"""Giving the use of a discount code back."""

from django.db.models import F

from orders.models import DiscountCode, Order


def release_use(*, order: Order) -> None:
    """Gives the use of the order's code back, once."""
    if order.discount_used_id is None:
        return
    DiscountCode.objects.filter(pk=order.discount_used_id, times_used__gt=0).update(times_used=F("times_used") - 1)
    order.discount_used = None
    order.save(update_fields=["discount_used"])
