"""The back office of ordering rules: which types of orders a venue takes, and when."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSingleTimeWidget

from orders.models import OrderingHours, OrderingRules
from storekit.admin_base.filters import VenueFilter
from storekit.admin_base.site import VenueAdmin, VenueScoped, simplify_choice
from storekit.staff import manages, manages_somewhere, works_at, works_somewhere

_MINUTES_A_DAY = 24 * 60
_HOURS_SHOWN = 3


class RulesForm(forms.ModelForm):
    """Form of a venue's rules. It refuses rules under which no order for later would be possible."""

    class Meta:
        labels = {
            "notice_minutes": "Notice (minutes)",
            "furthest_ahead_days": "Booking window (days)",
            "minutes_to_pay": "Time to pay (minutes)",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "minutes_to_pay" in self.fields:
            self.fields["minutes_to_pay"].required = False

    def clean_minutes_to_pay(self) -> int:
        minutes: int | None = self.cleaned_data["minutes_to_pay"]
        return self.instance.minutes_to_pay if minutes is None else minutes

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        notice, days = cleaned.get("notice_minutes"), cleaned.get("furthest_ahead_days")
        # The booking window ends with the last minute of its last day.
        if notice is not None and days is not None and notice >= (days + 1) * _MINUTES_A_DAY:
            self.add_error("notice_minutes", "Must be shorter than the booking window.")
        return cleaned


class HoursForm(forms.ModelForm):
    """Form of one opening time of a weekday."""

    class Meta:
        model = OrderingHours
        fields = ("weekday", "opens", "closes")
        widgets = {
            "opens": UnfoldAdminSingleTimeWidget(format="%H:%M"),
            "closes": UnfoldAdminSingleTimeWidget(format="%H:%M"),
        }


class HoursFormSet(forms.BaseInlineFormSet):
    """The opening hours of a week. No two may start at the same time."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Screen readers do not read the table's header as a label of its cells.
        hours = str(form.instance) if form.instance.pk else "the new hours"
        for name, label in (("weekday", "Weekday"), ("opens", "Opens"), ("closes", "Closes"), ("DELETE", "Remove")):
            if name in form.fields:
                form.fields[name].widget.attrs["aria-label"] = f"{label}, {hours}"

    def clean(self) -> None:
        super().clean()
        starts = [
            (form.cleaned_data["weekday"], form.cleaned_data["opens"])
            for form in self.forms
            if form not in self.deleted_forms and getattr(form, "cleaned_data", None) and form.is_valid()
        ]
        if len(set(starts)) < len(starts):
            raise forms.ValidationError("Two entries start at the same time on the same day. Remove one.")


class HoursInline(VenueScoped, TabularInline):
    """The opening hours in which orders are taken. Managers change them, staff see them."""

    model = OrderingHours
    form = HoursForm
    formset = HoursFormSet
    extra = 0
    verbose_name = "opening hours"
    verbose_name_plural = (
        "Opening hours. Leave empty to take orders at all times. If you close after midnight, enter "
        "for example 18:00 to 02:00."
    )

    def has_view_permission(self, request: HttpRequest, obj: OrderingRules | None = None) -> bool:
        return works_somewhere(request.user) if obj is None else works_at(request.user, obj.venue)

    def has_change_permission(self, request: HttpRequest, obj: OrderingRules | None = None) -> bool:
        return manages_somewhere(request.user) if obj is None else manages(request.user, obj.venue)

    has_add_permission = has_delete_permission = has_change_permission


class OrderingRulesPage(VenueAdmin):
    """The rules of each venue, maintained by its managers. A venue that is not listed accepts everything."""

    form = RulesForm
    list_display = ("venue", "types", "notice", "ahead", "opening_hours")
    list_display_links = ("venue",)
    list_filter = (VenueFilter,)
    list_select_related = ("venue",)
    list_before_template = "admin/orders/orderingrules/hint.html"
    ordering = ("venue__name",)
    fieldsets = (
        (None, {"fields": ("venue", ("pickup", "delivery", "dine_in"))}),
        ("Orders for later", {"fields": (("notice_minutes", "furthest_ahead_days"),)}),
        ("Orders placed unpaid", {"fields": ("minutes_to_pay",)}),
    )
    inlines = (HoursInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderingRules]:
        return super().get_queryset(request).select_related("venue").prefetch_related("hours")

    def get_readonly_fields(self, request: HttpRequest, obj: OrderingRules | None = None) -> tuple[str, ...]:
        return () if obj is None else ("venue",)

    def get_form(self, request: HttpRequest, obj: OrderingRules | None = None, **options: Any) -> Any:
        form = super().get_form(request, obj, **options)
        if choice := form.base_fields.get("venue"):
            choice.queryset = choice.queryset.filter(ordering_rules=None)
            choice.error_messages["invalid_choice"] = "This venue already has rules. Change those instead."
            simplify_choice(choice)
        return form

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @display(description="Order types")
    def types(self, rules: OrderingRules) -> str:
        accepted = (("pickup", rules.pickup), ("delivery", rules.delivery), ("dine-in", rules.dine_in))
        return ", ".join(name for name, is_accepted in accepted if is_accepted) or "none"

    @display(description="Notice")
    def notice(self, rules: OrderingRules) -> str:
        return f"{rules.notice_minutes} minutes" if rules.notice_minutes else "none"

    @display(description="Booking window")
    def ahead(self, rules: OrderingRules) -> str:
        return "1 day" if rules.furthest_ahead_days == 1 else f"{rules.furthest_ahead_days} days"

    @display(description="Opening hours")
    def opening_hours(self, rules: OrderingRules) -> str:
        hours = [
            f"{each.get_weekday_display():.3} {each.opens:%H:%M}–{each.closes:%H:%M}" for each in rules.hours.all()
        ]
        more = f", and {len(hours) - _HOURS_SHOWN} more" if len(hours) > _HOURS_SHOWN else ""
        return ", ".join(hours[:_HOURS_SHOWN]) + more or "all times"
