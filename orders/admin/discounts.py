"""The back office of discount codes. Managers add and change them; a used code is switched off, never deleted."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from orders.checkout.venue_settings import loaded_opening_hours
from orders.models import DiscountCode
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import VenueAdmin, simplify_choice
from storekit.local_time.service_days import service_day
from storekit.models import Venue
from storekit.money import ZERO, money_string, smallest_amount
from storekit.money.words import format_money
from storekit.text import folded

_SAME_CODE = "Same as another code: rename it"


class DiscountCodeForm(forms.ModelForm):
    """Form of a discount code, with an error message for each combination that makes no sense."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            for name in ("amount", "minimum_spend"):
                if (amount := self.initial.get(name)) is not None:
                    self.initial[name] = money_string(amount, self.instance.venue.currency)

    def clean_minimum_spend(self) -> Decimal | None:
        spend: Decimal | None = self.cleaned_data["minimum_spend"]
        if spend is not None and spend < 0:
            raise forms.ValidationError("Enter zero or more, or leave this empty.")
        return spend

    def clean_usage_limit(self) -> int | None:
        limit: int | None = self.cleaned_data["usage_limit"]
        if limit == 0:
            raise forms.ValidationError(
                "Enter 1 or more, or leave this empty. To switch the code off, untick “Active”."
            )
        return limit

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_value(cleaned)
        self._clean_amounts(cleaned)
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", "The last day must not be before the first day.")
        self._clean_code(cleaned)
        return cleaned

    def _clean_value(self, cleaned: dict[str, Any]) -> None:
        if {"percent", "amount"} & set(self.errors):
            return
        percent, amount = cleaned.get("percent"), cleaned.get("amount")
        if percent is None and amount is None:
            self.add_error("percent", "Enter a percentage or an amount.")
        if percent is not None and amount is not None:
            self.add_error("amount", "Enter either a percentage or an amount, not both.")

    def _clean_amounts(self, cleaned: dict[str, Any]) -> None:
        """Refuse amounts that the venue's till cannot take off or charge."""
        venue, amount = self._venue(cleaned), cleaned.get("amount")
        if venue is None:
            return
        least = smallest_amount(venue.currency)
        if amount is not None and amount < least:
            self.add_error("amount", f"Enter at least {format_money(least, venue)}.")
        for name in ("amount", "minimum_spend"):
            if (cleaned.get(name) or 0) % least:
                self.add_error(name, f"Enter a multiple of {format_money(least, venue)}.")

    def _venue(self, cleaned: dict[str, Any]) -> Venue | None:
        return cleaned.get("venue") or getattr(self.instance, "venue", None)

    def _clean_code(self, cleaned: dict[str, Any]) -> None:
        venue, code = self._venue(cleaned), cleaned.get("code")
        if not venue or not code:
            return
        if not folded(code):
            self.add_error("code", "Enter a code that guests can see.")
        others = DiscountCode.objects.filter(venue=venue, code_key=folded(code)).exclude(pk=self.instance.pk)
        if others.exists():
            self.add_error("code", f"The code {code} already exists. Upper and lower case count as the same.")

    def validate_constraints(self) -> None:
        """Skip the model's constraints: the checks above explain them better, and the database enforces them."""


class ActiveFilter(admin.SimpleListFilter):
    """Filters codes by whether they are switched on."""

    title = "switched on"
    parameter_name = "running"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Switched on"), ("no", "Switched off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DiscountCode]) -> QuerySet[DiscountCode]:
        return queryset.filter(active=self.value() == "yes") if self.value() in ("yes", "no") else queryset


class DiscountCodePage(VenueAdmin):
    """The discount codes of a venue, maintained by its managers."""

    form = DiscountCodeForm
    list_display = ("code", "venue", "value", "valid", "used", "state")
    list_filter = (VenueFilter, ActiveFilter)
    list_select_related = ("venue",)
    search_fields = ("code", "code_key")
    search_help_text = "Search by code"
    ordering = ("venue__name", "code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiscountCode]:
        found = super().get_queryset(request).select_related("venue__ordering_rules")
        return found.prefetch_related("venue__ordering_rules__hours")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DiscountCode], search_term: str
    ) -> tuple[QuerySet[DiscountCode], bool]:
        """Find a code however it is typed, as guests do."""
        return super().get_search_results(request, queryset, folded(search_term))

    def get_fieldsets(self, request: HttpRequest, obj: DiscountCode | None = None) -> list[Any]:
        used_field = () if obj is None else ("used",)
        return [
            (None, {"fields": ("venue", ("code", "active"))}),
            ("Discount", {"fields": (("percent", "amount"), "pos_id")}),
            ("Conditions", {"fields": (("valid_from", "valid_until"), ("minimum_spend", "usage_limit"), *used_field)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: DiscountCode | None = None) -> tuple[str, ...]:
        return () if obj is None else ("venue", "used")

    def get_form(self, request: HttpRequest, obj: DiscountCode | None = None, **options: Any) -> Any:
        form = super().get_form(request, obj, **options)
        if choice := form.base_fields.get("venue"):
            simplify_choice(choice)
        return form

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to delete a used code: orders refer to it. It can be switched off instead."""
        if not self.manages_row(request, obj):
            return False
        row = self._row(request, obj) if obj is not None else None
        return not isinstance(row, DiscountCode) or not _was_used(row)

    @display(description="Discount")
    def value(self, code: DiscountCode) -> str:
        if code.percent is None:
            return format_money(code.amount or ZERO, code.venue)
        return f"{code.percent.normalize():f} %"

    @display(description="Valid")
    def valid(self, code: DiscountCode) -> str:
        begins = f"from {code.valid_from:%-d %b %Y}" if code.valid_from else ""
        ends = f"until {code.valid_until:%-d %b %Y}" if code.valid_until else ""
        return f"{begins} {ends}".strip() or "always"

    @display(description="Times used", ordering="times_used")
    def used(self, code: DiscountCode) -> str:
        return str(code.times_used) if code.usage_limit is None else f"{code.times_used} of {code.usage_limit}"

    @display(
        description="State",
        label={
            "Active": "success",
            "Switched off": "",
            "Expired": "",
            "Upcoming": "info",
            "Used up": "warning",
            _SAME_CODE: "danger",
        },
    )
    def state(self, code: DiscountCode) -> str:
        today = service_day(moment=timezone.now(), zone=code.venue.zone, hours=loaded_opening_hours(code.venue))
        if code.code_key is None:
            return _SAME_CODE
        if not code.active:
            return "Switched off"
        if code.valid_until and code.valid_until < today:
            return "Expired"
        if code.usage_limit is not None and code.times_used >= code.usage_limit:
            return "Used up"
        return "Upcoming" if code.valid_from and code.valid_from > today else "Active"


def _was_used(code: DiscountCode) -> bool:
    return code.times_used > 0 or code.orders.exists()
