"""A reconciliation as a CSV file: the sums by method, then every difference."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import StreamingHttpResponse

from storekit.admin_base.csv_export import csv_download
from storekit.money import money_string
from tables.models import Payment, Reconciliation

_COLUMNS = ("day", "what", "method", "check", "table", "reference", "guest", "tips", "refunded", "till", "payment")


def method_label(method: str) -> str:
    """Return a payment method in words."""
    return dict(Payment.Method.choices).get(method, method)


def reconciliation_csv(row: Reconciliation) -> StreamingHttpResponse:
    """Return the file to download. Amounts have the currency's decimals; an empty one is unknown."""
    name = f"payments-{row.venue.slug}-{row.day:%Y-%m-%d}"
    return csv_download(name=name, columns=_COLUMNS, rows=_rows(row))


def _rows(row: Reconciliation) -> Iterator[list[Any]]:
    day = row.day.isoformat()

    def amount(value: Decimal | str | None) -> str:
        return "" if value is None else money_string(Decimal(value), row.venue.currency)

    for sums in row.totals:
        shown = [amount(sums[name]) for name in ("captured", "tips", "refunded", "till")]
        yield [day, "total", method_label(sums["method"]), "", "", "", *shown, sums["payments"]]
    for one in row.differences.select_related("payment__table").iterator(chunk_size=500):
        table = one.payment.table.number if one.payment and one.payment.table else ""
        tip, refunded = (one.payment.tip, one.payment.refunded) if one.payment else (None, None)
        yield [
            day, one.get_cause_display(), method_label(one.method), one.account, table, one.reference,
            amount(one.captured), amount(tip), amount(refunded), amount(one.till), str(one.payment_id or ""),
        ]  # fmt: skip
