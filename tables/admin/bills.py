"""The back office of bills: open and closed ones as the till has them, with the guests' payments. Read-only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from storekit.admin_base.filters import ChoiceFilter, VenueFilter
from storekit.admin_base.form_filter import DaysForm, FormFilter, form_in
from storekit.admin_base.local_time import short_moment
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.local_time.service_days import SERVICE_DAY_STARTS_AT
from storekit.money.words import format_money
from tables.admin.bill_sheet import bill_amounts, bill_facts, bill_lines, payments_of
from tables.models import Bill

_ON_TILL = "Still open on the till"
_COLOURS = {"Open": "info", "Paid": "success", "Closed": "", _ON_TILL: "warning", "Differs": "danger"}


class BillState(ChoiceFilter):
    """Filters bills by how far they are."""

    title = "state"
    parameter_name = "state"
    choices_by_name = {
        "open": ("Open", Q(status=Bill.Status.OPEN)),
        "paid": ("Paid", Q(status=Bill.Status.PAID)),
        "closed": ("Closed", Q(status=Bill.Status.CLOSED)),
        "till": (_ON_TILL, Q(open_on_till=True)),
        "differs": ("Differs from the till", ~Q(disagreement="")),
    }


class BillsForm(DaysForm):
    """Bills of some days, and of one table."""

    column = "created_at"
    begins_at = SERVICE_DAY_STARTS_AT
    table = forms.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, widget=forms.NumberInput(attrs={"class": "sk-input"})
    )

    def filtered(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the bills that match."""
        found = super().filtered(rows)
        table = self.cleaned_data.get("table")
        return found if table is None else found.filter(table_number=table)


class BillsFilter(FormFilter):
    """Applies the form above the list."""

    fields = ("first", "last", "table")

    def form_for(self, request: HttpRequest, model_admin: Any, typed: dict[str, Any]) -> BillsForm:
        return BillsForm(typed)


@admin.register(Bill)
class BillPage(ReadOnlyAdmin):
    """The bills of the venue's tables. Closed ones stay for as long as they are kept."""

    list_display = ("check_shown", "table", "state", "total_shown", "due_shown", "opened", "closed", "venue")
    list_display_links = ("check_shown",)
    list_filter = (VenueFilter, BillState, BillsFilter)
    list_select_related = ("venue",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=account", "name")
    search_help_text = "Check number or name"
    ordering = ("-created_at",)
    fieldsets = (
        ("Technical details", {"fields": (("account", "check_uuid"), ("version", "created_at", "next_look_at"))}),
    )
    list_before_template = "admin/list_filters.html"
    change_form_outer_before_template = "admin/tables/bill/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bill]:
        return super().get_queryset(request).select_related("venue")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return list_with_form(super().changelist_view(request, extra_context), request, BillState, BillsFilter)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        bill: Bill = context["original"]
        shown = {
            "title": str(bill),
            "bill": bill,
            "headline": _headline(bill),
            "tone": _tone(bill),
            "facts": bill_facts(bill),
            "lines": bill_lines(bill),
            "amounts": bill_amounts(bill),
            "payments": payments_of(bill),
        }
        return super().render_change_form(request, context | shown, *args, **options)

    @display(description="Check", ordering="account")
    def check_shown(self, bill: Bill) -> str:
        return f"{bill.account}, {bill.name}" if bill.name else bill.account

    @display(description="Table", ordering="table_number", empty_value="none")
    def table(self, bill: Bill) -> int | None:
        return bill.table_number

    @display(description="State", ordering="status", label=_COLOURS)
    def state(self, bill: Bill) -> str:
        if bill.disagreement:
            return "Differs"
        return _ON_TILL if bill.open_on_till else bill.get_status_display()

    @display(description="Total", ordering="total")
    def total_shown(self, bill: Bill) -> str:
        return format_money(bill.total, bill.venue)

    @display(description="Due")
    def due_shown(self, bill: Bill) -> str:
        return "" if bill.status == Bill.Status.CLOSED else format_money(bill.owed_on_till, bill.venue)

    @display(description="Opened", ordering="created_at")
    def opened(self, bill: Bill) -> str:
        return short_moment(bill.opened_at or bill.created_at, bill.venue)

    @display(description="Closed", ordering="closed_at", empty_value="")
    def closed(self, bill: Bill) -> str | None:
        return short_moment(bill.closed_at, bill.venue) if bill.closed_at else None


def list_with_form(
    response: HttpResponse, request: HttpRequest, links: type[ChoiceFilter], form: type[FormFilter]
) -> HttpResponse:
    """Add to a list's page the links and the form that filter it, which `admin/list_filters.html` shows."""
    context = getattr(response, "context_data", None)
    if context and "cl" in context:
        context["filter_links"] = links.links(request)
        context["filter_form"] = form_in(context["cl"], form)
        names = {*form.fields, "p"}
        context["other_filters"] = [(name, value) for name, value in request.GET.items() if name not in names]
    return response


def _headline(bill: Bill) -> str:
    match bill.status:
        case Bill.Status.OPEN:
            return f"{format_money(bill.owed_on_till, bill.venue)} due"
        case Bill.Status.PAID:
            return "Paid"
        case _ if bill.open_on_till:
            return "Closed for guests, and still open on the till"
        case _:
            return "Closed"


def _tone(bill: Bill) -> str:
    if bill.disagreement:
        return "bad"
    return "warning" if bill.status == Bill.Status.OPEN or bill.open_on_till else "good"
