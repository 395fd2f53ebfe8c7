"""The back office of what a venue allows guests to order, and when."""

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
_SPANS_SHOWN = 3


class RulesForm(forms.ModelForm):
    """What a venue allows. Rules by which nothing can be ordered for later are a mistake, and said to be one."""

    class Meta:
        labels = {"notice_minutes": "Notice, in minutes", "furthest_ahead_days": "How far ahead, in days"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        notice, days = cleaned.get("notice_minutes"), cleaned.get("furthest_ahead_days")
        # The last minute of the last day is what can be ordered for at the furthest.
        if notice is not None and days is not None and notice >= (days + 1) * _MINUTES_A_DAY:
            self.add_error("notice_minutes", "This is longer than one can order ahead: no time would be left.")
        return cleaned


class HoursForm(forms.ModelForm):
    """One span of one weekday."""

    class Meta:
        model = OrderingHours
        fields = ("weekday", "opens", "closes")
        widgets = {
            "opens": UnfoldAdminSingleTimeWidget(format="%H:%M"),
            "closes": UnfoldAdminSingleTimeWidget(format="%H:%M"),
        }


class HoursFormSet(forms.BaseInlineFormSet):
    """The spans of a week: none twice."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # The table's head is not a label that a screen reader finds.
        which = str(form.instance) if form.instance.pk else "the new hours"
        for name, label in (("weekday", "Weekday"), ("opens", "Opens"), ("closes", "Closes"), ("DELETE", "Remove")):
            if name in form.fields:
                form.fields[name].widget.attrs["aria-label"] = f"{label}, {which}"

    def clean(self) -> None:
        super().clean()
        kept = [
            (form.cleaned_data["weekday"], form.cleaned_data["opens"])
            for form in self.forms
            if form not in self.deleted_forms and getattr(form, "cleaned_data", None) and form.is_valid()
        ]
        if len(set(kept)) < len(kept):
            raise forms.ValidationError("Two lines begin at the same time of the same day. Keep one of them.")


class HoursInline(VenueScoped, TabularInline):
    """When orders may be wanted. Managers change it, staff see it."""

    model = OrderingHours
    form = HoursForm
    formset = HoursFormSet
    extra = 0
    verbose_name = "span of hours"
    verbose_name_plural = "Hours. Without any, orders are taken for all times. Past midnight: 18:00 to 02:00."

    def has_view_permission(self, request: HttpRequest, obj: OrderingRules | None = None) -> bool:
        return works_somewhere(request.user) if obj is None else works_at(request.user, obj.venue)

    def has_change_permission(self, request: HttpRequest, obj: OrderingRules | None = None) -> bool:
        return manages_somewhere(request.user) if obj is None else manages(request.user, obj.venue)

    has_add_permission = has_delete_permission = has_change_permission


class OrderingRulesPage(VenueAdmin):
    """What each venue allows, kept up by its managers. A venue that is not listed allows everything."""

    form = RulesForm
    list_display = ("venue", "kinds", "notice", "ahead", "hours_given")
    list_display_links = ("venue",)
    list_filter = (VenueFilter,)
    list_select_related = ("venue",)
    list_before_template = "admin/orders/orderingrules/hint.html"
    ordering = ("venue__name",)
    fieldsets = (
        (None, {"fields": ("venue", ("pickup", "delivery", "dine_in"))}),
        ("Orders for later", {"fields": (("notice_minutes", "furthest_ahead_days"),)}),
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
            choice.error_messages["invalid_choice"] = "This venue has its rules already. Change those."
            simplify_choice(choice)
        return form

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @display(description="Orders")
    def kinds(self, rules: OrderingRules) -> str:
        taken = (("pickup", rules.pickup), ("delivery", rules.delivery), ("dine-in", rules.dine_in))
        return ", ".join(name for name, is_taken in taken if is_taken) or "none"

    @display(description="Notice")
    def notice(self, rules: OrderingRules) -> str:
        return f"{rules.notice_minutes} minutes" if rules.notice_minutes else "none"

    @display(description="How far ahead")
    def ahead(self, rules: OrderingRules) -> str:
        return "1 day" if rules.furthest_ahead_days == 1 else f"{rules.furthest_ahead_days} days"

    @display(description="Hours")
    def hours_given(self, rules: OrderingRules) -> str:
        spans = [
            f"{span.get_weekday_display():.3} {span.opens:%H:%M}–{span.closes:%H:%M}" for span in rules.hours.all()
        ]
        more = f", and {len(spans) - _SPANS_SHOWN} more" if len(spans) > _SPANS_SHOWN else ""
        return ", ".join(spans[:_SPANS_SHOWN]) + more or "all times"
