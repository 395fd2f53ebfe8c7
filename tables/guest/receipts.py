"""`/t/TOKEN/payments/ID/`: a guest's receipt, to print or to keep. Only the guest who paid knows the payment's id."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tables.guest.pages import GuestPage
from tables.models import Payment, Table
from tables.payments.receipts import receipt_of


class ReceiptPage(GuestPage):
    """The receipt of a payment that was started at this table."""

    def page(self, request: HttpRequest, table: Table, **more: Any) -> HttpResponse:
        payment = _paid(table, more["payment_id"])
        if payment is None:
            return redirect("guest:bill", token=table.token)
        context = {
            "venue": table.venue,
            "receipt": receipt_of(payment, language=self.language),
            "bill_page": reverse("guest:bill", args=[table.token]),
        }
        return self.render(request, "guest/receipt.html", context)


def _paid(table: Table, payment_id: UUID) -> Payment | None:
    rows = Payment.objects.select_related("venue", "bill", "table").filter(venue=table.venue_id, table=table)
    return rows.filter(pk=payment_id, captured_at__isnull=False).first()
