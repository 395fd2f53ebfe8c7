"""Charges of the sandbox provider, which stands in for a company that takes guests' money."""

import uuid

from django.db import models

from storekit.db import clock
from storekit.db.fields import money


class SandboxCharge(models.Model):
    """A payment as the sandbox provider has it. Processes share it, as they would share a company's API."""

    class State(models.TextChoices):
        NEEDS_GUEST = "needs_guest", "Waits for the guest"
        PROCESSING = "processing", "Being processed"
        AUTHORISED = "authorised", "Authorised"
        CAPTURED = "captured", "Captured"
        CANCELLED = "cancelled", "Cancelled"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=100, unique=True, help_text="Of the request that made it.")
    account = models.CharField(max_length=64, blank=True)
    card = models.CharField(max_length=40, blank=True, help_text="The test card.")
    currency = models.CharField(max_length=3)
    amount = money()
    state = models.CharField(max_length=12, choices=State)
    captured = money(default=0)
    refunded = money(default=0)
    ready_at = models.DateTimeField(null=True, blank=True, help_text="When a slow card is authorised.")
    requests = models.JSONField(default=dict, help_text="By key: what was asked for with it.")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"Charge of {self.amount} {self.currency}: {self.get_state_display()}"
