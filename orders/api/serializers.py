"""REST shapes of baskets and orders: requests, validated strictly, and responses."""

from typing import Any

from rest_framework import serializers
from rest_framework.fields import Field

from orders.api.fields import Email, Moment, TableName, Text, WholeNumber, YesOrNo
from orders.checkout.shares import ZERO
from orders.models import Injection, Order
from storekit.rest.money import Money, PostedMoney

MAX_ITEMS = 200
MAX_MODIFIERS = 100
MAX_MODIFIER_DEPTH = 8
MAX_COURSE = 99


# --- Requests --------------------------------------------------------------------------------------------------------


class PostedModifierSerializer(serializers.Serializer):
    """A chosen modifier, with the modifiers chosen for it."""

    modifier = Text(max_length=64, required=True, help_text="Id of the modifier in the menu.")
    quantity = WholeNumber(default=1, help_text="For each one of the item or modifier it belongs to.")

    def get_fields(self) -> dict[str, Field]:
        # Built here because a class body cannot refer to its own class.
        return {**super().get_fields(), "modifiers": PostedModifierSerializer(many=True, **_MODIFIERS_OPTIONS)}

    def to_internal_value(self, data: Any) -> Any:
        if _depth(self) > MAX_MODIFIER_DEPTH:
            raise serializers.ValidationError(f"Nest modifiers at most {MAX_MODIFIER_DEPTH} deep.", code="too_deep")
        return super().to_internal_value(data)


_MODIFIERS_OPTIONS: dict[str, Any] = {"required": False, "default": list, "max_length": MAX_MODIFIERS}


def _depth(field: Field | None) -> int:
    depth = 0
    while field is not None:
        depth += isinstance(field, PostedModifierSerializer)
        field = field.parent
    return depth


class PostedItemSerializer(serializers.Serializer):
    """A product, with the modifiers chosen for it."""

    product = Text(max_length=64, help_text="Id of the product in the menu. Send this or `sku`.")
    sku = Text(max_length=64, help_text="SKU of the product, instead of `product`.")
    quantity = WholeNumber(default=1)
    note = Text(max_length=200)
    course = WholeNumber(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=MAX_COURSE,
        help_text="Dine-in only: the course it is served with, counted from 0.",
    )
    modifiers = PostedModifierSerializer(many=True, **_MODIFIERS_OPTIONS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["product"] and not attrs["sku"]:
            raise serializers.ValidationError({"product": "Send `product` or `sku`."}, code="required")
        return attrs


class CustomerSerializer(serializers.Serializer):
    """The person ordering."""

    first_name = Text(max_length=128, required=True)
    last_name = Text(max_length=128)
    email = Email(max_length=254)
    phone = Text(
        max_length=40,
        help_text="As typed. A number without a country code belongs to the venue's country. An extension, and what "
        "cannot be read as a number, is passed on to the venue as a note.",
    )


class DeliveryAddressSerializer(serializers.Serializer):
    """The address of a delivery."""

    line1 = Text(max_length=200, required=True)
    line2 = Text(max_length=200)
    city = Text(max_length=120, help_text="Required where addresses in the venue's country have one.")
    postcode = Text(max_length=20, help_text="Required where addresses in the venue's country have one.")
    notes = Text(max_length=500, many_lines=True)


class PostedPaymentSerializer(serializers.Serializer):
    """Whether the guest has paid, and how much."""

    status = serializers.ChoiceField(Order.PaymentStatus.choices)
    reference = Text(max_length=128)
    amount = PostedMoney(required=False, allow_null=True, default=None, help_text="Must equal the computed total.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["status"] == Order.PaymentStatus.PAID and attrs["amount"] is None:
            raise serializers.ValidationError({"amount": "Send the amount that was paid."}, code="required")
        return attrs


class _PostedSerializer(serializers.Serializer):
    """The fields that baskets and orders share. They hold no item prices: those come from the menu."""

    scheduled_for = Moment(
        required=False, allow_null=True, default=None, help_text="With its UTC offset. Null means as soon as possible."
    )
    delivery_address = DeliveryAddressSerializer(
        required=False, allow_null=True, default=None, help_text="Delivery only, and required there."
    )
    table = TableName(max_length=64, help_text="Dine-in only: the table's number or its id.")
    covers = WholeNumber(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=999,
        help_text="Dine-in only: the number of guests.",
    )
    account = Text(
        max_length=64,
        help_text="Dine-in only: the number of the open check to add the order to, instead of `table` and `covers`. "
        "An unpaid order is then paid with the bill, and sent at once.",
    )
    note = Text(max_length=500, many_lines=True)
    items = PostedItemSerializer(many=True, max_length=MAX_ITEMS)  # type: ignore[call-arg]  # the list's own
    discount_code = Text(max_length=64)
    delivery_fee = PostedMoney(required=False, default=ZERO, help_text="Delivery only.")
    service_charge = PostedMoney(required=False, default=ZERO)
    tip = PostedMoney(required=False, default=ZERO)


class PostedOrderSerializer(_PostedSerializer):
    """An order to place. It holds no item prices: those come from the menu."""

    type = serializers.ChoiceField(Order.Type.choices)
    customer = CustomerSerializer()
    payment = PostedPaymentSerializer()


class PostedBasketSerializer(_PostedSerializer):
    """A basket to check: an order of which only the items are required."""

    type = serializers.ChoiceField(Order.Type.choices, required=False, default=Order.Type.PICKUP)
    customer = CustomerSerializer(required=False, allow_null=True, default=None)
    payment = PostedPaymentSerializer(required=False, allow_null=True, default=None)
    ask_pos = YesOrNo(
        required=False,
        default=False,
        help_text="Also ask the POS what is left and whether it is taking orders. This takes longer.",
    )


class OrderPaymentSerializer(serializers.Serializer):
    """The payment of an order that was placed unpaid."""

    reference = Text(max_length=128, required=True)
    amount = PostedMoney(help_text="Must equal the order's total.")


# --- Responses -------------------------------------------------------------------------------------------------------


class OrderModifierSerializer(serializers.Serializer):
    """A chosen modifier, at its price when the order was placed."""

    modifier = serializers.CharField()
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = Money()

    def get_fields(self) -> dict[str, Field]:
        return {**super().get_fields(), "modifiers": OrderModifierSerializer(many=True)}


class OrderItemSerializer(serializers.Serializer):
    """A product ordered. `total` includes its modifiers."""

    product = serializers.CharField()
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = Money()
    total = Money()
    note = serializers.CharField()
    course = serializers.IntegerField(allow_null=True)
    modifiers = OrderModifierSerializer(many=True)


class TotalsSerializer(serializers.Serializer):
    """The amounts that make up the total."""

    items = Money()
    discount = Money()
    delivery_fee = Money()
    service_charge = Money()
    tip = Money()
    total = Money()


class PaymentSerializer(serializers.Serializer):
    """The payment."""

    status = serializers.ChoiceField(Order.PaymentStatus.choices)
    reference = serializers.CharField()
    amount = Money()


class PosSerializer(serializers.Serializer):
    """The order's progress to the till."""

    state = serializers.ChoiceField(Injection.State.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="A time in the past means as soon as a worker is free. Null: no attempt is due."
    )
    reference = serializers.CharField()
    account = serializers.CharField(allow_null=True, help_text="Number of the order's check, once it is on the till.")
    error = serializers.CharField(allow_null=True, help_text="Why it is not on the till yet, in words for venue staff.")


class OrderSerializer(serializers.Serializer):
    """An order."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    collection_code = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.choices)
    type = serializers.ChoiceField(Order.Type.choices)
    placed_at = serializers.DateTimeField()
    scheduled_for = serializers.DateTimeField(allow_null=True)
    pay_by = serializers.DateTimeField(
        allow_null=True, help_text="When an order that was placed unpaid expires, or has expired. Null: it is paid."
    )
    expired = serializers.BooleanField(help_text="Whether it was cancelled because it was not paid in time.")
    customer = CustomerSerializer()
    delivery_address = DeliveryAddressSerializer(allow_null=True)
    table = serializers.CharField(allow_null=True)
    covers = serializers.IntegerField(allow_null=True)
    account = serializers.CharField(allow_null=True, help_text="Number of the open check that the order is added to.")
    note = serializers.CharField()
    items = OrderItemSerializer(many=True)
    discount_code = serializers.CharField()
    delivery_fee = Money()
    service_charge = Money()
    tip = Money()
    payment = PaymentSerializer()
    totals = TotalsSerializer()
    pos = PosSerializer()


class ProblemSerializer(serializers.Serializer):
    """One thing that stops the basket from being ordered. `attr` is the field, such as `items.0.modifiers.1`."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField()


class PosReportSerializer(serializers.Serializer):
    """The POS's answer. When the POS cannot answer, the order can still be placed."""

    asked = serializers.BooleanField()
    ready = serializers.BooleanField(allow_null=True, help_text="Null when the POS could not say.")
    reason = serializers.CharField(
        allow_blank=True, help_text="Why it is not ready, or could not say. Empty when it is ready."
    )


class BasketSerializer(serializers.Serializer):
    """The price of a basket and every problem with it. A basket without problems can be ordered."""

    lines = OrderItemSerializer(many=True, help_text="The items that could be priced.")
    totals = TotalsSerializer()
    problems = ProblemSerializer(many=True)
    pos = PosReportSerializer(required=False, help_text="Present when the POS was asked.")
