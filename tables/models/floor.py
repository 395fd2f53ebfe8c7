"""The floor plan: areas and tables as the POS has them. Those removed there are archived, never deleted."""

import secrets
import uuid

from django.db import models

from storekit.models import Venue

# Capitals and digits that nobody mistakes for one another. 32 of them: 26 are 130 bits.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_TOKEN_LENGTH = 26


def new_token() -> str:
    """Return a token that cannot be guessed, for the QR code of a table."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))


class Area(models.Model):
    """A part of the floor plan: the terrace, the bar."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="areas")
    pos_id = models.CharField("POS id", max_length=64, editable=False)
    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["venue", "pos_id"], name="one_area_per_pos_id")]

    def __str__(self) -> str:
        return self.name


class Table(models.Model):
    """A table. Orders and checks refer to it by its number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="tables")
    area = models.ForeignKey(Area, models.PROTECT, related_name="tables")
    pos_id = models.CharField("POS id", max_length=64, editable=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120, blank=True)
    seats = models.PositiveSmallIntegerField(default=0)
    token = models.CharField(
        max_length=32,
        unique=True,
        null=True,  # A release that knows no tokens may still be adding tables.
        blank=True,
        default=new_token,
        editable=False,
        help_text="What its QR code opens the bills of the table with.",
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    look_wanted_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since when a guest without a bill waits for one.",
    )
    next_look_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Before then the POS is not asked for its check again."
    )

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["venue", "pos_id"], name="one_table_per_pos_id")]
        indexes = [
            models.Index(fields=["venue", "number"], condition=models.Q(archived_at=None), name="tables_by_number")
        ]

    def __str__(self) -> str:
        return f"Table {self.number}"


def has_duplicate_number() -> models.Q:
    """Return the condition for tables in use that share their number with another; orders cannot tell them apart."""
    return models.Q(models.Exists(twins()), archived_at=None)


def twins() -> models.QuerySet[Table]:
    """Return, for a subquery of tables, the other tables in use that have the same number."""
    same = Table.objects.filter(venue=models.OuterRef("venue"), number=models.OuterRef("number"), archived_at=None)
    return same.exclude(pk=models.OuterRef("pk"))
