"""The injection that brings an order onto the till, its attempts, and the alerts about it."""

from datetime import datetime

from django.db import models

from orders.models.orders import Order
from storekit.db import clock


class InjectionQuerySet(models.QuerySet["Injection"]):
    """Common queries on injections."""

    def due(self, now: datetime) -> "InjectionQuerySet":
        """Return the injections that may be sent now: they are due, or their worker's lease has run out."""
        time_has_come = models.Q(state__in=["waiting", "scheduled"], next_attempt_at__lte=now)
        return self.filter(time_has_come | models.Q(state="sending", lease_until__lte=now))


class Injection(models.Model):
    """The delivery of an order to the till: a row with a state, a next attempt and a lease.

    The sweep finds due rows; tasks only save waiting.

    (scheduled →) waiting → sending → accepted → confirmed; back to waiting if the POS cannot be reached, failed if it
    refuses.
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
    revision = models.PositiveSmallIntegerField(default=1, help_text="Rises only after a definite refusal.")
    reference = models.CharField(max_length=48, unique=True, help_text="The same on every attempt of one revision.")
    location = models.CharField(
        max_length=32,
        blank=True,
        help_text="The business location it is sent to, fixed before the first attempt.",
    )
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Only this attempt may record its outcome."
    )
    attempts = models.PositiveIntegerField(default=0)
    account = models.CharField(max_length=64, blank=True, help_text="The check's number at the POS.")
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    due_since = models.DateTimeField(
        null=True, blank=True, help_text="When this revision was first due; its deadline counts from then."
    )
    deliver_by = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until when the POS tries to deliver it. If unconfirmed then, we check.",
    )
    without_email = models.BooleanField(
        default=False, help_text="Leave out the e-mail address, because the POS knows it as another customer's."
    )
    native_discount_refused = models.BooleanField(
        default=False, help_text="Send the discount as a line, because the POS does not know its id."
    )
    menu_retried = models.BooleanField(
        default=False, help_text="It was sent once more after a till did not know an item."
    )
    refused = models.BooleanField(default=False, help_text="The till refused this reference.")
    confirmation_checks = models.PositiveSmallIntegerField(
        default=0, help_text="How many times the POS's open checks were searched for the order."
    )
    failures = models.PositiveIntegerField(default=0, help_text="How often it failed. Each failure is reported once.")
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
            models.Index(fields=["failed_at"], condition=models.Q(state="failed"), name="injection_failed"),
        ]

    def __str__(self) -> str:
        return f"Injection of order {self.order_id}: {self.get_state_display()}"


class CheckIdentifier(models.Model):
    """Something that the check of an order on the till is known by: its uuid, or one of the identifiers it has had."""

    injection = models.ForeignKey(Injection, models.CASCADE, related_name="check_identifiers")
    identifier = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["injection", "identifier"], name="one_row_per_check_identifier")]

    def __str__(self) -> str:
        return self.identifier


class InjectionAttempt(models.Model):
    """One call to the POS. Written before the call, so that a killed worker leaves evidence."""

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        ACCEPTED = "accepted", "Accepted"
        DUPLICATE = "duplicate", "Already arrived"
        UNREACHABLE = "unreachable", "POS unreachable"
        THROTTLED = "throttled", "POS asked us to wait"
        UNAUTHORISED = "unauthorised", "Reconnect needed"
        REJECTED = "rejected", "Rejected"
        BAD_ANSWER = "bad_answer", "Unreadable response"
        ERROR = "error", "Internal error"

    injection = models.ForeignKey(Injection, models.CASCADE, related_name="attempt_rows")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=48)
    lease = models.UUIDField(editable=False)
    # By the same clock as `Injection.due_since`.
    started_at = models.DateTimeField(default=clock.now)
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
    """An alert about an order over one channel. The row says when it is due; tasks only make it fast.

    The menu is a channel too: items that the POS refused the order for as sold out are snoozed on it.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        TILL = "till", "Message on the till"
        MENU = "menu", "Snooze on the menu"

    class About(models.TextChoices):
        FAILED = "failed", "Not on the till"
        CANCELLED = "cancelled", "Cancelled"
        DOUBLE = "double", "May be on the till twice"
        NOTES = "notes", "Notes that do not fit on the ticket"

    order = models.ForeignKey(Order, models.CASCADE, related_name="alerts")
    channel = models.CharField(max_length=8, choices=Channel)
    about = models.CharField(max_length=10, choices=About)
    occurrence = models.PositiveIntegerField(default=1, help_text="Which failure of the order it is about, from 1.")
    created_at = models.DateTimeField(auto_now_add=True)
    # While it is being sent: when the lease runs out. Empty once it is sent or given up.
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    in_digest = models.BooleanField(
        default=False, db_default=False, help_text="Sent together with the other failures of a rush."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # Kept for the menu: the injection loses its own when staff handle the order.
    code = models.CharField(max_length=40, blank=True, help_text="Why the POS refused the order.")
    pos_words = models.TextField("message from the POS", blank=True)
    item = models.CharField(max_length=255, blank=True, help_text="The item that the POS's message quotes.")

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
            ),
            models.Index(fields=["created_at"], name="order_alert_created"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.order} – {self.get_about_display()}"
