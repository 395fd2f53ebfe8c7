"""Bills: the POS's checks as guests see them, and when the POS was last asked for its list of them."""

import uuid
from decimal import Decimal

from django.db import models
from django.utils import timezone

from storekit.db.fields import money
from storekit.models import Venue
from storekit.money import ZERO


class Bill(models.Model):
    """A check of a table. The POS decides what is in it; `uuid` and every identifier seen say which check it is."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PAID = "paid", "Paid"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="bills")
    table_number = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: moved away from all tables.")
    check_uuid = models.CharField(max_length=64, blank=True)
    account = models.CharField(max_length=64, help_text="The check's identifier at present; it may change.")
    name = models.CharField(max_length=200, blank=True)
    covers = models.PositiveIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    version = models.PositiveIntegerField(default=1, help_text="Rises whenever guests would see a difference.")
    total = money()
    paid = money(help_text="What the till counts as paid, without tips.")
    service_charge = money(default=0)
    lines = models.JSONField(default=list)
    payments = models.JSONField(default=list, help_text="The till's payments.")
    unlisted = models.BooleanField(
        default=False, db_default=False, help_text="Open, and missing from the POS's list of open checks."
    )
    next_look_at = models.DateTimeField(
        default=timezone.now, help_text="When to ask the POS for it again while it is missing from its list."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(
        null=True, blank=True, help_text="When to look whether the till has closed it, once it is paid."
    )
    open_on_till = models.BooleanField(
        default=False, db_default=False, help_text="Paid and closed for guests, while the till still has it open."
    )
    payments_are_final = models.BooleanField(
        default=False, db_default=False, help_text="The till's payments are those that it closed the check with."
    )
    disagreement = models.CharField(
        max_length=200, blank=True, db_default="", help_text="How guests' payments differ from the till's, when closed."
    )

    class Meta:
        indexes = [
            # Reads grow with tonight's bills, not with all that were ever closed.
            models.Index(
                fields=["venue", "table_number"], condition=~models.Q(status="closed"), name="bills_of_a_table"
            ),
            models.Index(fields=["venue", "-created_at"], name="bills_of_a_venue"),
            models.Index(fields=["check_at"], condition=models.Q(check_at__isnull=False), name="bills_to_check"),
        ]

    def __str__(self) -> str:
        return f"Bill {self.account}"

    @property
    def owed_on_till(self) -> Decimal:
        """What the till has as unpaid, never below zero."""
        return max(ZERO, self.total - self.paid)


class BillIdentifier(models.Model):
    """An identifier by which a bill's check is or was known at the POS."""

    bill = models.ForeignKey(Bill, models.CASCADE, related_name="identifiers")
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="+")
    identifier = models.CharField(max_length=64)
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When the POS had no open check by this name.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "identifier"], name="one_bill_per_identifier")]

    def __str__(self) -> str:
        return self.identifier


class CheckToFind(models.Model):
    """A check that a notification or an order named and that has no open bill: the POS is asked for it, once."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="+")
    identifier = models.CharField(max_length=64)
    named_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "identifier"], name="each_check_found_once")]

    def __str__(self) -> str:
        return self.identifier


class CheckList(models.Model):
    """When a venue's open checks were last read. The one process that reads them moves `next_attempt_at` ahead.

    Each attempt is one call to the POS: for the list, or for one check that the list lacks.
    """

    venue = models.OneToOneField(Venue, models.CASCADE, related_name="check_list", primary_key=True)
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="When the list was last asked for.")
    listed = models.PositiveIntegerField(default=0, db_default=0, help_text="How many checks it had.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When one check was last asked for.")
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=500, blank=True, help_text="Why the last attempt failed; empty while one runs.")

    def __str__(self) -> str:
        return f"Open checks of {self.venue}"
