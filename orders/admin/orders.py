"""The back office of orders: failed ones come first, and each order's page says what is wrong and what to do."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Case, Exists, OrderBy, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display

from orders.admin.actions import OrderActions, buttons_of
from orders.admin.discounts import DiscountCodePage
from orders.admin.rules import OrderingRulesPage
from orders.admin.timeline import sheet_amounts, sheet_facts, timeline_of
from orders.expiry import is_expired
from orders.models import CLOSED_STATUSES, Alert, DiscountCode, Injection, Order, OrderingRules
from orders.order_sheet import sheet_lines
from orders.status_summary import in_trouble, is_unconfirmed, local_time, status_summary
from storekit.admin_base.filters import ChoiceFilter, VenueFilter
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.money.words import format_money

admin.site.register(DiscountCode, DiscountCodePage)
admin.site.register(OrderingRules, OrderingRulesPage)

_State = Injection.State
_Status = Order.Status

_NOT_ON_TILL = "Not on the till"
_UNCONFIRMED = "Not confirmed"
_PERHAPS_TWICE = "Possible duplicate"
_PROGRESS: dict[str, str] = {
    _State.WAITING: "Waiting for the till",
    _State.SCHEDULED: "For later",
    _State.SENDING: "Being sent",
    _State.ACCEPTED: "Accepted by the POS",
    _State.CONFIRMED: "On the till",
    _State.FAILED: _NOT_ON_TILL,
}
_PROGRESS_COLOURS: dict[str, str] = {
    _NOT_ON_TILL: "danger",
    _UNCONFIRMED: "warning",
    _PERHAPS_TWICE: "warning",
    _PROGRESS[_State.WAITING]: "warning",
    _PROGRESS[_State.SCHEDULED]: "info",
    _PROGRESS[_State.SENDING]: "info",
    _PROGRESS[_State.ACCEPTED]: "info",
    **dict.fromkeys(("On the till", "Ready", "Out for delivery", "Completed"), "success"),
}

_OPEN = ~Q(status__in=CLOSED_STATUSES)
_IS_FAILED = Q(injection__state=_State.FAILED) & _OPEN
_MAY_BE_TWICE = Exists(Alert.objects.filter(order=OuterRef("pk"), about=Alert.About.DOUBLE))
_FAILED_FIRST = OrderBy(Case(When(_IS_FAILED, then=Value(0)), default=Value(1)))


class ProgressFilter(ChoiceFilter):
    """Filters orders by their progress to the till."""

    title = "progress"
    parameter_name = "state"
    choices_by_name = {
        "trouble": ("Needs attention", _IS_FAILED),
        "waiting": (
            "Waiting for the till",
            Q(injection__state__in=(_State.WAITING, _State.SENDING, _State.ACCEPTED))
            & _OPEN
            & ~Q(status=_Status.AWAITING_PAYMENT),
        ),
        "unconfirmed": (_UNCONFIRMED, Q(injection__state=_State.ACCEPTED) & _OPEN),
        "later": ("For later", Q(injection__state=_State.SCHEDULED) & _OPEN),
        "twice": (_PERHAPS_TWICE, Q(_MAY_BE_TWICE) & _OPEN),
        "till": ("On the till", Q(injection__state=_State.CONFIRMED) & ~Q(status=_Status.CANCELLED)),
        "payment": ("Waiting for payment", Q(status=_Status.AWAITING_PAYMENT)),
        "cancelled": ("Cancelled", Q(status=_Status.CANCELLED)),
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        found = super().queryset(request, queryset)
        return found.filter(injection__deliver_by__lte=timezone.now()) if self.value() == "unconfirmed" else found


@admin.register(Order)
class OrderPage(OrderActions, ReadOnlyAdmin):
    """Orders and their progress to the till. Read-only: staff act on an order through its buttons."""

    list_display = (
        "title",
        "progress",
        "reason",
        "due",
        "customer",
        "code",
        "amount",
        "placed",
    )
    list_filter = (VenueFilter, ProgressFilter, "type", "payment_status")
    list_select_related = ("venue", "injection")
    list_per_page = 50
    search_fields = ("=number", "^collection_code", "first_name", "last_name", "email")
    search_help_text = "Number, collection code, name or e-mail address"
    ordering = (_FAILED_FIRST, "-placed_at")
    fieldsets = (
        (
            "Technical details",
            {
                "fields": (
                    ("venue", "status_label"),
                    ("state_label", "attempt_count", "next_attempt"),
                    ("account", "menu_version"),
                    "reference",
                ),
            },
        ),
    )
    readonly_fields = ("status_label", "state_label", "attempt_count", "next_attempt", "reference", "account")
    list_before_template = "admin/filter_links.html"
    change_form_outer_before_template = "admin/orders/order/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        found = super().get_queryset(request).select_related("venue", "injection")
        return found.annotate(may_be_twice=_MAY_BE_TWICE)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "filter_links": ProgressFilter.links(request)}
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        order: Order = context["original"]
        shown = {
            "title": f"Order {order.number}",
            "summary": status_summary(order),
            "buttons": buttons_of(order),
            "facts": sheet_facts(order),
            "lines": sheet_lines(order=order, money=partial(format_money, venue=order.venue)),
            "amounts": sheet_amounts(order),
            "timeline": timeline_of(order),
        }
        return super().render_change_form(request, context | shown, *args, **options)

    # --- The list

    @display(description="Order", ordering="number")
    def title(self, order: Order) -> str:
        return f"No.\N{NO-BREAK SPACE}{order.number}"

    @display(description="Progress", ordering="injection__state", label=_PROGRESS_COLOURS)
    def progress(self, order: Any) -> str:
        if is_expired(order=order):
            return "Expired"
        if order.status in CLOSED_STATUSES:
            return str(order.get_status_display())
        if order.may_be_twice:
            return _PERHAPS_TWICE
        if is_unconfirmed(order.injection):
            return _UNCONFIRMED
        if order.status in (_Status.PLACED, _Status.CONFIRMED):
            return _PROGRESS[order.injection.state]
        return str(order.get_status_display())

    @display(description="Reason", empty_value="")
    def reason(self, order: Any) -> str | None:
        if order.status not in CLOSED_STATUSES:
            if order.may_be_twice:
                return "Check the till: make the order once, and void the second check."
            if is_unconfirmed(order.injection):
                return "Check the till: it has not confirmed the order."
        is_waiting = order.injection.state == _State.WAITING and order.status not in CLOSED_STATUSES
        return order.injection.error.partition("\n")[0] if is_waiting or in_trouble(order) else None

    @display(description="Customer", ordering="last_name")
    def customer(self, order: Order) -> str:
        return f"{order.first_name} {order.last_name}".strip()

    @display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return format_money(order.total, order.venue)

    @display(description="Code", ordering="collection_code")
    def code(self, order: Order) -> str:
        return order.collection_code

    @display(description="Placed", ordering="placed_at")
    def placed(self, order: Order) -> str:
        return local_time(order, order.placed_at)

    @display(description="Due", ordering="scheduled_for")
    def due(self, order: Order) -> str:
        when = local_time(order, order.scheduled_for) if order.scheduled_for else "now"
        where = "" if order.table_number is None else f" at table {order.table_number}"
        return f"{order.get_type_display()}{where}, {when}"

    # --- Technical details

    @admin.display(description="Status")
    def status_label(self, order: Order) -> str:
        return order.get_status_display()

    @admin.display(description="Sending")
    def state_label(self, order: Order) -> str:
        return order.injection.get_state_display()

    @admin.display(description="Attempts")
    def attempt_count(self, order: Order) -> int:
        return order.injection.attempts

    @admin.display(description="Next attempt", empty_value="–")
    def next_attempt(self, order: Order) -> str | None:
        at = order.injection.next_attempt_at
        return local_time(order, at) if at else None

    @admin.display(description="POS reference")
    def reference(self, order: Order) -> str:
        return order.injection.reference

    @admin.display(description="Check", empty_value="–")
    def account(self, order: Order) -> str | None:
        return order.injection.account or None
