"""What is left of items, who snoozed what until when, and when the till was last asked. All by SKU.

A SKU is one item at the till, on however many screens and in however many groups it stands, and it outlives the rows
of the menu, which a sync may take away and bring back. So what is known of an item hangs on its SKU.
"""

import uuid

from django.db import models
from django.utils import timezone

from storekit.models import Venue


class StockLevel(models.Model):
    """What the POS last said of one item, on the menu or not, and what we have sold of it since.

    `taken` are our own orders that the POS's count does not show yet; see `menus.stock.levels`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="stock_levels")
    sku = models.CharField("SKU", max_length=25)
    restricted = models.BooleanField(default=False)
    count = models.IntegerField(null=True, blank=True, help_text="Of a restricted item; empty: none at all.")
    counted_at = models.DateTimeField(null=True, blank=True, help_text="By the POS's own clock.")
    heard_at = models.DateTimeField(help_text="When the POS's word reached us.")
    taken = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "sku"], name="one_stock_level_per_sku")]

    def __str__(self) -> str:
        return f"{self.sku}: {'not restricted' if self.left is None else f'{self.left} left'}"

    @property
    def left(self) -> int | None:
        """How many may still be sold; None: as many as anybody wants."""
        if not self.restricted:
            return None
        return max(self.count - self.taken, 0) if self.count is not None else 0


class StockWatch(models.Model):
    """When a venue's items are compared with the till, and what the last comparison found.

    `lease_until` is when a comparison that is under way is given up; `due_at` is set when one was asked for or failed.
    """

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="stock_watch")
    due_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    compared_at = models.DateTimeField(null=True, blank=True)
    items = models.PositiveIntegerField(default=0, help_text="How many the till was asked for.")
    differences = models.JSONField(default=list, help_text="A line each, of the last comparison that found some.")
    differed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"Stock of {self.venue}"


class Snooze(models.Model):
    """One stretch of time in which an item could not be ordered, for the report; one line of it.

    By hand or because an order failed: the item sleeps until `until`, or until somebody wakes it. By the till: it was
    sold out there, and the row is only the record of it; what is sold out now stands in `StockLevel`.
    """

    class Source(models.TextChoices):
        LIGHTSPEED = "lightspeed", "Lightspeed"
        STAFF = "staff", "Staff"
        API = "api", "API"

    class Cause(models.TextChoices):
        BY_HAND = "by_hand", "By hand"
        ORDER_FAILURE = "order_failure", "An order failed"
        TILL = "till", "Sold out on the till"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="snoozes")
    product = models.ForeignKey("menus.Product", models.SET_NULL, null=True, blank=True, related_name="snoozes")
    modifier = models.ForeignKey("menus.Modifier", models.SET_NULL, null=True, blank=True, related_name="snoozes")
    sku = models.CharField("SKU", max_length=25)
    name = models.CharField(max_length=255, help_text="As on the till at the time.")
    source = models.CharField(max_length=10, choices=Source)
    cause = models.CharField(max_length=13, choices=Cause, default=Cause.BY_HAND)
    by = models.CharField("who", max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    order = models.CharField("order number", max_length=40, blank=True)
    starts_at = models.DateTimeField("from", default=timezone.now)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty: until further notice.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-starts_at", "sku"]
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "sku"],
                condition=models.Q(cause="till", ended_at=None),
                name="one_open_record_of_the_till_per_sku",
            ),
            models.UniqueConstraint(
                fields=["venue", "sku", "order"],
                condition=models.Q(cause="order_failure", ended_at=None),
                name="one_open_snooze_per_failed_order",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-starts_at"], name="snooze_report"),
            models.Index(fields=["until"], condition=models.Q(ended_at=None, until__isnull=False), name="snooze_due"),
            models.Index(fields=["venue", "sku"], condition=models.Q(ended_at=None), name="snooze_open"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"
