"""Payments of guests at a table: a row with a state, a next attempt and a lease, its attempts and its refunds."""

import uuid
from datetime import datetime

from django.db import models

from storekit.db import clock
from storekit.db.fields import money
from storekit.encryption import EncryptedTextField
from storekit.models import Venue
from tables.models.bills import Bill
from tables.models.floor import Table


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Common queries on payments."""

    def due(self, now: datetime) -> "PaymentQuerySet":
        """Return the payments that have work to do now and that no process holds."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lte=now)
        return self.filter(free, next_attempt_at__lte=now)

    def claiming(self, now: datetime) -> "PaymentQuerySet":
        """Return the payments whose amount nobody else may pay: those that hold it, and those that are paid."""
        holding = models.Q(state=Payment.State.HELD, held_until__gt=now)
        return self.filter(holding | models.Q(state__in=CLAIMING_STATES))


class Payment(models.Model):
    """A part of a bill that a guest pays.

    held → authorised → sent → applied → captured; or refused, and then released, or refunded if the money was captured
    first. `Payment.next_attempt_at` says when the next step is due, and is empty while we wait for nobody or are done.
    """

    class State(models.TextChoices):
        HELD = "held", "Waiting for the guest"
        AUTHORISED = "authorised", "Authorised"
        SENT = "sent", "Sent to the till"
        APPLIED = "applied", "On the till"
        CAPTURED = "captured", "Paid"
        REFUSED = "refused", "Refused, being released"
        RELEASED = "released", "Not charged"
        REFUNDED = "refunded", "Refunded"

    class Method(models.TextChoices):
        CARD = "card", "Card"
        GIFT_CARD = "gift_card", "Gift card"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="table_payments")
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="guest_payments")
    table = models.ForeignKey(Table, models.SET_NULL, null=True, related_name="+", help_text="Where it was started.")
    state = models.CharField(max_length=12, choices=State, default=State.HELD)
    method = models.CharField(max_length=12, choices=Method)
    amount = money(help_text="Of the bill, without the tip.")
    tip = money(default=0)
    choice = models.JSONField(default=dict, help_text="What the guest chose to pay, as posted.")
    parts = models.JSONField(default=dict, help_text='By line: {"quantity": "1/3", "amount": "4.20"}.')
    share = models.CharField(max_length=20, blank=True, help_text='The part of an equal split, such as "2/5".')
    language = models.CharField(max_length=12, blank=True)
    email = models.EmailField(blank=True, help_text="Where the receipt goes.")

    provider = models.CharField(max_length=20, help_text="Who takes the money.")
    provider_account = models.CharField(max_length=64, blank=True, help_text="The venue's account there.")
    provider_reference = models.CharField(max_length=255, blank=True, help_text="The payment's name there.")
    provider_data = models.JSONField(default=dict, help_text="What the guest's page needs to go on. No card numbers.")
    posted_card = EncryptedTextField(
        blank=True, help_text="As posted, in JSON: a provider’s token, or a gift card’s code. Empty once it was used."
    )
    card = models.CharField(max_length=40, blank=True, help_text='For the receipt, such as "Visa 4242".')
    captured_first = models.BooleanField(default=False, help_text="Its method cannot be authorised.")
    captured = money(default=0, help_text="What was taken, with the tip.")
    refunded = money(default=0, help_text="What was given back.")

    pos_reference = models.CharField(max_length=50, blank=True, db_index=True, help_text="Of the present revision.")
    pos_revision = models.PositiveSmallIntegerField(default=1, help_text="Rises only after a definite refusal.")
    account = models.CharField(max_length=64, blank=True, help_text="The check's identifier that it was sent to.")

    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True, help_text="For staff.")
    needs_staff = models.BooleanField(default=False, help_text="A person has to look at it.")
    settled_by = models.CharField(max_length=150, blank=True, help_text="Who has looked at it.")

    created_at = models.DateTimeField(default=clock.now)
    held_until = models.DateTimeField()
    authorised_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(null=True, blank=True, help_text="Until when the till may take it.")
    applied_at = models.DateTimeField(null=True, blank=True)
    captured_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    receipt_due_at = models.DateTimeField(null=True, blank=True, help_text="When to send it by e-mail next.")
    receipt_sent_at = models.DateTimeField(null=True, blank=True)

    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, help_text="Of the present step.")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="pay_due"),
            models.Index(
                fields=["receipt_due_at"], condition=models.Q(receipt_due_at__isnull=False), name="pay_receipt_due"
            ),
            models.Index(fields=["bill", "state"], name="pay_of_a_bill"),
            models.Index(fields=["venue", "-created_at"], name="pay_of_a_venue"),
            models.Index(fields=["provider", "provider_reference"], name="pay_by_provider"),
            models.Index(fields=["venue"], condition=models.Q(needs_staff=True), name="pay_needs_staff"),
        ]

    def __str__(self) -> str:
        return f"Payment: {self.get_state_display()}"


CLAIMING_STATES = (
    Payment.State.AUTHORISED,
    Payment.State.SENT,
    Payment.State.APPLIED,
    Payment.State.CAPTURED,
)
"""The states, beside a hold that has not run out, in which nobody else may pay the same."""

ENDED_STATES = (Payment.State.CAPTURED, Payment.State.RELEASED, Payment.State.REFUNDED)
"""The states after which storekit does nothing more of its own accord."""


class PaymentAttempt(models.Model):
    """One step of a payment that called somebody. Written before the call, so that a killed worker leaves evidence."""

    class Step(models.TextChoices):
        AUTHORISE = "authorise", "Authorise"
        SEND = "send", "Send to the till"
        LOOK = "look", "Look at the check"
        CAPTURE = "capture", "Capture"
        RELEASE = "release", "Release"
        REFUND = "refund", "Refund"

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        DONE = "done", "Done"
        WAITING = "waiting", "Waiting"
        REFUSED = "refused", "Refused"
        UNREACHABLE = "unreachable", "No answer"
        ERROR = "error", "Internal error"

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="attempt_rows")
    step = models.CharField(max_length=10, choices=Step)
    reference = models.CharField(max_length=255, blank=True, help_text="The reference or key that was sent.")
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.UNKNOWN)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["started_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_step_display()}: {self.get_outcome_display()}"


class PaymentRefund(models.Model):
    """Money of a captured payment that staff give back. The POS cannot mirror it, so the till prints a message."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being refunded"
        DONE = "done", "Refunded"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    key = models.CharField(max_length=64, help_text="Of the form it was asked for with: a second click is the same.")
    amount = money()
    reason = models.CharField(max_length=200, blank=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    provider_reference = models.CharField(max_length=255, blank=True)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    printed_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=clock.now)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payment", "key"], name="one_refund_per_form")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="refund_due"
            )
        ]

    def __str__(self) -> str:
        return f"Refund of {self.amount}: {self.get_state_display()}"


class PaymentAlert(models.Model):
    """A message to the venue about a payment over one channel, sent once for each cause."""

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        TILL = "till", "Message on the till"

    class About(models.TextChoices):
        NOT_CAPTURED = "not_captured", "On the till, but the money could not be taken"
        NO_WORD = "no_word", "Nobody knows whether it is on the till"
        NOT_RELEASED = "not_released", "Could not be released or refunded"
        TWICE = "twice", "Twice on the till"
        REFUND_FAILED = "refund_failed", "Could not be refunded"

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="alerts")
    channel = models.CharField(max_length=8, choices=Channel)
    about = models.CharField(max_length=14, choices=About)
    occurrence = models.PositiveIntegerField(default=1)
    text = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "channel", "about", "occurrence"], name="one_payment_alert_per_cause"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="pay_alert_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_about_display()}, {self.get_channel_display()}"
