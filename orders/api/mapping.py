"""Map between REST and the use cases: posted data to their arguments, their results to JSON."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import timezone

from orders.api.serializers import BasketSerializer, OrderSerializer
from orders.checkout.basket import BasketAnswer
from orders.checkout.pricing import PricedLine, Totals
from orders.checkout.requests import (
    Address,
    Basket,
    Guest,
    OrderRequest,
    Payment,
    RequestedItem,
    RequestedModifier,
)
from orders.expiry import is_expired
from orders.models import Order
from storekit.money import money_string

_Write = Callable[[Decimal], str]
"""Writes an amount in the venue's currency."""


def order_request(posted: dict[str, Any]) -> OrderRequest:
    """Return the order to place, from validated posted data."""
    return OrderRequest(
        **_basket_fields(posted), customer=Guest(**posted["customer"]), payment=_payment(posted["payment"])
    )


def basket_request(posted: dict[str, Any]) -> Basket:
    """Return the basket to check, from validated posted data."""
    customer, payment = posted["customer"], posted["payment"]
    return Basket(
        **_basket_fields(posted),
        customer=Guest(**customer) if customer else None,
        payment=_payment(payment) if payment else None,
    )


_COPIED_FIELDS = (
    *("scheduled_for", "table", "covers", "account", "note"),
    *("discount_code", "delivery_fee", "service_charge", "tip"),
)


def _basket_fields(posted: dict[str, Any]) -> dict[str, Any]:
    address = posted["delivery_address"]
    return {
        "type": Order.Type(posted["type"]),
        "items": tuple(requested_item(item) for item in posted["items"]),
        "address": Address(**address) if address else None,
        **{name: posted[name] for name in _COPIED_FIELDS},
    }


def _payment(payment: dict[str, Any]) -> Payment:
    return Payment(
        paid=payment["status"] == Order.PaymentStatus.PAID, reference=payment["reference"], amount=payment["amount"]
    )


def requested_item(item: dict[str, Any]) -> RequestedItem:
    """Return an item that is wanted, from validated posted data."""
    return RequestedItem(
        product=item["product"],
        sku=item["sku"],
        quantity=item["quantity"],
        note=item["note"],
        course=item["course"],
        modifiers=_requested_modifiers(item["modifiers"]),
    )


def _requested_modifiers(modifiers: list[dict[str, Any]]) -> tuple[RequestedModifier, ...]:
    return tuple(
        RequestedModifier(
            modifier=posted["modifier"],
            quantity=posted["quantity"],
            modifiers=_requested_modifiers(posted["modifiers"]),
        )
        for posted in modifiers
    )


def order_answer(*, order: Order, lines: Iterable[PricedLine]) -> dict[str, Any]:
    """Return the order with these lines as JSON, its times in the venue's zone.

    Makes no query if the order's venue and injection are loaded.
    """
    with timezone.override(order.venue.zone):
        body: dict[str, Any] = OrderSerializer(_order_fields(order, lines)).data
    return body


def basket_answer(answer: BasketAnswer, *, currency: str) -> dict[str, Any]:
    """Return the result of a basket check as JSON, its amounts written in the venue's currency."""
    write = partial(money_string, currency=currency)
    fields: dict[str, Any] = {
        "lines": _items(answer.lines, write),
        "totals": _totals(answer.totals.items, answer.totals, write),
        "problems": answer.problems,
    }
    if answer.pos:
        fields["pos"] = {"asked": True, "ready": answer.pos.ready, "reason": answer.pos.reason}
    body: dict[str, Any] = BasketSerializer(fields).data
    return body


def _order_fields(order: Order, lines: Iterable[PricedLine]) -> dict[str, Any]:
    write = partial(money_string, currency=order.venue.currency)
    return {
        "id": str(order.pk),
        "number": order.number,
        "collection_code": order.collection_code,
        "status": order.status,
        "type": order.type,
        "placed_at": order.placed_at,
        "scheduled_for": order.scheduled_for,
        "pay_by": order.pay_by,
        "expired": is_expired(order=order),
        "customer": {
            "first_name": order.first_name,
            "last_name": order.last_name,
            "email": order.email,
            "phone": order.phone.as_e164 if order.phone else order.phone_as_typed,
        },
        "delivery_address": _address(order),
        "table": None if order.table_number is None else str(order.table_number),
        "covers": order.covers,
        "account": order.open_account or None,
        "note": order.note,
        "items": _items(lines, write),
        "discount_code": order.discount_code,
        "delivery_fee": write(order.delivery_fee),
        "service_charge": write(order.service_charge),
        "tip": write(order.tip),
        "payment": {
            "status": order.payment_status,
            "reference": order.payment_reference,
            "amount": write(order.payment_amount),
        },
        "totals": _totals(order.items_total, order, write),
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


def _address(order: Order) -> dict[str, str] | None:
    if order.type != Order.Type.DELIVERY:
        return None
    return {
        "line1": order.address_line1,
        "line2": order.address_line2,
        "city": order.city,
        "postcode": order.postcode,
        "notes": order.address_notes,
    }


def _totals(items: Decimal, of: Order | Totals, write: _Write) -> dict[str, str]:
    return {
        "items": write(items),
        "discount": write(of.discount),
        "delivery_fee": write(of.delivery_fee),
        "service_charge": write(of.service_charge),
        "tip": write(of.tip),
        "total": write(of.total),
    }


def _items(lines: Iterable[PricedLine], write: _Write) -> list[dict[str, Any]]:
    return [
        {
            "product": str(line.menu_id),
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity,
            "unit_price": write(line.unit_price),
            "total": write(line.total),
            "note": line.note,
            "course": line.course,
            "modifiers": _modifiers(line.choices, write),
        }
        for line in lines
    ]


def _modifiers(choices: tuple[PricedLine, ...], write: _Write) -> list[dict[str, Any]]:
    return [
        {
            "modifier": str(choice.menu_id),
            "sku": choice.sku,
            "name": choice.name,
            "quantity": choice.quantity,
            "unit_price": write(choice.unit_price),
            "modifiers": _modifiers(choice.choices, write),
        }
        for choice in choices
    ]
