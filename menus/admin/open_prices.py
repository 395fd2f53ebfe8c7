"""The admin page that sets the price of an item with an open price."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from menus.models import Product
from menus.open_prices import PriceFromPos, has_open_price, set_staff_price
from storekit.models import Venue
from storekit.money import MAX_DECIMALS, WHOLE_DIGITS, money_string, smallest_amount
from storekit.money.words import format_money

# One digit less than the column holds: tax is added.
_MAX_DIGITS = WHOLE_DIGITS - 1 + MAX_DECIMALS


class PriceForm(forms.Form):
    """The price of one piece, which the till must be able to charge."""

    price = forms.DecimalField(
        required=False,
        max_digits=_MAX_DIGITS,
        decimal_places=MAX_DECIMALS,
        widget=UnfoldAdminDecimalFieldWidget,
        label="Price",
    )

    def __init__(self, *args: Any, venue: Venue, **options: Any) -> None:
        super().__init__(*args, **options)
        self._venue = venue

    def clean_price(self) -> Decimal | None:
        price: Decimal | None = self.cleaned_data["price"]
        smallest = smallest_amount(self._venue.currency)
        if price is not None and (price <= 0 or price % smallest):
            raise forms.ValidationError(f"Enter a multiple of {format_money(smallest, self._venue)}.")
        return price


class OpenPricePages:
    """Mixed into the admin pages of products and choices. Only managers see the button and can save."""

    def has_change_price_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.manages_row(request, obj))  # type: ignore[attr-defined]

    @action(description="Price", url_path="price", permissions=["change_price"], icon="sell")
    def change_price(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the price, editable if the POS has none."""
        page: Any = self
        entry: Any = get_object_or_404(page.get_queryset(request), pk=object_id)
        kind = "product" if isinstance(entry, Product) else "modifier"
        back = reverse(f"admin:menus_{kind}_change", args=[entry.pk])
        venue = entry.venue if kind == "product" else entry.group.venue
        shown = None if entry.staff_price is None else money_string(entry.staff_price, venue.currency)
        form = PriceForm(request.POST or None, initial={"price": shown}, venue=venue)
        refusal = "" if has_open_price(entry) else "The price comes from the POS. Change it there and sync the menu."
        if request.method == "POST" and not refusal and form.is_valid():
            try:
                set_staff_price(entry=entry, price=form.cleaned_data["price"])
            except PriceFromPos as error:
                messages.error(request, str(error))
            else:
                page.log_change(request, entry, "Price changed.")
                messages.success(request, "Price saved. Guests see it now.")
            return redirect(back)
        return TemplateResponse(
            request,
            "admin/menus/product/price.html",
            {
                **page.admin_site.each_context(request),
                "opts": page.opts,
                "title": f"Price of {entry.name}",
                "form": form,
                "refusal": refusal,
                "is_taken_off": entry.custom_price == "taken_off",
                "is_taxed": entry.tax_rate is not None,
                "back": back,
            },
        )
