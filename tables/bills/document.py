"""A bill as guests and the REST API see it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connect.venue_settings import settings_of
from storekit.models import Venue
from storekit.money import ZERO, money_string
from tables.bills.splitting import due
from tables.models import Bill, Payment, Table
from tables.payments.claims import claim_of, claiming_payments, is_free, is_on_till, split_of, total_of
from tables.payments.till.references import payment_of

Json = dict[str, Any]

_PAID = (Payment.State.APPLIED, Payment.State.CAPTURED)


def table_document(*, table: Table) -> Json:
    """Return the table and its bills, oldest first: `{venue, table: {number, name, area}, bills: [bill]}`.

    A bill that is closed is not shown: the next guests at the table should not see it.
    """
    venue = table.venue
    rows = Bill.objects.filter(venue=venue, table_number=table.number).exclude(status=Bill.Status.CLOSED)
    hides_free = settings_of(venue).ignore_free_items
    bills = list(rows.order_by("opened_at", "created_at"))
    payments = claiming_payments(bills)
    return {
        "venue": {"slug": venue.slug, "name": venue.name, "currency": venue.currency},
        "table": {"number": table.number, "name": table.name, "area": table.area.name},
        "bills": [
            bill_document(bill, venue=venue, payments=payments[bill.pk], hides_free=hides_free) for bill in bills
        ],
    }


def bill_document(bill: Bill, *, venue: Venue, payments: Sequence[Payment] = (), hides_free: bool = False) -> Json:
    """Return the bill. A line's total includes its sub-lines.

    Args:
        bill: the bill.
        venue: its venue.
        payments: those that hold or have paid a part of it, `tables.payments.claims.claiming_payments`.
        hides_free: leave out lines that cost nothing and have nothing below them that does.
    """
    currency = venue.currency
    lines = [line for line in bill.lines if not (hides_free and is_free(line))]
    split = split_of(bill, venue=venue, claims=[claim_of(payment, bill) for payment in payments], hides_free=hides_free)
    paid = [payment for payment in payments if payment.state in _PAID]
    not_listed = [payment for payment in payments if not is_on_till(payment, bill)]
    items = sum((line.total for line in split.lines), ZERO)
    ours = {payment.pk for payment in paid}
    # What the lines and the service charge do not explain, if it lowers the total.
    discount = max(items + bill.service_charge - bill.total, ZERO)
    amounts = {
        "items": items,
        "discount": discount,
        "service_charge": bill.service_charge,
        "total": bill.total,
        "paid": bill.paid + sum((payment.amount for payment in not_listed if payment in paid), ZERO),
        "pending": sum((payment.amount for payment in not_listed if payment not in paid), ZERO),
        "due": due(split),
    }
    return {
        "id": str(bill.pk),
        "name": bill.name,
        "covers": bill.covers,
        "opened_at": _local(bill.opened_at, venue),
        "status": bill.status,
        "version": bill.version,
        "lines": [_line(line, currency) for line in lines],
        "totals": {name: money_string(amount, currency) for name, amount in amounts.items()},
        "payments": [
            *(_of_till(row, venue) for row in bill.payments if payment_of(reference=row["reference"]) not in ours),
            *(_of_guest(payment, venue) for payment in paid),
        ],
    }


def _line(line: Json, currency: str) -> Json:
    amounts = {
        "unit_price": Decimal(line["unit_price"]),
        "total": total_of(line),
        "discount": Decimal(line["discount"]),
    }
    return {
        **line,
        **{name: money_string(amount, currency) for name, amount in amounts.items()},
        "sub_lines": [_line(below, currency) for below in line["sub_lines"]],
    }


def _of_till(payment: Json, venue: Venue) -> Json:
    return {
        "amount": money_string(Decimal(payment["amount"]), venue.currency),
        "tip": money_string(ZERO, venue.currency),
        "method": payment["method"],
        "at": _local(datetime.fromisoformat(payment["at"]) if payment["at"] else None, venue),
        "source": "pos",
    }


def _of_guest(payment: Payment, venue: Venue) -> Json:
    return {
        "amount": money_string(payment.amount, venue.currency),
        "tip": money_string(payment.tip, venue.currency),
        "method": payment.method,
        "at": _local(payment.applied_at, venue),
        "source": "storekit",
    }


def _local(moment: datetime | None, venue: Venue) -> str | None:
    return moment.astimezone(venue.zone).isoformat() if moment else None
