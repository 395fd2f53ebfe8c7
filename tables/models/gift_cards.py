"""Gift cards of a venue's own: a balance that only entries change. The code is stored hashed."""

import uuid

from django.db import models

from storekit.db import clock
from storekit.db.fields import money
from storekit.models import Venue
from tables.models.payments import Payment


class GiftCard(models.Model):
    """A gift card. `balance` is what can be spent; what payments hold has been taken from it already."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="gift_cards")
    code_hash = models.CharField(max_length=64, editable=False)
    last_digits = models.CharField(max_length=4, help_text="The end of its code, to recognise it by.")
    balance = money(default=0)
    expires_on = models.DateField(null=True, blank=True, help_text="The last day on which it can be used.")
    blocked_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "code_hash"], name="one_gift_card_per_code"),
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="gift_card_never_negative"),
        ]

    def __str__(self) -> str:
        return f"Gift card …{self.last_digits}"


class GiftCardEntry(models.Model):
    """A change of a gift card's balance. The entries of a card add up to its balance."""

    class Kind(models.TextChoices):
        ISSUED = "issued", "Issued"
        TOPPED_UP = "topped_up", "Topped up"
        HELD = "held", "Held for a payment"
        RELEASED = "released", "Given back, not charged"
        CAPTURED = "captured", "Paid with"
        REFUNDED = "refunded", "Refunded"
        CORRECTED = "corrected", "Corrected"
        BLOCKED = "blocked", "Blocked"
        UNBLOCKED = "unblocked", "Unblocked"
        EXTENDED = "extended", "Expiry changed"

    card = models.ForeignKey(GiftCard, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = money(help_text="What it changed the balance by: below zero for what was taken, zero for a capture.")
    key = models.CharField(max_length=100, help_text="Of the request: repeating it changes nothing.")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="gift_card_entries")
    hold = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="following",
        help_text="What held the amount that this entry captures, releases or refunds.",
    )
    by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["card", "key"], name="one_gift_card_entry_per_key")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"
