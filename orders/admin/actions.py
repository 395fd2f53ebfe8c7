"""The buttons of an order's page, each behind a page that says what follows, and "Send again" for many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from orders import staff_actions
from orders.admin.confirmations import (
    cancelled,
    counted,
    what_cancelling_does,
    what_marking_does,
    what_sending_does,
    what_sending_many_does,
)
from orders.models import Injection, Order
from orders.staff_actions import NotPossible
from orders.status_summary import is_unconfirmed
from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.site import VenueAdmin

_AT_ONCE = 200


class CheckForm(forms.Form):
    """Under which check the order was keyed in."""

    account = forms.CharField(
        required=False,
        max_length=64,
        label="Number of the check",
        help_text="If you know it, such as A78094.48. It may stay empty.",
        widget=UnfoldAdminTextInputWidget(),
    )


class ReasonForm(forms.Form):
    """Why the order is cancelled."""

    reason = forms.CharField(
        required=False,
        max_length=200,
        label="Why",
        help_text="For whoever looks at the order later. It may stay empty.",
        widget=UnfoldAdminTextInputWidget(),
    )


@dataclass(frozen=True)
class Button:
    """A button on the order's page."""

    label: str
    url: str
    look: str = ""


def buttons_of(order: Order) -> list[Button]:
    """The buttons that make sense for the order as it is."""
    injection = order.injection
    found = []
    if not staff_actions.why_not_send_again(injection=injection):
        found.append(Button("Send again", _address("send_again", order)))
    comes_by_itself = injection.state == Injection.State.ACCEPTED and not is_unconfirmed(injection)
    if not staff_actions.why_not_mark_entered(injection=injection) and not comes_by_itself:
        found.append(Button("Mark as entered by hand", _address("entered_by_hand", order), "quiet"))
    if not staff_actions.why_not_cancel(injection=injection):
        found.append(Button("Cancel the order", _address("cancel", order), "quiet"))
    return found


def _address(name: str, order: Order) -> str:
    return reverse(f"admin:orders_order_{name}", args=[order.pk])


class SettlingPages(VenueAdmin):
    """The pages, mixed into the orders' admin page. Whoever works at the venue may fix its orders."""

    actions = ("send_selected_again",)

    def get_urls(self) -> list[URLPattern]:
        pages: tuple[tuple[str, str, Callable[..., HttpResponse]], ...] = (
            ("send-again", "send_again", self.send_again_view),
            ("entered-by-hand", "entered_by_hand", self.entered_by_hand_view),
            ("cancel", "cancel", self.cancel_view),
        )
        own = [
            path(f"<uuid:object_id>/{slug}/", self.admin_site.admin_view(view), name=f"orders_order_{name}")
            for slug, name, view in pages
        ]
        return [*own, *super().get_urls()]

    # --- One order

    def send_again_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Asks, and sends the order again."""
        order = self._order(request, object_id)
        if request.method != "POST":
            return self._ask(
                request,
                order,
                staff_actions.why_not_send_again,
                title="Send again",
                question=f"Send order {order.number} to the till again?",
                consequence=what_sending_does(order),
                button="Send it again",
            )
        done = partial(staff_actions.send_again, order=order, by=str(request.user))
        return self._do(request, order, done, lambda _: f"Order {order.number} is on its way to the till again.")

    def entered_by_hand_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Asks for the check's number, and counts the order as on the till."""
        order = self._order(request, object_id)
        form = CheckForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(
                request,
                order,
                staff_actions.why_not_mark_entered,
                title="Mark as entered by hand",
                question=f"Is order {order.number} keyed in on the till?",
                consequence=what_marking_does(order),
                button="Yes, it is on the till",
                form=form,
            )
        by, account = str(request.user), form.cleaned_data["account"]
        done = partial(staff_actions.mark_entered_by_hand, order=order, by=by, account=account)
        return self._do(request, order, done, lambda _: f"Order {order.number} is marked as entered by hand.")

    def cancel_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Asks for the reason, and cancels the order."""
        order = self._order(request, object_id)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(
                request,
                order,
                staff_actions.why_not_cancel,
                title="Cancel the order",
                question=f"Cancel order {order.number}?",
                consequence=what_cancelling_does(order),
                button="Cancel the order",
                danger=True,
                form=form,
            )
        done = partial(staff_actions.cancel, order=order, by=str(request.user), reason=form.cleaned_data["reason"])
        return self._do(request, order, done, partial(cancelled, order), lambda outcome: outcome.till_is_notified)

    def _order(self, request: HttpRequest, object_id: Any) -> Order:
        order: Order = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        return order

    def _ask(
        self, request: HttpRequest, order: Order, why_not: Callable[..., str], *, title: str, **page: Any
    ) -> HttpResponse:
        back = reverse("admin:orders_order_change", args=[order.pk])
        if why := why_not(injection=order.injection):
            messages.warning(request, why)
            return redirect(back)
        return confirm_page(request, self, title, back=back, back_label="Back to the order", **page)

    def _do(
        self,
        request: HttpRequest,
        order: Order,
        verb: Callable[[], Any],
        say: Callable[[Any], str],
        needs_more: Callable[[Any], bool] = lambda _: False,
    ) -> HttpResponse:
        """Does it and says so; as a warning where somebody has to do something more."""
        try:
            outcome = verb()
        except NotPossible as refusal:
            messages.warning(request, f"Nothing was done. {refusal}")
        else:
            level = messages.WARNING if needs_more(outcome) else messages.SUCCESS
            messages.add_message(request, level, say(outcome))
        return redirect("admin:orders_order_change", order.pk)

    # --- Many at once

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Send the selected orders again", permissions=["settle"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Asks, and sends those of the selected orders again that are in trouble; the others are left alone."""
        failed = queryset.filter(injection__state=Injection.State.FAILED)
        orders = list(failed.select_related("venue", "injection").order_by("placed_at")[:_AT_ONCE])
        if "confirmed" in request.POST:
            self._send_many(request, orders)
            return None
        ready = [order for order in orders if not staff_actions.why_not_send_again(injection=order.injection)]
        if not ready:
            messages.warning(request, "None of these orders can be sent again: choose some that are not on the till.")
            return None
        hidden = [("action", "send_selected_again"), ("confirmed", "yes")]
        return confirm_page(
            request,
            self,
            "Send again",
            question=f"Send {counted(len(ready))} to the till again?",
            consequence=what_sending_many_does(ready, left_alone=queryset.count() - len(ready)),
            button=f"Send {counted(len(ready))} again",
            hidden=[*hidden, *((ACTION_CHECKBOX_NAME, order.pk) for order in ready)],
            back=f"{reverse('admin:orders_order_changelist')}?state=trouble",
            back_label="Back to the orders",
        )

    def _send_many(self, request: HttpRequest, orders: list[Order]) -> None:
        sent = 0
        for order in orders:
            try:
                staff_actions.send_again(order=order, by=str(request.user))
            except NotPossible as refusal:
                messages.warning(request, f"Order {order.number} was left alone. {refusal}")
            else:
                sent += 1
        if sent:
            verb = "is" if sent == 1 else "are"
            messages.success(request, f"{counted(sent).capitalize()} {verb} on the way to the till again.")
