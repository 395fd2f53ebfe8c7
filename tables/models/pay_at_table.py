"""Pay at table: whether a venue uses it, and the tokens of codes that were replaced."""

from django.db import models

from storekit.models import Venue
from tables.models.floor import Table


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
