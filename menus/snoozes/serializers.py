"""The shapes of snoozes in REST: what is posted, checked strictly, and what is answered."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from menus.models import Snooze
from menus.snoozes.service import HowLong
from storekit.models import Venue

MOST_SKUS = 200
_LONGEST = timedelta(days=366)


class _Moment(serializers.DateTimeField):
    default_error_messages = {"naive": "Say the offset too, as in 2026-05-01T18:30:00+01:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


class PostedSnoozeSerializer(serializers.Serializer):
    """What is to sleep, and for how long: `how_long` or `until`, one of them."""

    skus = serializers.ListField(child=serializers.CharField(max_length=25), min_length=1, max_length=MOST_SKUS)
    how_long = serializers.ChoiceField(
        [one.value for one in HowLong],
        required=False,
        help_text="`tomorrow` is eight in the morning of the venue's next day.",
    )
    until = _Moment(required=False, help_text="With its offset; at most a year from now.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def validate_until(self, value: datetime) -> datetime:
        now = timezone.now()
        if value <= now:
            raise serializers.ValidationError("This has passed already.", code="passed")
        if value - now > _LONGEST:
            raise serializers.ValidationError(
                "At most a year from now. For longer, send how_long: further_notice.", code="too_late"
            )
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("until" in attrs) == ("how_long" in attrs):
            raise serializers.ValidationError("Send either how_long or until.", code="how_long_or_until")
        return attrs


class SnoozeSerializer(serializers.Serializer):
    """One item that sleeps."""

    id = serializers.UUIDField(help_text="For waking it early.")
    sku = serializers.CharField()
    name = serializers.CharField(help_text="As on the till.")
    until = serializers.DateTimeField(allow_null=True, help_text="Null: until further notice.")
    reason = serializers.CharField(allow_blank=True)


class SnoozesSerializer(serializers.Serializer):
    """What was put to sleep, one for each SKU, sorted by SKU."""

    snoozes = SnoozeSerializer(many=True)


def snoozes_answer(*, venue: Venue, rows: list[Snooze]) -> dict[str, Any]:
    """The venue's rows as JSON, with times in its zone."""
    return {
        "snoozes": [
            {
                "id": str(row.pk),
                "sku": row.sku,
                "name": row.name,
                "until": row.until.astimezone(venue.zone).isoformat() if row.until else None,
                "reason": row.reason,
            }
            for row in rows
        ]
    }
