"""The injection that brings an order onto the till, its attempts, and what people are told of it."""

from datetime import datetime

from django.db import models

from orders.models.orders import Order


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
    due_since = models.DateTimeField(
        null=True, blank=True, help_text="When this revision was to be sent first; what is late is late from then."
    )
    deliver_by = models.DateTimeField(
        null=True, blank=True, help_text="Until when the POS tries to get it onto a till; unconfirmed then, we look."
    )
    without_email = models.BooleanField(
        default=False, help_text="The POS knows the e-mail address as another customer's, so it is left out."
    )
    native_discount_refused = models.BooleanField(
        default=False, help_text="The POS did not know the discount's id, so the discount goes as a line."
    )
    refused = models.BooleanField(default=False, help_text="The POS said that the till did not take this reference.")
    confirmation_checks = models.PositiveSmallIntegerField(
        default=0, help_text="How often its confirmation was looked for among the POS's open checks."
    )
    failures = models.PositiveIntegerField(default=0, help_text="How often it failed; each failure is told once.")
    accepted_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = InjectionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state__in=["waiting", "scheduled"]), name="injection_due"
            ),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="injection_lease"),
            models.Index(fields=["deliver_by"], condition=models.Q(state="accepted"), name="injection_unconfirmed"),
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


class Alert(models.Model):
    """One thing to tell the venue about an order, by one way: a row until it is told. Tasks only nudge it.

    The menu is told too: what the POS refused the order for as sold out is snoozed on it.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        TILL = "till", "Message on the till"
        MENU = "menu", "Snoozed on the menu"

    class About(models.TextChoices):
        FAILED = "failed", "Not on the till"
        CANCELLED = "cancelled", "Cancelled"
        DOUBLE = "double", "Perhaps twice on the till"

    order = models.ForeignKey(Order, models.CASCADE, related_name="alerts")
    channel = models.CharField(max_length=8, choices=Channel)
    about = models.CharField(max_length=10, choices=About)
    occurrence = models.PositiveIntegerField(default=1, help_text="The how-manieth failure of the order it is about.")
    created_at = models.DateTimeField(auto_now_add=True)
    # While it is being told: when whoever does so is given up. Empty: told, or given up.
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # Kept for the menu: the injection's own are gone when the order is sent again or seen to.
    code = models.CharField(max_length=40, blank=True, help_text="Why the POS refused the order.")
    pos_words = models.TextField("the POS's words", blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "channel", "about", "occurrence"], name="one_alert_per_channel_and_occurrence"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="order_alert_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.order} – {self.get_about_display()}"
