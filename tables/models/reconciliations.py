"""Comparisons of what guests paid with what the till has, and the differences found."""

from django.db import models

from storekit.db import clock
from storekit.db.fields import money
from storekit.models import Venue
from tables.models.bills import Bill
from tables.models.payments import Payment


class Reconciliation(models.Model):
    """A comparison of one venue's service day. A row with a `next_attempt_at` is waiting to be carried out."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being compared"
        DONE = "done", "Compared"

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="reconciliations")
    day = models.DateField("service day")
    nightly = models.BooleanField(default=False, help_text="Made automatically after the day ended.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    requested_by = models.CharField(max_length=150, blank=True)
    requested_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    payments = models.PositiveIntegerField(default=0, help_text="How many payments were compared.")
    difference_count = models.PositiveIntegerField("differences", default=0)
    totals = models.JSONField(
        default=list, help_text="By method: {method, payments, captured, tips, refunded, till}, amounts as text."
    )
    error = models.TextField(blank=True, help_text="Why the till could not be asked.")
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_alert_at = models.DateTimeField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "day"], condition=models.Q(nightly=True), name="one_reconciliation_per_night"
            )
        ]
        indexes = [
            models.Index(fields=["venue", "-day"], name="reconciliations_of_a_venue"),
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="reconciliation_due"
            ),
            models.Index(
                fields=["next_alert_at"], condition=models.Q(next_alert_at__isnull=False), name="reconciliation_alert"
            ),
        ]

    def __str__(self) -> str:
        return f"Payments of {self.day:%-d %B %Y} at {self.venue}"


class Difference(models.Model):
    """A payment about which storekit and the till disagree. Amounts are without tips."""

    class Cause(models.TextChoices):
        NOT_ON_TILL = "not_on_till", "Not on the till"
        NOT_CAPTURED = "not_captured", "On the till, but the guest was not charged"
        OTHER_AMOUNT = "other_amount", "Another amount on the till"
        TWICE = "twice", "Twice on the till"
        REFUNDED = "refunded", "Refunded: the POS cannot show that"
        CANNOT_BE_CHECKED = "cannot_be_checked", "Cannot be checked: the POS does not say"

    reconciliation = models.ForeignKey(Reconciliation, models.CASCADE, related_name="differences")
    payment = models.ForeignKey(Payment, models.SET_NULL, null=True, blank=True, related_name="differences")
    bill = models.ForeignKey(Bill, models.SET_NULL, null=True, blank=True, related_name="+")
    cause = models.CharField(max_length=20, choices=Cause)
    method = models.CharField(max_length=12, choices=Payment.Method, blank=True)
    account = models.CharField("check", max_length=64, blank=True)
    reference = models.CharField(max_length=64, blank=True, help_text="Under which the till has the payment.")
    captured = money(default=0, help_text="What the guest was charged and still is.")
    till = money(null=True, blank=True, help_text="What the till has; empty if that is unknown.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.get_cause_display()
