"""The back office of pay at table: each venue's settings."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import simplify_choice
from storekit.models import Venue
from storekit.money import smallest_amount
from tables.admin.live_floor import LiveFloorPages
from tables.models import PayAtTable, are_amounts, are_percentages
from tables.models.pay_at_table import default_amounts, default_percentages

_SEPARATORS = re.compile(r"[\s,;]+")
# Stripe's rules for a statement descriptor (https://docs.stripe.com/get-started/account/statement-descriptors).
_DESCRIPTOR = re.compile(r"""(?=.*[A-Za-z])[ -~]{1,22}""")
_NOT_IN_A_DESCRIPTOR = re.compile(r"""[<>\\'"*]""")
_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]+")


class ListField(forms.CharField):
    """A list that is typed as one line, its entries separated by commas or blanks."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        """Return the list as one line; what was typed, as it was typed."""
        return ", ".join(str(one) for one in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the list. Raises `ValidationError` unless its entries are what the setting takes."""
        typed = self.prepare_value(value) or ""
        return self.read([one for one in _SEPARATORS.split(typed.replace("%", " ")) if one])

    def read(self, entries: list[str]) -> list[Any]:
        """Return the entries as they are stored."""
        raise NotImplementedError


class PercentagesField(ListField):
    """One to four whole percentages."""

    def read(self, entries: list[str]) -> list[int]:
        try:
            found = [int(one) for one in entries]
            are_percentages(found)
        except (ValueError, ValidationError):
            raise ValidationError("Type one to four whole numbers from 1 to 50, such as 10, 12, 15.") from None
        return found


class AmountsField(ListField):
    """One to four amounts, as text."""

    def read(self, entries: list[str]) -> list[str]:
        try:
            are_amounts(entries)
        except ValidationError:
            raise ValidationError("Type one to four amounts with a point, such as 1, 2, 2.50.") from None
        return entries


class SettingsForm(forms.ModelForm):
    """A venue's settings, with lists as people type them."""

    tip_percentages = PercentagesField(
        label="Tips to choose from, in per cent",
        help_text="One to four, separated by commas: 10, 12, 15.",
        initial=default_percentages,
    )
    small_bill_tips = AmountsField(
        label="Tips on small bills",
        help_text="One to four amounts in the venue’s currency, separated by commas: 1, 2, 2.50.",
        initial=default_amounts,
    )

    def clean_provider_account(self) -> str:
        """Return the name of the Stripe account."""
        account: str = self.cleaned_data["provider_account"].strip()
        if account and not _ACCOUNT.fullmatch(account):
            raise ValidationError("It begins with acct_, as Stripe shows it under Connected accounts.")
        return account

    def clean_statement_descriptor(self) -> str:
        """Return what card statements say."""
        text: str = self.cleaned_data["statement_descriptor"].strip()
        if text and (not _DESCRIPTOR.fullmatch(text) or _NOT_IN_A_DESCRIPTOR.search(text)):
            raise ValidationError(
                "Card statements take up to 22 letters, digits and blanks, one letter at least, without accents, "
                "quotation marks, asterisks, backslashes, < or >."
            )
        return text

    def clean(self) -> dict[str, Any]:
        """Check that the amounts can be paid in the venue's currency."""
        data: dict[str, Any] = super().clean() or {}
        venue: Venue | None = data.get("venue") or (self.instance.venue if self.instance.pk else None)
        if venue is not None:
            least = smallest_amount(venue.currency)
            tips = data.get("small_bill_tips") or []
            if any(Decimal(tip) % least for tip in tips):
                self.add_error("small_bill_tips", f"In {venue.currency}, amounts are multiples of {least}.")
            if (below := data.get("small_bill_below")) is not None and below < 0:
                self.add_error("small_bill_below", "Type an amount of zero or more.")
        return data


@admin.register(PayAtTable)
class PayAtTablePage(LiveFloorPages):
    """The venues that use pay at table, or have prepared it. For a venue that is not listed, no code opens anything."""

    form = SettingsForm
    list_display = ("venue", "enabled", "payments_enabled", "tips", "gift_cards", "ordering")
    list_display_links = ("venue",)
    list_filter = (VenueFilter,)
    list_select_related = ("venue",)
    ordering = ("venue__name",)
    fieldsets = (
        (None, {"fields": ("venue", "enabled", "sheet_text")}),
        (
            "Paying",
            {
                "fields": ("payments_enabled", "gift_cards"),
                "description": "The POS payment methods under which payments and gift cards are booked are in the "
                "settings of the POS connection.",
            },
        ),
        (
            "Tips",
            {
                "fields": (
                    "tips",
                    "tip_percentages",
                    ("small_bill_below", "small_bill_tips"),
                    "tips_beside_service_charge",
                ),
                "description": "“Amounts on small bills” offers the amounts below on bills under the limit, and the "
                "percentages on all others. Guests can always type a tip of their own, or leave none.",
            },
        ),
        ("Ordering", {"fields": ("ordering",)}),
        (
            "Stripe",
            {
                "fields": ("provider_account", "statement_descriptor"),
                "description": "Leave the account empty if the money goes to the account that runs storekit.",
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: PayAtTable | None = None) -> tuple[str, ...]:
        return () if obj is None else ("venue",)

    def get_form(self, request: HttpRequest, obj: PayAtTable | None = None, **options: Any) -> Any:
        form = super().get_form(request, obj, **options)
        if choice := form.base_fields.get("venue"):
            choice.queryset = choice.queryset.filter(pay_at_table=None)
            choice.error_messages["invalid_choice"] = "This venue is listed already. Change its row instead."
            simplify_choice(choice)
        return form

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)
