"""Discount codes that guests can type."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Upper

from orders.models.fields import money
from storekit.models import Venue


class DiscountCode(models.Model):
    """A code that takes a percentage or an amount off the items of an order. Small and capital letters are one."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="discount_codes")
    code = models.CharField(max_length=64, help_text="What the guest types; capitals do not matter.")
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
        help_text="Off the items' total. Either this or an amount.",
    )
    amount = money(
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="Off the items' total, never more than that.",
    )
    pos_id = models.CharField(
        "POS id", max_length=64, blank=True, help_text="The discount's code at the POS, for native discounts."
    )
    active = models.BooleanField(default=True)
    valid_from = models.DateField(null=True, blank=True, help_text="First day, in the venue's time; empty: at once.")
    valid_until = models.DateField(null=True, blank=True, help_text="Last day, in the venue's time; empty: for ever.")
    minimum_spend = money(null=True, blank=True, help_text="What the items have to come to; empty: anything.")
    usage_limit = models.PositiveIntegerField(null=True, blank=True, help_text="How many orders; empty: any number.")
    times_used = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["venue", "code"]
        constraints = [
            models.UniqueConstraint("venue", Upper("code"), name="one_discount_per_code"),
            models.CheckConstraint(
                condition=models.Q(percent__isnull=True, amount__isnull=False)
                | models.Q(percent__isnull=False, amount__isnull=True),
                name="discount_is_percent_or_amount",
                violation_error_message="Give either a percentage or an amount.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
