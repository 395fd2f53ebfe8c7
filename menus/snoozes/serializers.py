"""Snoozes in REST: validation of requests and the shape of responses."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from menus.models import Snooze
from menus.snoozes.service import HowLong
from storekit.db import clock
from storekit.models import Venue

_MAX_SKUS = 200
_MAX_LENGTH = timedelta(days=366)


class _Moment(serializers.DateTimeField):
    default_error_messages = {"naive": "Include the UTC offset, as in 2026-05-01T18:30:00+01:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)


class PostedSnoozeSerializer(serializers.Serializer):
    """The items to snooze, and for how long: either `how_long` or `until`."""

    skus = serializers.ListField(child=serializers.CharField(max_length=25), min_length=1, max_length=_MAX_SKUS)
    how_long = serializers.ChoiceField(
        [one.value for one in HowLong],
        required=False,
        help_text="`tomorrow` means until 8:00 of the venue's next service day, which begins at 5:00.",
    )
    until = _Moment(required=False, help_text="With its UTC offset; at most a year from now.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def validate_until(self, value: datetime) -> datetime:
        now = clock.now()
        if value <= now:
            raise serializers.ValidationError("This time is in the past.", code="passed")
        if value - now > _MAX_LENGTH:
            raise serializers.ValidationError(
                "This is more than a year from now. For a longer snooze, send how_long: further_notice.",
                code="too_late",
            )
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("until" in attrs) == ("how_long" in attrs):
            raise serializers.ValidationError("Send either how_long or until.", code="how_long_or_until")
        return attrs


class SnoozeSerializer(serializers.Serializer):
    """The snooze of one item."""

    id = serializers.UUIDField(help_text="Use it to end the snooze early.")
    sku = serializers.CharField()
    name = serializers.CharField(help_text="The item's name in the POS.")
    until = serializers.DateTimeField(allow_null=True, help_text="Null: until further notice.")
    reason = serializers.CharField(allow_blank=True)


class SnoozesSerializer(serializers.Serializer):
    """The new snoozes, one for each SKU, sorted by SKU."""

    snoozes = SnoozeSerializer(many=True)


def snoozes_response(*, venue: Venue, rows: list[Snooze]) -> dict[str, Any]:
    """Return the snoozes as JSON, with times in the venue's time zone."""
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
