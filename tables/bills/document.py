"""A bill as guests and the REST API see it."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from integrations.connect.venue_settings import settings_of
from storekit.models import Venue
from storekit.money import ZERO, money_string
from tables.bills.splitting import BillLine, SplitBill, due
from tables.models import Bill, Table

Json = dict[str, Any]


def table_document(*, table: Table) -> Json:
    """Return the table and its bills, oldest first: `{venue, table: {number, name, area}, bills: [bill]}`.

    A bill that is closed is not shown: the next guests at the table should not see it.
    """
    venue = table.venue
    rows = Bill.objects.filter(venue=venue, table_number=table.number).exclude(status=Bill.Status.CLOSED)
    hides_free = settings_of(venue).ignore_free_items
    return {
        "venue": {"slug": venue.slug, "name": venue.name, "currency": venue.currency},
        "table": {"number": table.number, "name": table.name, "area": table.area.name},
        "bills": [
            bill_document(bill, venue=venue, hides_free=hides_free) for bill in rows.order_by("opened_at", "created_at")
        ],
    }


def bill_document(bill: Bill, *, venue: Venue, hides_free: bool = False) -> Json:
    """Return the bill. `hides_free` leaves out lines that cost nothing and have nothing below them that does.

    A line's total includes its sub-lines.
    """
    currency = venue.currency
    lines = [line for line in bill.lines if not (hides_free and _is_free(line))]
    split = split_bill(bill, currency=currency)
    items = sum((line.total for line in split.lines), ZERO)
    # What the lines and the service charge do not explain, if it lowers the total.
    discount = max(items + bill.service_charge - bill.total, ZERO)
    amounts = {
        "items": items,
        "discount": discount,
        "service_charge": bill.service_charge,
        "total": bill.total,
        "paid": bill.paid,
        "pending": ZERO,
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
        "payments": [_payment(payment, venue) for payment in bill.payments],
    }


def split_bill(bill: Bill, *, currency: str) -> SplitBill:
    """Return the bill for the law of splitting, without any claims of guests."""
    lines = [BillLine(line["id"], Fraction(line["quantity"]), total_of(line)) for line in bill.lines]
    return SplitBill(currency, bill.total, paid_on_till=bill.paid, lines=lines)


def total_of(line: Json) -> Decimal:
    """Return what a line costs with its sub-lines."""
    return Decimal(line["total"]) + sum((total_of(below) for below in line["sub_lines"]), ZERO)


def _is_free(line: Json) -> bool:
    return not Decimal(line["total"]) and all(_is_free(below) for below in line["sub_lines"])


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


def _payment(payment: Json, venue: Venue) -> Json:
    return {
        "amount": money_string(Decimal(payment["amount"]), venue.currency),
        "tip": money_string(ZERO, venue.currency),
        "method": payment["method"],
        "at": _local(datetime.fromisoformat(payment["at"]) if payment["at"] else None, venue),
        "source": "pos",
    }


def _local(moment: datetime | None, venue: Venue) -> str | None:
    return moment.astimezone(venue.zone).isoformat() if moment else None
