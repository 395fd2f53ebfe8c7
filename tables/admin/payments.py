"""The back office of guests' payments: those that need a person are found at once, and each has its whole story."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from storekit.admin_base.filters import ChoiceFilter, VenueFilter
from storekit.admin_base.form_filter import DaysForm, FormFilter
from storekit.admin_base.local_time import short_moment
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.local_time.service_days import SERVICE_DAY_STARTS_AT
from storekit.money.words import format_money
from tables.admin.bills import list_with_form
from tables.admin.payment_actions import PaymentActions, buttons_of
from tables.admin.payment_sheet import payment_amounts, payment_facts, payment_summary, payment_timeline
from tables.admin.refunds import RefundPages
from tables.admin.tips import TipsPages
from tables.models import Payment

_State = Payment.State

_NEEDS_YOU = "Needs you"
_COLOURS: dict[str, str] = {
    _NEEDS_YOU: "danger",
    _State.HELD.label: "",
    _State.AUTHORISED.label: "info",
    _State.SENT.label: "warning",
    _State.APPLIED.label: "info",
    _State.CAPTURED.label: "success",
    _State.REFUSED.label: "warning",
    _State.RELEASED.label: "",
    _State.REFUNDED.label: "",
}


class PaymentState(ChoiceFilter):
    """Filters payments by how far they are."""

    title = "state"
    parameter_name = "state"
    choices_by_name = {
        "staff": (_NEEDS_YOU, Q(needs_staff=True)),
        "guest": ("With the guest", Q(state=_State.HELD)),
        "till": ("Waiting for the till", Q(state__in=(_State.AUTHORISED, _State.SENT))),
        "paid": ("Paid", Q(state__in=(_State.APPLIED, _State.CAPTURED))),
        "refunded": ("Refunded", Q(refunded__gt=0) | Q(state=_State.REFUNDED)),
        "released": ("Not charged", Q(state__in=(_State.REFUSED, _State.RELEASED))),
    }


class PaymentsForm(DaysForm):
    """Payments that were started on some days."""

    column = "created_at"
    begins_at = SERVICE_DAY_STARTS_AT


class PaymentsFilter(FormFilter):
    """Applies the form above the list."""

    fields = ("first", "last")

    def form_for(self, request: HttpRequest, model_admin: Any, typed: dict[str, Any]) -> PaymentsForm:
        return PaymentsForm(typed)


@admin.register(Payment)
class PaymentPage(RefundPages, TipsPages, PaymentActions, ReadOnlyAdmin):
    """What guests pay at the table. Read-only: staff act on a payment through its buttons."""

    list_display = ("started", "table_shown", "amount_shown", "state_shown", "how", "check_shown", "venue")
    list_display_links = ("started",)
    list_filter = (VenueFilter, PaymentState, "method", PaymentsFilter)
    list_select_related = ("venue", "table", "bill")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=pos_reference", "=provider_reference", "=account", "=bill__account", "=email")
    search_help_text = "Check number, reference or e-mail address"
    ordering = ("-created_at",)
    fieldsets = (
        (
            "Technical details",
            {
                "fields": (
                    ("pos_reference", "account"),
                    ("provider", "provider_account", "provider_reference"),
                    ("attempts", "next_attempt"),
                    "captured_first",
                ),
            },
        ),
    )
    readonly_fields = ("next_attempt",)
    list_before_template = "admin/list_filters.html"
    change_form_outer_before_template = "admin/tables/payment/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).select_related("venue", "bill", "table")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return list_with_form(super().changelist_view(request, extra_context), request, PaymentState, PaymentsFilter)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        payment: Payment = context["original"]
        shown = {
            "title": f"Payment of {format_money(payment.amount + payment.tip, payment.venue)}",
            "summary": payment_summary(payment),
            "buttons": buttons_of(payment, manages=self.manages_row(request, payment)),
            "facts": payment_facts(payment),
            "amounts": payment_amounts(payment),
            "timeline": payment_timeline(payment),
        }
        return super().render_change_form(request, context | shown, *args, **options)

    @display(description="Started", ordering="created_at")
    def started(self, payment: Payment) -> str:
        return short_moment(payment.created_at, payment.venue)

    @display(description="Table", ordering="table__number", empty_value="none")
    def table_shown(self, payment: Payment) -> int | None:
        return payment.table.number if payment.table else payment.bill.table_number

    @display(description="Amount", ordering="amount")
    def amount_shown(self, payment: Payment) -> str:
        tip = f" + {format_money(payment.tip, payment.venue)} tip" if payment.tip else ""
        return f"{format_money(payment.amount, payment.venue)}{tip}"

    @display(description="State", ordering="state", label=_COLOURS)
    def state_shown(self, payment: Payment) -> str:
        return _NEEDS_YOU if payment.needs_staff else payment.get_state_display()

    @display(description="Paid with", ordering="method")
    def how(self, payment: Payment) -> str:
        return payment.card or payment.get_method_display()

    @display(description="Check", ordering="bill__account")
    def check_shown(self, payment: Payment) -> str:
        return payment.account or payment.bill.account

    @admin.display(description="Next attempt", empty_value="–")
    def next_attempt(self, payment: Payment) -> str | None:
        at = payment.next_attempt_at
        return short_moment(at, payment.venue) if at else None
