"""Discount codes that guests can enter."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from storekit.db.fields import FoldedTextField, WithFoldedText, money
from storekit.models import Venue


class DiscountCode(WithFoldedText):
    """A code that takes a percentage or an amount off the items of an order, however a guest types it.

    `code_key` is what codes are found by and unique by: the code without the differences that no guest sees or means.
    Empty for a code that the upgrade found to be the same as an older one: nobody can use it until staff rename it.
    """

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="discount_codes")
    code = models.CharField(max_length=64, help_text="What the guest enters, in upper or lower case.")
    code_key = FoldedTextField(of="code", null=True, editable=False)
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
        help_text="Percentage off the items' total. Enter this or an amount, not both.",
    )
    amount = money(
        null=True,
        blank=True,
        help_text="Amount off the items' total, up to that total.",
    )
    pos_id = models.CharField(
        "POS id",
        max_length=64,
        blank=True,
        help_text="The discount's code in the POS, for native discounts.",
    )
    active = models.BooleanField(default=True)
    valid_from = models.DateField(null=True, blank=True, help_text="First day, in the venue's time. Empty: from now.")
    valid_until = models.DateField(null=True, blank=True, help_text="Last day, in the venue's time. Empty: no end.")
    minimum_spend = money(null=True, blank=True, help_text="Lowest items' total. Empty: no minimum.")
    usage_limit = models.PositiveIntegerField(null=True, blank=True, help_text="Number of orders. Empty: no limit.")
    times_used = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["venue", "code"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "code_key"], name="one_discount_per_code_key"),
            models.CheckConstraint(
                condition=models.Q(percent__isnull=True, amount__isnull=False)
                | models.Q(percent__isnull=False, amount__isnull=True),
                name="discount_is_percent_or_amount",
                violation_error_message="Enter either a percentage or an amount.",
            ),
        ]

    def __str__(self) -> str:
        return self.code
