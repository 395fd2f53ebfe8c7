"""Pay at table: whether a venue uses it, and the tokens of codes that were replaced."""

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from storekit.db.fields import money
from storekit.models import Venue
from tables.models.floor import Table

_MOST_TIPS = 4
_HIGHEST_PERCENTAGE = 50
_AMOUNT = re.compile(r"[0-9]{1,7}([.][0-9]{1,3})?")


class Tips(models.TextChoices):
    """How guests are asked for a tip."""

    OFF = "off", "Do not ask"
    PERCENTAGES = "percentages", "Percentages of the bill"
    SMART = "smart", "Amounts on small bills, percentages on others"


def default_percentages() -> list[int]:
    """Return the percentages that a new venue offers."""
    return [10, 12, 15]


def default_amounts() -> list[str]:
    """Return the amounts that a new venue offers on small bills."""
    return ["1", "2", "3"]


def are_percentages(value: Any) -> None:
    """Check a list of one to four whole percentages from 1 to 50. Raises `ValidationError`."""
    fits = isinstance(value, list) and 1 <= len(value) <= _MOST_TIPS
    if not fits or not all(type(each) is int and 1 <= each <= _HIGHEST_PERCENTAGE for each in value):
        raise ValidationError("List one to four whole numbers from 1 to 50, such as [10, 12, 15].")


def are_amounts(value: Any) -> None:
    """Check a list of one to four amounts above zero, as text. Raises `ValidationError`."""
    fits = isinstance(value, list) and 1 <= len(value) <= _MOST_TIPS
    if not fits or not all(isinstance(each, str) and _AMOUNT.fullmatch(each) and Decimal(each) for each in value):
        raise ValidationError('List one to four amounts as text, such as ["1", "2", "2.50"].')


class PayAtTable(models.Model):
    """A venue's settings for pay at table. Without a row, or switched off, no code of the venue opens anything."""

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="pay_at_table")
    enabled = models.BooleanField(
        "switched on", default=False, help_text="Guests who scan the code on their table see its bill."
    )
    sheet_text = models.CharField(
        "text on the codes",
        max_length=80,
        blank=True,
        default="Scan to see your bill",
        help_text="One line, printed under each code.",
    )

    payments_enabled = models.BooleanField(
        "guests can pay", default=False, help_text="If switched off, guests see their bill and pay the staff."
    )
    tips = models.CharField(max_length=12, choices=Tips, default=Tips.PERCENTAGES)
    tip_percentages = models.JSONField(
        "tips to choose from, in per cent", default=default_percentages, validators=[are_percentages]
    )
    small_bill_tips = models.JSONField(
        "tips on small bills", default=default_amounts, validators=[are_amounts], help_text="In the venue's currency."
    )
    small_bill_below = money(verbose_name="small bills are below", default=20)
    tips_beside_service_charge = models.BooleanField(
        "ask for a tip beside a service charge",
        default=False,
        help_text="If switched off, guests whose bill has a service charge are not asked for a tip.",
    )
    gift_cards = models.BooleanField(default=False, help_text="Guests can pay with the venue’s gift cards.")
    ordering = models.BooleanField(
        "ordering from the table", default=False, help_text="Guests can add to their bill from the same page."
    )
    provider_account = models.CharField(
        "Stripe account", max_length=64, blank=True, help_text="The venue’s connected account, such as acct_1A2b3C."
    )
    statement_descriptor = models.CharField(
        "on card statements",
        max_length=22,
        blank=True,
        help_text="How the payment appears on the guest’s card statement.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "pay at table"

    def __str__(self) -> str:
        return f"Pay at table at {self.venue}"


class RetiredToken(models.Model):
    """The token of a code that was replaced. A guest who scans it is told to ask the staff."""

    table = models.ForeignKey(Table, models.CASCADE, related_name="retired_tokens")
    token = models.CharField(max_length=32, unique=True)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"A former code of {self.table}"
