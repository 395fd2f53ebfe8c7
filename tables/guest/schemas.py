"""The shapes of a table and its bills, for the OpenAPI schema."""

from rest_framework import serializers

from storekit.rest.money import Money
from tables.models import Bill


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
