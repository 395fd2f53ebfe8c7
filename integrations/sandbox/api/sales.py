"""Finance: the closed sale that came of an order.

Source: Lightspeed's K-Series API documentation (https://api-docs.lsk.lightspeed.app/). Amounts are strings here.
"""

from typing import Any

from django.http import HttpRequest

from integrations.sandbox import clock
from integrations.sandbox.api.errors import bad_request, not_found
from integrations.sandbox.api.web import own_location
from integrations.sandbox.records import Check, Line, Payment
from integrations.sandbox.state import store

Json = dict[str, Any]


def by_external_reference(request: HttpRequest, bl: int) -> Json:
    """Return the closed sale of an order, by ``TASK:OO-{bl}-{thirdPartyReference}``. Open checks have none."""
    location = own_location(bl)
    external = request.GET.get("externalReferenceId")
    if not external:
        raise bad_request("externalReferenceId", "Required request parameter is not present", code="NotNull")
    prefix = f"TASK:OO-{location}-"
    sales = (check for check in store.checks.values() if check.closed_at and not check.is_reversal)
    for check in sales:
        if check.location == location and f"{prefix}{check.reference}" == external:
            return _sale(check, external)
    raise not_found(f"No sale found for external reference {external}")


def _sale(check: Check, external: str) -> Json:
    former = check.former_identifiers
    return {
        "accountReference": check.uuid,
        "accountFiscId": check.identifier,
        "receiptId": f"R{check.identifier.removeprefix('A')}",
        "source": {"initialAccountId": former[0], "previousAccountId": former[-1]} if former else {},
        "salesLines": [_sales_line(line) for top in check.lines if top.active for line in top.tree()],
        "payments": [_payment(payment, check) for payment in check.payments if payment.active],
        "timeOfOpening": clock.iso(check.opened_at),
        "timeClosed": clock.iso(check.closed_at) if check.closed_at else None,
        "cancelled": check.state == "cancelled",
        "tableNumber": None if check.table is None else str(check.table),
        "accountProfileCode": check.profile,
        "ownerName": check.staff,
        "type": "SALE",
        "externalReferences": [external],
        "nbCovers": check.clients,
        "dineIn": check.table is not None,
    }


def _sales_line(line: Line) -> Json:
    return {
        "id": f"S{line.id}",
        "totalNetAmountWithTax": str(line.amount),
        "totalNetAmountWithoutTax": str(line.net),
        "menuListPrice": str(line.unit),
        "discountAmount": str(line.discount),
        "taxAmount": str(line.amount - line.net),
        "taxRatePercentage": f"{line.tax_rate:.2f}",
        "sku": line.sku,
        "name": line.name,
        "quantity": line.count,
    }


def _payment(payment: Payment, check: Check) -> Json:
    return {
        "code": payment.method,
        "description": payment.description,
        "netAmountWithTax": str(payment.amount),
        "currency": check.currency.code,
        "tip": str(payment.tip),
        "type": "NORMAL",
        "externalReference": payment.reference,
    }
