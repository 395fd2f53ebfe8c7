"""The shapes of orders in REST: what is posted, checked strictly, and what is answered."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import Field

from orders.api.fields import Amount, Email, Moment, TableName, Text, WholeNumber
from orders.checkout.shares import ZERO
from orders.models import Injection, Order

MOST_ITEMS = 200
MOST_CHOICES = 100
DEEPEST_CHOICE = 8
LAST_COURSE = 99


# --- As posted -------------------------------------------------------------------------------------------------------


class PostedModifierSerializer(serializers.Serializer):
    """A choice, with the choices below it."""

    modifier = Text(max_length=64, required=True, help_text="Id of the modifier in the menu.")
    quantity = WholeNumber(default=1, help_text="Per one of what it is chosen for.")

    def get_fields(self) -> dict[str, Field]:
        # Made when asked for: a class cannot name itself while it is being defined.
        return {**super().get_fields(), "modifiers": PostedModifierSerializer(many=True, **_CHOICES)}

    def to_internal_value(self, data: Any) -> Any:
        if _depth(self) > DEEPEST_CHOICE:
            raise serializers.ValidationError(f"Choices lie at most {DEEPEST_CHOICE} deep.", code="too_deep")
        return super().to_internal_value(data)


_CHOICES: dict[str, Any] = {"required": False, "default": list, "max_length": MOST_CHOICES}


def _depth(field: Field | None) -> int:
    depth = 0
    while field is not None:
        depth += isinstance(field, PostedModifierSerializer)
        field = field.parent
    return depth


class PostedItemSerializer(serializers.Serializer):
    """A product, with what was chosen for it."""

    product = Text(max_length=64, help_text="Id of the product in the menu; or send its `sku`.")
    sku = Text(max_length=64, help_text="Instead of `product`.")
    quantity = WholeNumber(default=1)
    note = Text(max_length=200)
    course = WholeNumber(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=LAST_COURSE,
        help_text="Of a dine-in order: when it is served, counted from 0.",
    )
    modifiers = PostedModifierSerializer(many=True, **_CHOICES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["product"] and not attrs["sku"]:
            raise serializers.ValidationError({"product": "Send `product` or `sku`."}, code="required")
        return attrs


class CustomerSerializer(serializers.Serializer):
    """Who ordered."""

    first_name = Text(max_length=128, required=True)
    last_name = Text(max_length=128)
    email = Email(max_length=254)
    phone = Text(max_length=40, help_text="As typed; without a country code it belongs to the venue's country.")


class DeliveryAddressSerializer(serializers.Serializer):
    """Where a delivery goes."""

    line1 = Text(max_length=200, required=True)
    line2 = Text(max_length=200)
    city = Text(max_length=120, required=True)
    postcode = Text(max_length=20, required=True)
    notes = Text(max_length=500, many_lines=True)


class PostedPaymentSerializer(serializers.Serializer):
    """Whether and what the guest has paid."""

    status = serializers.ChoiceField(Order.PaymentStatus.choices)
    reference = Text(max_length=128)
    amount = Amount(required=False, allow_null=True, default=None, help_text="Has to be the computed total.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["status"] == Order.PaymentStatus.PAID and attrs["amount"] is None:
            raise serializers.ValidationError({"amount": "Say what was paid."}, code="required")
        return attrs


class _PostedSerializer(serializers.Serializer):
    """What orders and baskets have in common. There are no prices in it: they come from the menu."""

    scheduled_for = Moment(
        required=False, allow_null=True, default=None, help_text="With its offset. Null: as soon as possible."
    )
    delivery_address = DeliveryAddressSerializer(
        required=False, allow_null=True, default=None, help_text="Of a delivery, which needs one."
    )
    table = TableName(max_length=64, help_text="Of a dine-in order: the table's number or its id.")
    covers = WholeNumber(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=999,
        help_text="Of a dine-in order: how many guests.",
    )
    account = Text(
        max_length=64,
        help_text="Of a dine-in order: number of the open check that it is added to, instead of table and covers. "
        "Unpaid, it is paid with the bill and sent at once.",
    )
    note = Text(max_length=500, many_lines=True)
    items = PostedItemSerializer(many=True, max_length=MOST_ITEMS)  # type: ignore[call-arg]  # the list's own
    discount_code = Text(max_length=64)
    delivery_fee = Amount(required=False, default=ZERO, help_text="Of a delivery.")
    service_charge = Amount(required=False, default=ZERO)
    tip = Amount(required=False, default=ZERO)


class PostedOrderSerializer(_PostedSerializer):
    """An order as posted. There are no prices in it: they come from the menu."""

    type = serializers.ChoiceField(Order.Type.choices)
    customer = CustomerSerializer()
    payment = PostedPaymentSerializer()


class PostedBasketSerializer(_PostedSerializer):
    """A basket as posted: an order of which only the items have to be there."""

    type = serializers.ChoiceField(Order.Type.choices, required=False, default=Order.Type.PICKUP)
    customer = CustomerSerializer(required=False, allow_null=True, default=None)
    payment = PostedPaymentSerializer(required=False, allow_null=True, default=None)
    ask_pos = serializers.BooleanField(
        required=False, default=False, help_text="Ask the POS what is left and whether it takes orders; takes longer."
    )


class OrderPaymentSerializer(serializers.Serializer):
    """The payment of an order that was placed unpaid."""

    reference = Text(max_length=128, required=True)
    amount = Amount(help_text="Has to be the order's total.")


# --- As answered -----------------------------------------------------------------------------------------------------


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=2)


class OrderModifierSerializer(serializers.Serializer):
    """A choice, with its price then."""

    modifier = serializers.CharField()
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = _money()

    def get_fields(self) -> dict[str, Field]:
        return {**super().get_fields(), "modifiers": OrderModifierSerializer(many=True)}


class OrderItemSerializer(serializers.Serializer):
    """A line; `total` includes its choices."""

    product = serializers.CharField()
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = _money()
    total = _money()
    note = serializers.CharField()
    course = serializers.IntegerField(allow_null=True)
    modifiers = OrderModifierSerializer(many=True)


class TotalsSerializer(serializers.Serializer):
    """What the order costs, by what for."""

    items = _money()
    discount = _money()
    delivery_fee = _money()
    service_charge = _money()
    tip = _money()
    total = _money()


class PaymentSerializer(serializers.Serializer):
    """What was paid."""

    status = serializers.ChoiceField(Order.PaymentStatus.choices)
    reference = serializers.CharField()
    amount = _money()


class PosSerializer(serializers.Serializer):
    """How far the order is on its way to the till."""

    state = serializers.ChoiceField(Injection.State.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="A moment that has passed: as soon as a worker is free. Null: no attempt is due."
    )
    reference = serializers.CharField()
    account = serializers.CharField(allow_null=True, help_text="The check's number, once the order is on the till.")
    error = serializers.CharField(allow_null=True, help_text="Why it is not there yet, in words for venue staff.")


class OrderSerializer(serializers.Serializer):
    """An order as answered."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    collection_code = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.choices)
    type = serializers.ChoiceField(Order.Type.choices)
    placed_at = serializers.DateTimeField()
    scheduled_for = serializers.DateTimeField(allow_null=True)
    customer = CustomerSerializer()
    delivery_address = DeliveryAddressSerializer(allow_null=True)
    table = serializers.CharField(allow_null=True)
    covers = serializers.IntegerField(allow_null=True)
    account = serializers.CharField(allow_null=True, help_text="The open check that it is added to.")
    note = serializers.CharField()
    items = OrderItemSerializer(many=True)
    discount_code = serializers.CharField()
    delivery_fee = _money()
    service_charge = _money()
    tip = _money()
    payment = PaymentSerializer()
    totals = TotalsSerializer()
    pos = PosSerializer()


class ProblemSerializer(serializers.Serializer):
    """One thing that keeps the basket from being ordered. `attr` is its place, such as `items.0.modifiers.1`."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField()


class PosWordSerializer(serializers.Serializer):
    """What the POS said. A POS that cannot say is no reason against an order."""

    asked = serializers.BooleanField()
    ready = serializers.BooleanField(allow_null=True, help_text="Null: it could not say.")
    reason = serializers.CharField(allow_blank=True, help_text="Why it is not ready, or could not say.")


class BasketSerializer(serializers.Serializer):
    """What a basket costs, and everything that is wrong with it; it can be ordered when that is nothing."""

    lines = OrderItemSerializer(many=True, help_text="The items that could be priced.")
    totals = TotalsSerializer()
    problems = ProblemSerializer(many=True)
    pos = PosWordSerializer(required=False, help_text="There when it was asked.")
