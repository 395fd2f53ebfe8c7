"""Stock levels, snoozes, and the comparison of stock with the POS. All by SKU.

A SKU is one item at the POS, in however many categories and groups it appears. It also outlives the menu's rows, which
a sync may archive and bring back. So stock and snoozes belong to the SKU.
"""

import uuid

from django.db import models
from django.utils import timezone

from storekit.models import Venue


class StockLevel(models.Model):
    """The POS's last stock count of an item, on the menu or not, and what we have sold since.

    `taken` counts items in our own orders that are on their way to the POS, whose count does not include them yet;
    `held` counts those in orders that are not, as they wait for their payment or their time. See `menus.stock.levels`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="stock_levels")
    sku = models.CharField("SKU", max_length=25)
    restricted = models.BooleanField(default=False)
    count = models.IntegerField(null=True, blank=True, help_text="Of a restricted item; empty if sold out.")
    counted_at = models.DateTimeField(null=True, blank=True, help_text="By the POS's own clock.")
    heard_at = models.DateTimeField(help_text="When the POS's update reached us.")
    taken = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    held = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "sku"], name="one_stock_level_per_sku")]

    def __str__(self) -> str:
        return f"{self.sku}: {'not restricted' if self.left is None else f'{self.left} left'}"

    @property
    def left(self) -> int | None:
        """How many may still be sold; None if there is no limit."""
        if not self.restricted:
            return None
        return max(self.count - self.taken - self.held, 0) if self.count is not None else 0


class StockWatch(models.Model):
    """The comparison of a venue's stock with the POS: when it is due, and what the last one found.

    `lease_until` is when a running comparison is given up; `due_at` is set when one was requested or has failed.
    """

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="stock_watch")
    due_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    compared_at = models.DateTimeField(null=True, blank=True)
    items = models.PositiveIntegerField(default=0, help_text="How many items were compared.")
    differences = models.JSONField(default=list, help_text="One line each, from the last comparison that found any.")
    differed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"Stock of {self.venue}"


class Snooze(models.Model):
    """A period in which an item could not be ordered: one line of the snooze report.

    A snooze by hand or after a failed order lasts until `until` or until staff end it. A row caused by the till only
    records that the item was sold out there; `StockLevel` says what is sold out now.
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
    name = models.CharField(max_length=255, help_text="As at the POS at the time.")
    source = models.CharField(max_length=10, choices=Source)
    cause = models.CharField(max_length=13, choices=Cause, default=Cause.BY_HAND)
    by = models.CharField("who", max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    order = models.CharField("order number", max_length=40, blank=True)
    starts_at = models.DateTimeField("from", default=timezone.now)
    until = models.DateTimeField(null=True, blank=True, help_text="Empty means until further notice.")
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
