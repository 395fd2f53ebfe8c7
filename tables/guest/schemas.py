"""The shapes of a table and its bills, for the OpenAPI schema."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from storekit.rest.money import Money, PostedMoney
from tables.models import Bill, Payment

# Fractions, because a third is no decimal.
_QUANTITY = re.compile(r"[0-9]{1,6}(/[1-9][0-9]{0,5}|[.][0-9]{1,6})?")
_MOST_LINES = 500


class ModifierOfLineSerializer(serializers.Serializer):
    """A choice without a price."""

    name = serializers.CharField()
    quantity = serializers.CharField()


class SubLineSerializer(serializers.Serializer):
    """A line below a line, such as a paid extra. It may have sub-lines of its own."""

    id = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.CharField(help_text="A decimal; it may have a fraction.")
    unit_price = Money()
    total = Money(help_text="What it costs after its discount, with its sub-lines.")
    discount = Money(help_text="Of this line only; subtracted from the total already.")
    modifiers = ModifierOfLineSerializer(many=True)
    sub_lines = serializers.ListField(child=serializers.DictField())


class BillLineSerializer(SubLineSerializer):
    """A line of a bill, which guests can choose to pay for."""

    sub_lines = SubLineSerializer(many=True)  # type: ignore[assignment]  # more exact than its base


class BillTotalsSerializer(serializers.Serializer):
    """What a bill adds up to. `due` is what nobody has paid or holds: `total` less `paid` and `pending`."""

    items = Money()
    discount = Money(help_text="Of the whole bill.")
    service_charge = Money()
    total = Money()
    paid = Money()
    pending = Money(help_text="What other guests are paying at this moment.")
    due = Money(help_text="Never negative.")


class BillPaymentSerializer(serializers.Serializer):
    """A payment of the bill."""

    amount = Money(help_text="Without the tip.")
    tip = Money()
    method = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    source = serializers.ChoiceField(["pos", "storekit"])  # type: ignore[assignment]  # a field here, a property elsewhere


class BillSerializer(serializers.Serializer):
    """A bill as the till has it."""

    id = serializers.CharField()
    name = serializers.CharField()
    covers = serializers.IntegerField(allow_null=True)
    opened_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(Bill.Status.values)
    version = serializers.IntegerField(help_text="Rises with every change on the till that guests see.")
    lines = BillLineSerializer(many=True)
    totals = BillTotalsSerializer()
    payments = BillPaymentSerializer(many=True)


class TableVenueSerializer(serializers.Serializer):
    """The venue of a table."""

    slug = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()


class TableNameSerializer(serializers.Serializer):
    """How the venue calls a table."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    area = serializers.CharField()


class TableSerializer(serializers.Serializer):
    """A table and its bills, oldest first."""

    venue = TableVenueSerializer()
    table = TableNameSerializer()
    bills = BillSerializer(many=True)


@extend_schema_field({"type": "string", "pattern": f"^{_QUANTITY.pattern}$", "example": "1/3"})
class Quantity(serializers.Field):
    """A quantity as text: a whole number, a decimal or a fraction. A JSON number is taken too."""

    default_error_messages = {"invalid": "Send a quantity such as 1, 0.5 or 1/3, as text."}

    def to_internal_value(self, data: Any) -> Fraction:
        text = str(data) if isinstance(data, (str, int, float)) and not isinstance(data, bool) else ""
        if not _QUANTITY.fullmatch(text):
            self.fail("invalid")
        return Fraction(text)

    def to_representation(self, value: Fraction) -> str:
        return str(value)


class PostedLineSerializer(serializers.Serializer):
    """A part of a line."""

    line = serializers.CharField(max_length=100)
    quantity = Quantity()


class PostedSplitSerializer(serializers.Serializer):
    """What the guest pays: everything due, lines, equal shares, or an amount."""

    mode = serializers.ChoiceField(["full", "items", "shares", "amount"])
    lines = serializers.ListField(child=PostedLineSerializer(), required=False, max_length=_MOST_LINES)
    shares = serializers.IntegerField(required=False, min_value=1)
    of = serializers.IntegerField(required=False, min_value=1)
    amount = PostedMoney(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {"items": ("lines",), "shares": ("shares", "of"), "amount": ("amount",)}.get(attrs["mode"], ())
        if missing := [name for name in needed if name not in attrs]:
            raise serializers.ValidationError(dict.fromkeys(missing, "This field is required."), code="required")
        names = [line["line"] for line in attrs.get("lines", ())]
        if len(names) != len(set(names)):
            raise serializers.ValidationError({"lines": "Name each line once."}, code="invalid")
        return attrs


class PostedTablePaymentSerializer(serializers.Serializer):
    """A payment, as posted."""

    split = PostedSplitSerializer()
    amount = PostedMoney(
        required=False, help_text="What the guest was shown for that part; if it is another by now, it is refused."
    )
    tip = PostedMoney(default=Decimal(0), help_text="Beside the part of the bill.")
    method = serializers.ChoiceField(Payment.Method.choices, default=Payment.Method.CARD)
    card = serializers.DictField(
        child=serializers.CharField(max_length=500),
        default=dict,
        help_text="What the provider needs, such as `token`. Empty: the guest enters a card on the provider's form.",
    )
    gift_card = serializers.CharField(max_length=64, required=False, allow_blank=True, default="", trim_whitespace=True)
    email = serializers.EmailField(default="", allow_blank=True, help_text="For the receipt.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["method"] == Payment.Method.GIFT_CARD and not attrs["gift_card"]:
            raise serializers.ValidationError({"gift_card": "Enter the gift card's code."}, code="required")
        return attrs


class TablePaymentErrorSerializer(serializers.Serializer):
    """Why the guest was not charged, in the guest's language."""

    code = serializers.CharField()
    detail = serializers.CharField()


class TablePaymentSerializer(serializers.Serializer):
    """A payment."""

    id = serializers.CharField()
    status = serializers.ChoiceField(["pending", "succeeded", "failed", "refunded"])
    stage = serializers.ChoiceField(
        ["needs_guest", "processing", "settling", "paid", "not_charged", "refunded"],
        help_text="What the guest sees. `settling`: paid, and being booked on the till.",
    )
    amount = Money(help_text="Of the bill, without the tip.")
    tip = Money()
    due_after = Money(help_text="What nobody has paid or holds of the bill now.")
    error = TablePaymentErrorSerializer(allow_null=True)
    provider = serializers.DictField(help_text="`name`, and what its form or page needs to go on.")
