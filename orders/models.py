"""Orders with their lines, and the injection that brings each of them onto the till."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from storekit.models import Venue

CLOSED_STATUSES = ("completed", "cancelled")


def money(**options: Any) -> models.DecimalField:
    """A column for an amount in the venue's currency."""
    return models.DecimalField(max_digits=12, decimal_places=2, **options)


class OrderCounter(models.Model):
    """The last order number that a venue gave out."""

    venue = models.OneToOneField(Venue, models.CASCADE, primary_key=True, related_name="order_counter")
    last_number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.venue}: {self.last_number}"


class OrderQuerySet(models.QuerySet["Order"]):
    """What is asked of orders again and again."""

    def open(self) -> "OrderQuerySet":
        """Neither completed nor cancelled."""
        return self.exclude(status__in=CLOSED_STATUSES)


class Order(models.Model):
    """What a guest ordered, priced by us. Every amount is final: it never follows a later change of the menu."""

    class Type(models.TextChoices):
        PICKUP = "pickup", "Pickup"
        DELIVERY = "delivery", "Delivery"
        DINE_IN = "dine_in", "Dine-in"

    class Status(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", "Awaiting payment"
        PLACED = "placed", "Placed"
        CONFIRMED = "confirmed", "Confirmed"
        READY = "ready", "Ready"
        OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    class PaymentStatus(models.TextChoices):
        PAID = "paid", "Paid"
        UNPAID = "unpaid", "Unpaid"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="orders")
    number = models.PositiveBigIntegerField()
    collection_code = models.CharField(max_length=8)
    type = models.CharField(max_length=10, choices=Type)
    status = models.CharField(max_length=20, choices=Status)
    scheduled_for = models.DateTimeField(null=True, blank=True)

    first_name = models.CharField(max_length=128)
    last_name = models.CharField(max_length=128, blank=True)
    email = models.EmailField(blank=True)
    phone = PhoneNumberField(blank=True)
    note = models.CharField(max_length=500, blank=True)

    items_total = money()
    discount = money(default=0)
    delivery_fee = money(default=0)
    service_charge = money(default=0)
    tip = money(default=0)
    total = money()

    payment_status = models.CharField(max_length=8, choices=PaymentStatus)
    payment_reference = models.CharField(max_length=128, blank=True)
    payment_amount = money(default=0)

    menu_version = models.PositiveBigIntegerField(help_text="Of the menu that the prices came from.")
    placed_at = models.DateTimeField(auto_now_add=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "number"], name="one_order_per_number"),
            models.UniqueConstraint(
                fields=["venue", "collection_code"],
                condition=~models.Q(status__in=CLOSED_STATUSES),
                name="one_open_order_per_collection_code",
            ),
        ]
        indexes = [models.Index(fields=["venue", "-placed_at"], name="orders_of_venue")]

    def __str__(self) -> str:
        return f"Order {self.number}"


class OrderLine(models.Model):
    """A product of the order, or with a `parent` a choice made for the line above it, to any depth.

    `quantity` of a choice is per one of its parent; `unit_price` is the price of one.
    """

    class Kind(models.TextChoices):
        PRODUCT = "product", "Product"
        INSTRUCTION = "instruction", "Instruction"
        MODIFIER = "modifier", "Modifier"
        DEAL = "deal", "Item of a deal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="choices")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    menu_id = models.UUIDField(help_text="Id of the product or modifier in the menu.")
    sku = models.CharField("SKU", max_length=25, blank=True)
    instruction_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    unit_price = money()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class InjectionQuerySet(models.QuerySet["Injection"]):
    """What is asked of injections again and again."""

    def due(self, now: datetime) -> "InjectionQuerySet":
        """What may be sent now: its time has come, or whoever was sending it has not been heard of for too long."""
        time_has_come = models.Q(state__in=["waiting", "scheduled"], next_attempt_at__lte=now)
        return self.filter(time_has_come | models.Q(state="sending", lease_until__lte=now))


class Injection(models.Model):
    """The order's way to the till: a row with a state, a next attempt and a lease. Tasks only nudge it.

    waiting → sending → accepted → confirmed, back to waiting when the POS could not be reached, failed when it said no.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Sending"
        ACCEPTED = "accepted", "Accepted by the POS"
        CONFIRMED = "confirmed", "On the till"
        FAILED = "failed", "Failed"

    order = models.OneToOneField(Order, models.CASCADE, related_name="injection")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    revision = models.PositiveSmallIntegerField(default=1, help_text="Goes up only after a definite refusal.")
    reference = models.CharField(max_length=48, unique=True, help_text="The same on every attempt of one revision.")
    location = models.CharField(
        max_length=32, blank=True, help_text="The business location whose till it is meant for, once there is one."
    )
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False, help_text="Whose attempt may record its outcome.")
    attempts = models.PositiveIntegerField(default=0)
    account = models.CharField(max_length=64, blank=True, help_text="The check's number at the POS.")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = InjectionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state__in=["waiting", "scheduled"]), name="injection_due"
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="injection_lease"),
        ]

    def __str__(self) -> str:
        return f"Injection of order {self.order_id}: {self.get_state_display()}"


class InjectionAttempt(models.Model):
    """One call to the POS. Written before the call, so that a killed worker leaves evidence."""

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "Not known"
        ACCEPTED = "accepted", "Accepted"
        DUPLICATE = "duplicate", "Had arrived already"
        UNREACHABLE = "unreachable", "POS unreachable"
        THROTTLED = "throttled", "POS throttled us"
        UNAUTHORISED = "unauthorised", "Reconnect needed"
        REJECTED = "rejected", "Rejected"
        BAD_ANSWER = "bad_answer", "Answer not understood"
        ERROR = "error", "storekit stumbled"

    injection = models.ForeignKey(Injection, models.CASCADE, related_name="attempt_rows")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=48)
    lease = models.UUIDField(editable=False)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.UNKNOWN)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["injection", "number"], name="one_attempt_per_number")]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.get_outcome_display()}"
