"""Between REST's shapes and ours: a posted order as the verb takes it, and a stored order as it is answered."""

from typing import Any

from django.utils import timezone

from orders.lines import lines_of
from orders.models import Order
from orders.placing import Guest, OrderRequest, Payment
from orders.pricing import PricedLine, WantedItem, WantedModifier
from orders.serializers import OrderSerializer


def order_request(posted: dict[str, Any]) -> OrderRequest:
    """What was posted, as the verb takes it."""
    payment, customer = posted["payment"], posted["customer"]
    return OrderRequest(
        type=Order.Type(posted["type"]),
        customer=Guest(**customer),
        items=tuple(_wanted_item(item) for item in posted["items"]),
        payment=Payment(
            paid=payment["status"] == Order.PaymentStatus.PAID,
            reference=payment["reference"],
            amount=payment["amount"],
        ),
        scheduled_for=posted["scheduled_for"],
        note=posted["note"],
        tip=posted["tip"],
        discount_code=posted["discount_code"],
        delivery_fee=posted["delivery_fee"],
        service_charge=posted["service_charge"],
    )


def _wanted_item(item: dict[str, Any]) -> WantedItem:
    return WantedItem(
        product=item["product"],
        sku=item["sku"],
        quantity=item["quantity"],
        note=item["note"],
        modifiers=_wanted_modifiers(item["modifiers"]),
    )


def _wanted_modifiers(modifiers: list[dict[str, Any]]) -> tuple[WantedModifier, ...]:
    return tuple(
        WantedModifier(
            modifier=wish["modifier"], quantity=wish["quantity"], modifiers=_wanted_modifiers(wish["modifiers"])
        )
        for wish in modifiers
    )


def order_answer(order: Order) -> dict[str, Any]:
    """The order as JSON, its times in the venue's zone. Its injection and venue should be loaded with it."""
    with timezone.override(order.venue.zone):
        answer: dict[str, Any] = OrderSerializer(_order_columns(order)).data
    return answer


def _order_columns(order: Order) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "number": order.number,
        "collection_code": order.collection_code,
        "status": order.status,
        "type": order.type,
        "placed_at": order.placed_at,
        "scheduled_for": order.scheduled_for,
        "customer": {
            "first_name": order.first_name,
            "last_name": order.last_name,
            "email": order.email,
            "phone": order.phone.as_e164 if order.phone else "",
        },
        "delivery_address": None,
        "table": None,
        "covers": None,
        "note": order.note,
        "items": _items(order),
        "discount_code": "",
        "delivery_fee": order.delivery_fee,
        "service_charge": order.service_charge,
        "tip": order.tip,
        "payment": {
            "status": order.payment_status,
            "reference": order.payment_reference,
            "amount": order.payment_amount,
        },
        "totals": {
            "items": order.items_total,
            "discount": order.discount,
            "delivery_fee": order.delivery_fee,
            "service_charge": order.service_charge,
            "tip": order.tip,
            "total": order.total,
        },
        "pos": _pos(order),
    }


def _pos(order: Order) -> dict[str, Any]:
    injection = order.injection
    return {
        "state": injection.state,
        "attempts": injection.attempts,
        "next_attempt_at": injection.next_attempt_at,
        "reference": injection.reference,
        "account": injection.account or None,
        "error": injection.error or None,
    }


def _items(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "product": str(line.menu_id),
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "total": line.total,
            "note": line.note,
            "modifiers": _modifiers(line.choices),
        }
        for line in lines_of(rows=order.lines.all())
    ]


def _modifiers(choices: tuple[PricedLine, ...]) -> list[dict[str, Any]]:
    return [
        {
            "modifier": str(choice.menu_id),
            "sku": choice.sku,
            "name": choice.name,
            "quantity": choice.quantity,
            "unit_price": choice.unit_price,
            "modifiers": _modifiers(choice.choices),
        }
        for choice in choices
    ]
