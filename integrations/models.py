"""Connections to the POS with their settings, the notifications received, and the syncs and their schedules."""

import secrets
import uuid
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from integrations import recurrence
from storekit.encryption import EncryptedTextField
from storekit.models import Venue


def _webhook_password() -> str:
    return secrets.token_urlsafe(32)


class Connection(models.Model):
    """A venue's link to its POS: environment and location, state of the consent, webhook credentials, readiness."""

    class Status(models.TextChoices):
        DISCONNECTED = "disconnected", "Not connected"
        CHOOSING_LOCATION = "choosing_location", "Location not chosen yet"
        CONNECTED = "connected", "Connected"
        RECONNECT_NEEDED = "reconnect_needed", "Reconnect needed"

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="connection")
    environment = models.CharField(max_length=20, editable=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.DISCONNECTED, editable=False)
    status_reason = models.CharField(max_length=500, blank=True, editable=False)
    consent_ended_at = models.DateTimeField("access ended", null=True, blank=True, editable=False)
    consent_alerts = models.PositiveIntegerField(
        default=0, editable=False, help_text="How many e-mails have asked the venue to reconnect."
    )
    next_consent_alert_at = models.DateTimeField(null=True, blank=True, editable=False)
    enabled = models.BooleanField(
        default=True, help_text="If switched off, nothing is sent to the POS and orders wait."
    )
    business_id = models.CharField(max_length=32, blank=True, editable=False)
    business_name = models.CharField(max_length=200, blank=True, editable=False)
    business_location_id = models.CharField(max_length=32, blank=True, editable=False)
    location_name = models.CharField(max_length=200, blank=True, editable=False)
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook_username = models.CharField(max_length=64, default="storekit", editable=False)
    webhook_password = EncryptedTextField(default=_webhook_password, editable=False)
    webhook_registered_at = models.DateTimeField(null=True, blank=True, editable=False)
    webhook_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    webhook_found = models.CharField(
        "last webhook problem",
        max_length=500,
        blank=True,
        editable=False,
        help_text="The last problem a check found, and whether it was fixed.",
    )

    pos_ready = models.BooleanField(
        null=True, editable=False, help_text="Whether the POS takes online orders; empty if not known."
    )
    not_ready_reason = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Why the POS takes no online orders; empty if it does."
    )
    readiness_at = models.DateTimeField(
        "since", null=True, blank=True, editable=False, help_text="According to the POS's clock."
    )

    missing_permission = models.CharField(
        max_length=500,
        blank=True,
        editable=False,
        help_text="What the person who connected the venue may not do at the POS; empty if nothing is missing.",
    )
    pos_warnings = models.TextField(
        "warnings of the POS",
        blank=True,
        editable=False,
        help_text="What the POS warned of in its last answer about stock, one warning a line.",
    )
    webhook_warnings = models.TextField(
        "warnings about the webhook",
        blank=True,
        editable=False,
        help_text="What the POS warned of when the webhook was last registered or checked, one warning a line.",
    )

    unanswered_calls = models.PositiveIntegerField(
        default=0, editable=False, help_text="Calls in a row that the POS did not answer."
    )
    breaker_open_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then the POS is not called, because it did not answer."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "business_location_id"],
                condition=~models.Q(business_location_id=""),
                name="one_location_to_one_venue",
            )
        ]

    def __str__(self) -> str:
        return f"{self.venue} – {self.get_status_display()}"

    @property
    def endpoint_id(self) -> str:
        """The id our webhook is registered under; the POS treats it as case-sensitive."""
        return f"storekit-{self.public_id.hex}"


class TokenPair(models.Model):
    """A connection's OAuth tokens. `refreshing_until` is the lease of the one process that may refresh them."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="tokens", primary_key=True)
    access_token = EncryptedTextField()
    refresh_token = EncryptedTextField(blank=True)
    scope = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    generation = models.PositiveIntegerField(default=1, help_text="Increases with every new pair.")
    refreshing_until = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Tokens of {self.connection.venue}"


class WaitingConsent(models.Model):
    """A new consent whose location is not chosen yet, beside the connection that is in use until then."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="waiting_consent", primary_key=True)
    access_token = EncryptedTextField()
    refresh_token = EncryptedTextField(blank=True)
    scope = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField(
        db_index=True, help_text="It is never renewed: then consent has to be given again."
    )
    given_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"New consent of {self.connection.venue}"


class LightspeedSettings(models.Model):
    """A venue's settings for mapping its menu and orders to Lightspeed K-Series."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="settings")
    delivery_fee_sku = models.CharField("delivery fee SKU", max_length=25, default="STOREKIT_DELIVERY")
    discount_sku = models.CharField("discount SKU", max_length=25, default="STOREKIT_DISCOUNT")
    service_charge_sku = models.CharField("service charge SKU", max_length=25, default="STOREKIT_SERVICE_CHARGE")
    payment_method = models.CharField(
        max_length=64, default="STOREKIT", help_text="Code of the Lightspeed payment method for online orders."
    )
    pickup_profile = models.CharField(max_length=64, default="storekit", help_text="Order profile code for pickup.")
    delivery_profile = models.CharField(max_length=64, default="storekit", help_text="Order profile code for delivery.")
    dine_in_profile = models.CharField(max_length=64, default="storekit", help_text="Order profile code for dine-in.")
    buffer_orders = models.BooleanField(
        default=False, help_text="Send orders for later to the POS only shortly before their time."
    )
    buffer_minutes = models.PositiveSmallIntegerField(default=20)
    native_discounts = models.BooleanField(
        default=False, help_text="Send the discount’s Lightspeed id instead of adding a discount line."
    )
    update_images = models.BooleanField(
        default=True, help_text="If switched off, syncs keep the images that staff uploaded."
    )
    update_descriptions = models.BooleanField(
        default=True, help_text="If switched off, syncs keep the descriptions that staff wrote."
    )
    subscreens_as_categories = models.BooleanField(
        "sub-screens as categories",
        default=False,
        help_text="If switched off, a sub-screen becomes a sub-category of its screen.",
    )
    flatten_subscreens = models.BooleanField(
        default=False,
        help_text="Show the items of sub-screens in their screen’s category. Overrides the setting above.",
    )
    menu_profile = models.CharField(
        max_length=64,
        blank=True,
        help_text="Code of the order profile whose prices are used; leave empty for the normal prices.",
    )
    preferred_language = models.CharField(max_length=12, default="en")
    pat_payment_method = models.CharField("pay-at-table payment method", max_length=64, default="APM")
    gift_card_payment_method = models.CharField(
        max_length=64, blank=True, help_text="Leave empty to use the pay-at-table payment method."
    )
    ignore_free_items = models.BooleanField(default=False)
    auto_close_delay = models.PositiveSmallIntegerField(
        default=5, help_text="Minutes until a paid bill is checked and closed."
    )

    class Meta:
        verbose_name = verbose_name_plural = "Lightspeed settings"

    def __str__(self) -> str:
        return f"Lightspeed settings of {self.connection.venue}"


class Notification(models.Model):
    """A notification from the POS, in a ledger: stored when received, processed by a task, never edited by hand."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="notifications")
    type = models.CharField(max_length=20)
    status = models.CharField(max_length=40)
    reference = models.CharField(max_length=64, blank=True)
    account = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, help_text="Identifies the fact, to recognise duplicates.")
    # Fractions are parsed as decimals; the encoder stores them as text, with every digit.
    body = models.JSONField(encoder=DjangoJSONEncoder)
    received_at = models.DateTimeField(auto_now_add=True)
    times_received = models.PositiveIntegerField(default=1)
    processed_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "fingerprint"], name="one_notification_per_fact"),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(processed_at=None), name="notification_waiting"
            ),
            models.Index(fields=["reference"], name="notification_reference"),
            models.Index(fields=["connection", "received_at"], name="notification_received"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.status} {self.reference or self.account}"


class SyncRun(models.Model):
    """A run of a sync, queued, running or finished, with its progress and its report."""

    class Kind(models.TextChoices):
        MENU = "menu", "Menu"
        FLOOR_PLAN = "floor_plan", "Floor plan"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        HELD = "held", "Waiting for approval"
        SUPERSEDED = "superseded", "Superseded"
        FAILED = "failed", "Failed"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="sync_runs")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    options = models.JSONField(default=dict, help_text="Options that differ from a normal sync.")
    started_by = models.CharField(max_length=200, blank=True)
    scheduled = models.BooleanField(
        default=False, help_text="Started by a schedule: the venue is e-mailed if it fails."
    )
    # While queued: when it was queued.
    started_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(
        help_text="If queued, when it is queued again. If running, when it counts as abandoned."
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    step = models.CharField(max_length=120, blank=True)
    counts = models.JSONField(default=dict, help_text="Number of rows {created, updated, archived, unchanged}.")
    plan = models.JSONField(default=dict, help_text="For a held run: the changes it would make, for staff to review.")
    warnings = models.JSONField(default=list)
    error = models.TextField(blank=True)
    next_alert_at = models.DateTimeField(
        null=True, blank=True, help_text="When the venue is to be e-mailed; empty if it is not."
    )
    alerted_at = models.DateTimeField("venue e-mailed at", null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_sync_at_a_time",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_alert_at"], condition=models.Q(next_alert_at__isnull=False), name="sync_alert_due"
            ),
        ]

    def __str__(self) -> str:
        # The state is left out: the page shows this as its title and updates the state in place.
        return f"{self.get_kind_display()} sync of {self.connection.venue}"


class SyncSchedule(models.Model):
    """A weekly schedule for a sync, in the venue's time zone.

    `next_run_at` is valid for as long as `reckoned_from` describes the schedule and the venue's time zone. When either
    changes without this row being saved (a bulk update, the venue's page), the sweep notices and recalculates it.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="schedules")
    kind = models.CharField("what", max_length=12, choices=SyncRun.Kind, default=SyncRun.Kind.MENU)
    time = models.TimeField(help_text="In the venue's time zone.")
    weekdays = models.JSONField(default=recurrence.every_day, help_text="0 is Monday, 6 is Sunday.")
    enabled = models.BooleanField(default=True)
    light = models.BooleanField(
        "light sync",
        default=False,
        help_text="Updates only the menu's prices and availability. Quicker, but adds no new products.",
    )
    next_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    reckoned_from = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["connection", "time"]
        indexes = [
            models.Index(fields=["next_run_at"], condition=models.Q(enabled=True), name="schedule_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.connection.venue}, {recurrence.in_words(self.time, self.weekdays)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row with `next_run_at` recalculated. Raises `ValueError` for invalid weekdays."""
        self.time = models.TimeField().to_python(self.time)
        self.weekdays = recurrence.read_weekdays(self.weekdays)
        changed = {"next_run_at", "reckoned_from"} if self.update_next_run(after=timezone.now()) else set()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *changed}
        super().save(*args, **kwargs)

    @property
    def basis(self) -> str:
        """Everything that `next_run_at` depends on, as text; empty if the schedule is not enabled."""
        days = "".join(map(str, self.weekdays))
        return f"{self.connection.venue.timezone} {self.time:%H:%M:%S.%f} {days}" if self.enabled else ""

    def update_next_run(self, *, after: datetime) -> bool:
        """Recalculate `next_run_at` if what it depends on has changed, without saving; return whether it had."""
        if self.reckoned_from == self.basis:
            return False
        self.reckoned_from = self.basis
        self.next_run_at = self.next_run_after(after=after) if self.enabled else None
        return True

    def next_run_after(self, *, after: datetime) -> datetime | None:
        """Return the first run after that moment, in UTC; None without weekdays."""
        zone = self.connection.venue.zone
        return recurrence.next_occurrence(after=after, time=self.time, weekdays=self.weekdays, zone=zone)
