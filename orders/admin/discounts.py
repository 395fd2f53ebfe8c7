"""The back office of discount codes: managers make and change them; a used one is switched off, not deleted."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from orders.models import DiscountCode
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import VenueAdmin, simplify_choice


class DiscountCodeForm(forms.ModelForm):
    """A discount code; what does not fit together is said in sentences."""

    def clean_minimum_spend(self) -> Decimal | None:
        spend: Decimal | None = self.cleaned_data["minimum_spend"]
        if spend is not None and spend < 0:
            raise forms.ValidationError("Give an amount of zero or more, or leave it empty.")
        return spend

    def clean_usage_limit(self) -> int | None:
        limit: int | None = self.cleaned_data["usage_limit"]
        if limit == 0:
            raise forms.ValidationError("A code for no order at all is of no use. Untick “active” to switch it off.")
        return limit

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_worth(cleaned)
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", "The last day is before the first day.")
        self._clean_code(cleaned)
        return cleaned

    def _clean_worth(self, cleaned: dict[str, Any]) -> None:
        if {"percent", "amount"} & set(self.errors):
            return
        percent, amount = cleaned.get("percent"), cleaned.get("amount")
        if percent is None and amount is None:
            self.add_error("percent", "Say what the code takes off: a percentage or an amount.")
        if percent is not None and amount is not None:
            self.add_error("amount", "Give either a percentage or an amount, not both.")

    def _clean_code(self, cleaned: dict[str, Any]) -> None:
        venue, code = cleaned.get("venue") or getattr(self.instance, "venue", None), cleaned.get("code")
        if not venue or not code:
            return
        others = DiscountCode.objects.filter(venue=venue, code__iexact=code).exclude(pk=self.instance.pk)
        if others.exists():
            self.add_error("code", f"There is a code {code} already. Capital and small letters are one.")

    def validate_constraints(self) -> None:
        """Said above, in words that help; the database has the last word."""


class RunningFilter(admin.SimpleListFilter):
    """Codes that guests can use, and those that they cannot."""

    title = "guests can use it"
    parameter_name = "running"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Switched on"), ("no", "Switched off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DiscountCode]) -> QuerySet[DiscountCode]:
        return queryset.filter(active=self.value() == "yes") if self.value() in ("yes", "no") else queryset


class DiscountCodePage(VenueAdmin):
    """The codes of a venue, kept up by its managers."""

    form = DiscountCodeForm
    list_display = ("code", "venue", "worth", "valid", "used", "state")
    list_filter = (VenueFilter, RunningFilter)
    list_select_related = ("venue",)
    search_fields = ("code",)
    search_help_text = "The code, or the beginning of it"
    ordering = ("venue__name", "code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiscountCode]:
        return super().get_queryset(request).select_related("venue")

    def get_fieldsets(self, request: HttpRequest, obj: DiscountCode | None = None) -> list[Any]:
        used = () if obj is None else ("used",)
        return [
            (None, {"fields": ("venue", ("code", "active"))}),
            ("What it takes off", {"fields": (("percent", "amount"), "pos_id")}),
            ("When it counts", {"fields": (("valid_from", "valid_until"), ("minimum_spend", "usage_limit"), *used)}),
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
        """Orders name the code that they were given: one that was used stays, switched off."""
        if not self.manages_row(request, obj):
            return False
        row = self._row(request, obj) if obj is not None else None
        return not isinstance(row, DiscountCode) or not _was_used(row)

    @display(description="Takes off")
    def worth(self, code: DiscountCode) -> str:
        return f"{code.amount} {code.venue.currency}" if code.percent is None else f"{code.percent.normalize():f} %"

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
        label={"Running": "success", "Switched off": "", "Over": "", "Not yet": "info", "Used up": "warning"},
    )
    def state(self, code: DiscountCode) -> str:
        today = timezone.now().astimezone(code.venue.zone).date()
        if not code.active:
            return "Switched off"
        if code.valid_until and code.valid_until < today:
            return "Over"
        if code.usage_limit is not None and code.times_used >= code.usage_limit:
            return "Used up"
        return "Not yet" if code.valid_from and code.valid_from > today else "Running"


def _was_used(code: DiscountCode) -> bool:
    return code.times_used > 0 or code.orders.exists()
