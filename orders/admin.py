"""The back office of orders: those in trouble first, and on each order's page what happened to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, OrderBy, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from unfold.decorators import display

from orders.lines import lines_of
from orders.models import CLOSED_STATUSES, Injection, InjectionAttempt, Order
from orders.pricing import PricedLine
from storekit.admin_filters import VenueFilter
from storekit.admin_site import ReadOnlyAdmin

_STATE_COLOURS: dict[str, str] = {
    Injection.State.WAITING.label: "warning",
    Injection.State.SCHEDULED.label: "info",
    Injection.State.SENDING.label: "info",
    Injection.State.ACCEPTED.label: "info",
    Injection.State.CONFIRMED.label: "success",
    Injection.State.FAILED.label: "danger",
}
_OUTCOME_COLOURS: dict[str, str] = {
    InjectionAttempt.Outcome.ACCEPTED: "success",
    InjectionAttempt.Outcome.DUPLICATE: "success",
    InjectionAttempt.Outcome.REJECTED: "danger",
    InjectionAttempt.Outcome.UNKNOWN: "",
}
_TROUBLE_FIRST = OrderBy(Case(When(injection__state=Injection.State.FAILED, then=Value(0)), default=Value(1)))


class StateFilter(admin.SimpleListFilter):
    """How far the order is on its way to the till."""

    title = "on the till"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("trouble", "In trouble"), *Injection.State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        match self.value():
            case None:
                return queryset
            case "trouble":
                return queryset.filter(injection__state=Injection.State.FAILED).exclude(status__in=CLOSED_STATUSES)
            case state:
                return queryset.filter(injection__state=state)


@admin.register(Order)
class OrderPage(ReadOnlyAdmin):
    """Orders with their way to the till."""

    list_display = (
        "title",
        "collection_code",
        "customer",
        "type",
        "amount",
        "status_label",
        "state",
        "placed",
        "wanted_for",
    )
    list_filter = (VenueFilter, StateFilter, "status", "type", "payment_status")
    list_select_related = ("venue", "injection")
    list_per_page = 50
    search_fields = ("=number", "^collection_code", "first_name", "last_name", "email")
    search_help_text = "Number, collection code, name or e-mail address"
    ordering = (_TROUBLE_FIRST, "-placed_at")
    fieldsets = (
        (
            None,
            {"fields": ("venue", ("number", "collection_code"), ("type", "status_label"), ("placed", "wanted_for"))},
        ),
        ("On the till", {"fields": ("state_label", "error", ("account", "reference"), ("next_attempt", "confirmed"))}),
        ("Customer", {"fields": (("customer", "email", "phone"), "note")}),
        (
            "Amounts",
            {
                "fields": (
                    ("items_total", "discount"),
                    ("delivery_fee", "service_charge", "tip"),
                    "amount",
                    ("payment_status", "payment_amount", "payment_reference"),
                )
            },
        ),
    )
    readonly_fields = (
        "amount",
        "customer",
        "status_label",
        "placed",
        "wanted_for",
        "state_label",
        "error",
        "account",
        "reference",
        "next_attempt",
        "confirmed",
    )
    change_form_after_template = "admin/orders/order/story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return super().get_queryset(request).select_related("venue", "injection")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        order = context["original"]
        story = {"lines": _lines_table(order), "attempts": _attempts_table(order)}
        return super().render_change_form(request, context | story, *args, **options)

    # --- What is shown

    @display(description="Order", ordering="number")
    def title(self, order: Order) -> str:
        return f"No. {order.number}"

    @display(description="Customer", ordering="last_name")
    def customer(self, order: Order) -> str:
        return f"{order.first_name} {order.last_name}".strip()

    @display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return f"{order.total} {order.venue.currency}"

    @display(description="Status", ordering="status")
    def status_label(self, order: Order) -> str:
        return order.get_status_display()

    @display(description="On the till", ordering="injection__state", label=_STATE_COLOURS)
    def state(self, order: Order) -> str:
        return order.injection.get_state_display()

    @admin.display(description="State")
    def state_label(self, order: Order) -> SafeString:
        # Unfold colours labels in lists only.
        text = order.injection.get_state_display()
        return _label(text, _STATE_COLOURS[text])

    @display(description="Placed", ordering="placed_at")
    def placed(self, order: Order) -> str:
        return _local(order, order.placed_at)

    @display(description="Wanted for", ordering="scheduled_for", empty_value="now")
    def wanted_for(self, order: Order) -> str | None:
        return _local(order, order.scheduled_for) if order.scheduled_for else None

    @admin.display(description="Why", empty_value="–")
    def error(self, order: Order) -> str | None:
        return order.injection.error or None

    @admin.display(description="Check", empty_value="–")
    def account(self, order: Order) -> str | None:
        return order.injection.account or None

    @admin.display(description="Reference at the POS")
    def reference(self, order: Order) -> str:
        return order.injection.reference

    @admin.display(description="Next attempt", empty_value="–")
    def next_attempt(self, order: Order) -> str | None:
        at = order.injection.next_attempt_at
        return _local(order, at) if at else None

    @admin.display(description="Confirmed", empty_value="–")
    def confirmed(self, order: Order) -> str | None:
        at = order.injection.confirmed_at
        return _local(order, at) if at else None


def _local(order: Order, moment: datetime) -> str:
    """A time as the clock on the venue's wall shows it."""
    return date_format(moment.astimezone(order.venue.zone), "j M Y, H:i:s")


def _label(text: str, colour: str) -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def _lines_table(order: Order) -> dict[str, Any]:
    def rows(lines: Iterable[PricedLine], depth: int) -> Iterable[list[str]]:
        for line in lines:
            name = f"{'– ' * depth}{line.name}" + (f" ({line.note})" if line.note else "")
            total = "" if depth else str(line.total)
            yield [str(line.quantity), name, line.sku, str(line.unit_price), total]
            yield from rows(line.choices, depth + 1)

    return {
        "headers": ["Quantity", "Item", "SKU", "Price of one", "Total"],
        "rows": list(rows(lines_of(rows=order.lines.all()), 0)),
    }


def _attempts_table(order: Order) -> dict[str, Any]:
    return {
        "headers": ["Attempt", "Began", "Ended", "Outcome", "HTTP", "What the POS said"],
        "rows": [
            [
                str(attempt.number),
                _local(order, attempt.started_at),
                _local(order, attempt.finished_at) if attempt.finished_at else "–",
                _label(attempt.get_outcome_display(), _OUTCOME_COLOURS.get(attempt.outcome, "warning")),
                str(attempt.status or "–"),
                attempt.detail or "–",
            ]
            for attempt in order.injection.attempt_rows.all()
        ],
    }
