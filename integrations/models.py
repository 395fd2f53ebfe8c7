"""Connections to the POS with their settings, what the POS told us, and the syncs that ran."""

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
    """One venue's link to its POS: the environment and location, the consent's state, the webhook's credentials."""

    class Status(models.TextChoices):
        DISCONNECTED = "disconnected", "Not connected"
        CHOOSING_LOCATION = "choosing_location", "Location not chosen yet"
        CONNECTED = "connected", "Connected"
        RECONNECT_NEEDED = "reconnect_needed", "Reconnect needed"

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="connection")
    environment = models.CharField(max_length=20, editable=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.DISCONNECTED, editable=False)
    status_reason = models.CharField(max_length=500, blank=True, editable=False)
    enabled = models.BooleanField(default=True, help_text="Off: nothing is sent to the POS; orders wait.")
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
        "webhook's last problem",
        max_length=500,
        blank=True,
        editable=False,
        help_text="What a check found last, and what became of it.",
    )

    pos_ready = models.BooleanField(null=True, editable=False, help_text="Empty: nobody knows.")
    not_ready_reason = models.CharField(
        max_length=200, blank=True, editable=False, help_text="A sentence for people; empty unless it is not ready."
    )
    readiness_at = models.DateTimeField(
        "since", null=True, blank=True, editable=False, help_text="By the POS's own clock."
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
        """The id under which our webhook is registered; case-sensitive at the POS."""
        return f"storekit-{self.public_id.hex}"


class TokenPair(models.Model):
    """The connection's OAuth tokens. `refreshing_until` is the lease of the one process that may refresh them."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="tokens", primary_key=True)
    access_token = EncryptedTextField()
    refresh_token = EncryptedTextField(blank=True)
    scope = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    generation = models.PositiveIntegerField(default=1, help_text="Goes up with every new pair.")
    refreshing_until = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Tokens of {self.connection.venue}"


class LightspeedSettings(models.Model):
    """How one venue's menu and orders are mapped to Lightspeed K-Series."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="settings")
    delivery_fee_sku = models.CharField("delivery fee SKU", max_length=25, default="STOREKIT_DELIVERY")
    discount_sku = models.CharField("discount SKU", max_length=25, default="STOREKIT_DISCOUNT")
    service_charge_sku = models.CharField("service charge SKU", max_length=25, default="STOREKIT_SERVICE_CHARGE")
    payment_method = models.CharField(
        max_length=64, default="STOREKIT", help_text="Code of the payment method that online orders are booked on."
    )
    pickup_profile = models.CharField(max_length=64, default="storekit", help_text="Order profile code for pickup.")
    delivery_profile = models.CharField(max_length=64, default="storekit", help_text="Order profile code for delivery.")
    dine_in_profile = models.CharField(max_length=64, default="storekit", help_text="Order profile code for dine-in.")
    buffer_orders = models.BooleanField(default=False, help_text="Hold pre-orders until shortly before their time.")
    buffer_minutes = models.PositiveSmallIntegerField(default=20)
    native_discounts = models.BooleanField(
        default=False, help_text="Send the discount's POS id instead of a discount line."
    )
    update_images = models.BooleanField(default=True, help_text="Off: a sync keeps the images that staff put there.")
    update_descriptions = models.BooleanField(
        default=True, help_text="Off: a sync keeps the descriptions that staff put there."
    )
    subscreens_as_categories = models.BooleanField(
        "sub-screens as categories", default=False, help_text="Off: a sub-screen is a sub-category of its screen."
    )
    flatten_subscreens = models.BooleanField(
        default=False, help_text="What stands on sub-screens is shown on their screen; wins over the setting above."
    )
    menu_profile = models.CharField(
        max_length=64, blank=True, help_text="Order profile whose prices are loaded; empty for the normal prices."
    )
    preferred_language = models.CharField(max_length=12, default="en")
    pat_payment_method = models.CharField("pay-at-table payment method", max_length=64, default="APM")
    gift_card_payment_method = models.CharField(
        max_length=64, blank=True, help_text="Empty: the pay-at-table payment method."
    )
    ignore_free_items = models.BooleanField(default=False)
    auto_close_delay = models.PositiveSmallIntegerField(
        default=5, help_text="Minutes before a settled bill is checked and closed."
    )

    class Meta:
        verbose_name = verbose_name_plural = "Lightspeed settings"

    def __str__(self) -> str:
        return f"Lightspeed settings of {self.connection.venue}"


class Notification(models.Model):
    """The ledger of what the POS told us: stored when received, worked on by a task, never changed by hand."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="notifications")
    type = models.CharField(max_length=20)
    status = models.CharField(max_length=40)
    reference = models.CharField(max_length=64, blank=True)
    account = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, help_text="What makes the fact unique.")
    # Numbers are read as decimals; the encoder keeps every digit of them, as text.
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
    """One run of a sync, queued, running or ended, with its progress and its report."""

    class Kind(models.TextChoices):
        MENU = "menu", "Menu"
        FLOOR_PLAN = "floor_plan", "Floor plan"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        HELD = "held", "Waiting for a person"
        SUPERSEDED = "superseded", "Superseded"
        FAILED = "failed", "Failed"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="sync_runs")
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    options = models.JSONField(default=dict, help_text="What was asked for beyond the usual.")
    started_by = models.CharField(max_length=200, blank=True)
    scheduled = models.BooleanField(default=False, help_text="By a schedule: the venue is told when it fails.")
    # While it is queued: since when it waits.
    started_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(help_text="Queued: when it is queued once more. Running: when it is given up.")
    finished_at = models.DateTimeField(null=True, blank=True)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    step = models.CharField(max_length=120, blank=True)
    counts = models.JSONField(default=dict, help_text="What changed: {created, updated, archived, unchanged}.")
    plan = models.JSONField(default=dict, help_text="Of a held run: what it would change, for people to look at.")
    warnings = models.JSONField(default=list)
    error = models.TextField(blank=True)
    next_alert_at = models.DateTimeField(null=True, blank=True, help_text="When the venue is to be told, if it is.")
    alerted_at = models.DateTimeField("venue told at", null=True, blank=True)

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
        # Without its state: the page that shows it changes while it is looked at.
        return f"{self.get_kind_display()} sync of {self.connection.venue}"


class SyncSchedule(models.Model):
    """When a sync runs by itself, in the venue's own time.

    `next_run_at` is kept for as long as `reckoned_from` describes the schedule and the venue's time zone; whoever
    changes either without saving the row (a bulk update, the venue's page) is found out by the sweep.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="schedules")
    kind = models.CharField("what", max_length=12, choices=SyncRun.Kind, default=SyncRun.Kind.MENU)
    time = models.TimeField(help_text="In the venue's time zone.")
    weekdays = models.JSONField(default=recurrence.every_day, help_text="0 is Monday, 6 is Sunday.")
    enabled = models.BooleanField(default=True)
    light = models.BooleanField(
        "light sync", default=False, help_text="Prices and availability of the menu only; quicker, adds nothing."
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
        """Keeps `next_run_at` in step with what was changed. Raises `ValueError` for weekdays that are none."""
        self.time = models.TimeField().to_python(self.time)
        self.weekdays = recurrence.read_weekdays(self.weekdays)
        changed = {"next_run_at", "reckoned_from"} if self.reckon(after=timezone.now()) else set()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *changed}
        super().save(*args, **kwargs)

    @property
    def basis(self) -> str:
        """All that `next_run_at` depends on."""
        days = "".join(map(str, self.weekdays))
        return f"{self.connection.venue.timezone} {self.time:%H:%M:%S.%f} {days}" if self.enabled else ""

    def reckon(self, *, after: datetime) -> bool:
        """Works out `next_run_at` anew if what it depends on has changed; returns whether it had. Nothing is saved."""
        if self.reckoned_from == self.basis:
            return False
        self.reckoned_from = self.basis
        self.next_run_at = self.following(after=after) if self.enabled else None
        return True

    def following(self, *, after: datetime) -> datetime | None:
        """The first run after that moment, in UTC; None without weekdays."""
        zone = self.connection.venue.zone
        return recurrence.next_occurrence(after=after, time=self.time, weekdays=self.weekdays, zone=zone)
