"""The buttons on an order's page, each with a confirmation page, and "Send again" for several orders at once."""

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
    cancelled_message,
    consequences_of_cancelling,
    consequences_of_entering_by_hand,
    consequences_of_sending,
    consequences_of_sending_several,
    order_count,
)
from orders.models import Injection, Order
from orders.staff_actions import NotPossible
from orders.status_summary import is_unconfirmed
from orders.till_ready import can_be_sent_now, connection_of
from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.site import VenueAdmin

_MAX_AT_ONCE = 200


class CheckForm(forms.Form):
    """Asks for the number of the check that the order was keyed in on."""

    account = forms.CharField(
        required=False,
        max_length=64,
        label="Check number",
        help_text="Optional. For example A78094.48.",
        widget=UnfoldAdminTextInputWidget(),
    )


class ReasonForm(forms.Form):
    """Asks why the order is cancelled."""

    reason = forms.CharField(
        required=False,
        max_length=200,
        label="Reason",
        help_text="Optional. Shown on the order's page.",
        widget=UnfoldAdminTextInputWidget(),
    )


@dataclass(frozen=True)
class Button:
    """A button on an order's page. `style` empty is the main button, `quiet` a secondary one.

    One that `acts` does so at once; the others lead to a page that asks first.
    """

    label: str
    url: str
    style: str = ""
    acts: bool = False


def buttons_of(order: Order) -> list[Button]:
    """Return the buttons for what can be done with the order in its present state."""
    injection = order.injection
    buttons = []
    if not staff_actions.why_not_send_again(injection=injection):
        acts = can_be_sent_now(injection=injection, connection=connection_of(order.venue))
        buttons.append(Button("Send again", _action_url("send_again", order), acts=acts))
    is_arriving = injection.state == Injection.State.ACCEPTED and not is_unconfirmed(injection)
    if not staff_actions.why_not_mark_entered(injection=injection) and not is_arriving:
        buttons.append(Button("Mark as entered by hand", _action_url("entered_by_hand", order), "quiet"))
    if not staff_actions.why_not_cancel(injection=injection):
        buttons.append(Button("Cancel the order", _action_url("cancel", order), "quiet"))
    return buttons


def _action_url(name: str, order: Order) -> str:
    return reverse(f"admin:orders_order_{name}", args=[order.pk])


class OrderActions(VenueAdmin):
    """The actions on orders, mixed into their admin. Everyone who works at the venue may use them."""

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
        """Ask for confirmation, then send the order again."""
        order = self._order(request, object_id)
        if request.method != "POST":
            return self._confirm(
                request,
                order,
                staff_actions.why_not_send_again,
                title="Send again",
                question=f"Send order {order.number} to the till again?",
                consequence=consequences_of_sending(order),
                button="Send again",
            )
        done = partial(staff_actions.send_again, order=order, by=str(request.user))
        return self._perform(request, order, done, lambda _: f"Order {order.number} is being sent to the till again.")

    def entered_by_hand_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Ask for the check's number, then record that the order is on the till."""
        order = self._order(request, object_id)
        form = CheckForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._confirm(
                request,
                order,
                staff_actions.why_not_mark_entered,
                title="Mark as entered by hand",
                question=f"Have you entered order {order.number} on the till?",
                consequence=consequences_of_entering_by_hand(order),
                button="Yes, it is on the till",
                form=form,
            )
        by, account = str(request.user), form.cleaned_data["account"]
        done = partial(staff_actions.mark_entered_by_hand, order=order, by=by, account=account)
        return self._perform(request, order, done, lambda _: f"Order {order.number} is marked as entered by hand.")

    def cancel_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Ask for the reason, then cancel the order."""
        order = self._order(request, object_id)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._confirm(
                request,
                order,
                staff_actions.why_not_cancel,
                title="Cancel the order",
                question=f"Cancel order {order.number}?",
                consequence=consequences_of_cancelling(order),
                button="Cancel the order",
                danger=True,
                form=form,
            )
        done = partial(staff_actions.cancel, order=order, by=str(request.user), reason=form.cleaned_data["reason"])
        return self._perform(
            request, order, done, partial(cancelled_message, order), lambda outcome: outcome.till_is_notified
        )

    def _order(self, request: HttpRequest, object_id: Any) -> Order:
        order: Order = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        return order

    def _confirm(
        self, request: HttpRequest, order: Order, why_not: Callable[..., str], *, title: str, **page: Any
    ) -> HttpResponse:
        back = reverse("admin:orders_order_change", args=[order.pk])
        if why := why_not(injection=order.injection):
            messages.warning(request, why)
            return redirect(back)
        return confirm_page(request, self, title, back=back, back_label="Back to the order", **page)

    def _perform(
        self,
        request: HttpRequest,
        order: Order,
        action: Callable[[], Any],
        message: Callable[[Any], str],
        needs_follow_up: Callable[[Any], bool] = lambda _: False,
    ) -> HttpResponse:
        """Perform the action and report it, as a warning when staff still have something to do."""
        try:
            outcome = action()
        except NotPossible as refusal:
            messages.warning(request, f"Nothing has changed. {refusal}")
        else:
            level = messages.WARNING if needs_follow_up(outcome) else messages.SUCCESS
            messages.add_message(request, level, message(outcome))
        return redirect("admin:orders_order_change", order.pk)

    # --- Several orders

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.action(description="Send the selected orders again", permissions=["act"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Ask for confirmation, then send the failed ones among the selected orders again; skip the others."""
        failed = queryset.filter(injection__state=Injection.State.FAILED)
        orders = list(failed.select_related("venue", "injection").order_by("placed_at")[:_MAX_AT_ONCE])
        if "confirmed" in request.POST:
            self._send_several(request, orders)
            return None
        ready = [order for order in orders if not staff_actions.why_not_send_again(injection=order.injection)]
        if not ready:
            messages.warning(request, "None of these orders can be sent again. Choose orders that are not on the till.")
            return None
        hidden = [("action", "send_selected_again"), ("confirmed", "yes")]
        return confirm_page(
            request,
            self,
            "Send again",
            question=f"Send {order_count(len(ready))} to the till again?",
            consequence=consequences_of_sending_several(ready, skipped=queryset.count() - len(ready)),
            button=f"Send {order_count(len(ready))} again",
            hidden=[*hidden, *((ACTION_CHECKBOX_NAME, order.pk) for order in ready)],
            back=f"{reverse('admin:orders_order_changelist')}?state=trouble",
            back_label="Back to orders",
        )

    def _send_several(self, request: HttpRequest, orders: list[Order]) -> None:
        sent = 0
        for order in orders:
            try:
                staff_actions.send_again(order=order, by=str(request.user))
            except NotPossible as refusal:
                messages.warning(request, f"Order {order.number} was not sent. {refusal}")
            else:
                sent += 1
        if sent:
            verb = "is" if sent == 1 else "are"
            messages.success(request, f"{order_count(sent)} {verb} being sent to the till again.")
