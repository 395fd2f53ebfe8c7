"""Checks as the API shows them: AccountSnapshot.

A line's amounts are its own. What was chosen on it is in ``subLineItems``, whose quantities are totals (two burgers
with one extra cheese each have a sub-line of two), so ``currentAmount`` is the sum over all active lines of the tree.
"""

from decimal import Decimal
from typing import Any

from integrations.sandbox import clock
from integrations.sandbox.amounts import NOTHING, pennies
from integrations.sandbox.records import Check, Line, Payment

Json = dict[str, Any]


def account(check: Check, closed_at: str | None = None) -> Json:
    """Write a check."""
    return {
        "ikaccountId": check.identifier,
        "uuid": check.uuid,
        "name": check.name,
        "tableNumber": check.table,
        "clientCount": check.clients,
        "openDate": clock.legacy(check.opened_at),
        "closeDate": closed_at,
        "staffName": check.staff,
        "staffId": 801,
        "currentAmount": check.total,
        "paidAmount": check.paid,
        "serviceCharge": NOTHING,
        "salesEntries": [_line(line) for line in check.lines],
        "paymentEntries": [_payment(payment) for payment in check.payments],
    }


def _line(line: Line) -> Json:
    return {
        "id": line.id,
        "uuid": line.uuid,
        "itemName": line.name,
        "itemSku": line.sku,
        "unitAmount": line.unit,
        "quantity": int(line.quantity) if line.quantity == line.quantity.to_integral_value() else line.quantity,
        "modifiers": [{"name": name, "quantity": 1} for name in line.modifiers],
        "amountWithTax": line.amount,
        "amountLessTax": pennies(line.amount / (1 + line.tax_rate / Decimal(100))),
        "discountedAmount": line.discount,
        "timeOfTransactionUtc": clock.iso(line.sold_at),
        "active": line.active,
        "subLineItems": [_line(child) for child in line.children],
        "taxIncluded": line.tax_included,
    }


def _payment(payment: Payment) -> Json:
    return {
        "paymentMethodCode": payment.method,
        "paymentMethodDescription": payment.description,
        "amountPaid": payment.amount,
        "externalReference": payment.reference,
        "paymentDate": clock.iso(payment.paid_at),
        "active": payment.active,
    }
