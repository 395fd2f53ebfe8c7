"""The page behind a payment's button "Refund": an amount and a reason, asked for once however often it is clicked."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.form_keys import FORM_KEY, form_key
from storekit.admin_base.site import VenueAdmin
from storekit.money import money_string, smallest_amount
from storekit.money.words import format_money
from tables.models import GiftCard, Payment
from tables.payments.providers.gift_cards import why_not_spendable
from tables.payments.refunding import RefundNotPossible, refundable, request_refund


class RefundForm(forms.Form):
    """How much is given back, and why."""

    amount = forms.DecimalField(label="Amount", widget=UnfoldAdminDecimalFieldWidget())
    reason = forms.CharField(
        required=False,
        max_length=200,
        label="Reason",
        help_text="Optional. Shown on the payment’s page, and printed at the till.",
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, data: Any, *, payment: Payment, left: Decimal) -> None:
        currency = payment.venue.currency
        super().__init__(data, initial={"amount": money_string(left, currency)})
        self.fields["amount"].widget.attrs |= {"step": str(smallest_amount(currency)), "min": "0"}
        self.fields["amount"].help_text = f"{format_money(left, payment.venue)} at most, with the tip."


class RefundPages(VenueAdmin):
    """The refund's page, mixed into the admin of payments. For managers of the payment's venue."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.refund_view)
        return [path("<uuid:object_id>/refund/", view, name="tables_payment_refund"), *super().get_urls()]

    def refund_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Ask how much and why, then give it back."""
        payment: Payment = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.manages_row(request, payment):
            raise PermissionDenied
        back, key, left = (
            reverse("admin:tables_payment_change", args=[payment.pk]),
            form_key(request),
            refundable(payment),
        )
        is_repeated = payment.refunds.filter(key=key).exists()
        if left <= 0 and not is_repeated:
            messages.warning(request, "Nothing of this payment can be refunded.")
            return redirect(back)
        form = RefundForm(request.POST if request.method == "POST" else None, payment=payment, left=left)
        if form.is_valid() and self._refund(request, payment, form, key):
            return redirect(back)
        return confirm_page(
            request,
            self,
            "Refund",
            question=f"Refund this payment of {format_money(payment.captured, payment.venue)}?",
            consequence=_consequences(payment),
            button="Refund",
            back=back,
            back_label="Back to the payment",
            danger=True,
            form=form,
            hidden=[(FORM_KEY, key)],
        )

    def _refund(self, request: HttpRequest, payment: Payment, form: RefundForm, key: str) -> bool:
        """Ask for the refund; return whether that was possible, or add the reason to the form."""
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        try:
            refund = request_refund(payment=payment, amount=amount, reason=reason, by=str(request.user), key=key)
        except RefundNotPossible as error:
            form.add_error("amount", str(error))
            return False
        shown = format_money(refund.amount, payment.venue)
        messages.success(request, f"{shown} is being refunded. A message about it will be printed at the till.")
        return True


def _consequences(payment: Payment) -> list[str]:
    to = payment.card or "the guest’s card"
    sentences = [
        f"The money goes back to {to}. This cannot be undone.",
        "The till cannot book refunds: it prints a message, and the day’s report has to be corrected by hand.",
    ]
    card = GiftCard.objects.filter(entries__payment=payment).select_related("venue").first()
    if card is not None and (why := why_not_spendable(card)):
        sentences.append(why)
    return sentences
