"""Checks as the API shows them (AccountSnapshot).

A line's amounts exclude its ``subLineItems``, whose quantities are totals: two burgers with one extra cheese each have
a sub-line of two. So ``currentAmount`` is the sum over all active lines of the tree.
"""

from decimal import Decimal
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.records import Check, Line, Payment
from integrations.sandbox.state import store

Json = dict[str, Any]

DEVICE_ID = 72676


def account(check: Check) -> Json:
    """Return a check as an AccountSnapshot. It has no currency: that is the location's."""
    return {
        "ikaccountId": check.identifier,
        "uuid": check.uuid,
        "posId": DEVICE_ID,
        "name": check.name,
        "tableNumber": check.table,
        "clientCount": check.clients,
        "openDate": clock.legacy(check.opened_at),
        "closeDate": clock.iso(check.closed_at) if check.closed_at else None,
        "staffName": check.staff,
        "staffId": 801,
        "currentAmount": _amount(check.total),
        "paidAmount": _amount(check.paid),
        "serviceCharge": _amount(check.service_charge),
        "salesEntries": [_line(line) for line in check.lines],
        "paymentEntries": [_payment(payment) for payment in check.payments],
    }


def _line(line: Line) -> Json:
    body = {
        "id": line.id,
        "uuid": line.uuid,
        "itemName": line.name,
        "itemSku": line.sku,
        "unitAmount": _amount(line.unit),
        "grossUnitAmount": _amount(line.unit),
        "quantity": int(line.quantity) if line.quantity == line.quantity.to_integral_value() else line.quantity,
        "modifiers": [{"name": name, "quantity": 1} for name in line.modifiers],
        "amountWithTax": _amount(line.amount),
        "amountLessTax": _amount(line.net),
        "discountedAmount": _amount(line.discount),
        "timeOfTransactionUtc": clock.iso(line.sold_at),
        "active": line.active,
        "subLineItems": [_line(child) for child in line.children],
        "taxIncluded": line.tax_included,
    }
    return _sparse(line, body) if store.habits.sparse_lines else body


def _sparse(line: Line, body: Json) -> Json:
    """Leave out what the vendor's own examples leave out; a sub-line repeats its parent's uuid there."""
    if not line.children:
        return {name: body[name] for name in body if name not in ("uuid", "subLineItems", "timeOfTransactionUtc")}
    children = [{**child, "uuid": line.uuid} for child in body["subLineItems"]]
    return {name: body[name] for name in body if name != "timeOfTransactionUtc"} | {"subLineItems": children}


def _payment(payment: Payment) -> Json:
    return {
        "paymentMethodCode": payment.method,
        "paymentMethodDescription": payment.description,
        "amountPaid": _amount(payment.amount),
        "externalReference": payment.reference,
        "paymentDate": clock.iso(payment.paid_at),
        "active": payment.active,
    }


def _amount(amount: Decimal) -> Decimal | str:
    """Return an amount as a JSON number or, by habit, as a string: the real POS sends both."""
    return str(amount) if store.habits.amounts_as_text else amount
