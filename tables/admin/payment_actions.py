"""What staff decide about a payment: the buttons on its page, each with a page that asks first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse

from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.site import VenueAdmin
from storekit.money.words import format_money
from tables.models import Payment
from tables.payments.decide import NotUndecided, capture_again, mark_applied, mark_not_applied, mark_settled

_State = Payment.State
_REFUND_PAGE = "admin:tables_payment_refund"


@dataclass(frozen=True)
class Button:
    """A button that leads to a page that asks first. `style` empty is the main button, `quiet` a secondary one."""

    label: str
    url: str
    style: str = ""


@dataclass(frozen=True)
class Decision:
    """Something that staff can decide, for as long as the payment needs them and is in one of the `states`."""

    name: str
    label: str
    states: tuple[Payment.State, ...]
    carry_out: Callable[..., Payment]
    question: str
    consequence: str
    done: str
    is_main: bool = False
    danger: bool = False


DECISIONS = (
    Decision(
        "on_till",
        "It is on the till",
        (_State.SENT,),
        mark_applied,
        "Is this payment of {amount} on the till?",
        "Look at the check on the till first. The guest will be charged.",
        "The payment counts as on the till, and the guest is being charged.",
        is_main=True,
    ),
    Decision(
        "not_on_till",
        "It is not on the till",
        (_State.SENT,),
        mark_not_applied,
        "Is this payment of {amount} not on the till?",
        "Look at the check on the till first. The guest will not be charged, and has to pay {amount} again. If the "
        "till takes the payment after all, void it there.",
        "The guest is not charged for this payment.",
        danger=True,
    ),
    Decision(
        "capture_again",
        "Try to charge the guest again",
        (_State.APPLIED,),
        capture_again,
        "Try to charge the guest {amount} again?",
        "The money could not be taken, so the guest’s phone asked them to pay you. Only do this if they have not.",
        "The guest is being charged again.",
        is_main=True,
    ),
    Decision(
        "settled",
        "I have dealt with it",
        (_State.APPLIED, _State.REFUSED, _State.CAPTURED, _State.RELEASED, _State.REFUNDED),
        mark_settled,
        "Have you dealt with this payment of {amount}?",
        "It leaves the list of payments that need you. Anything that storekit is still trying continues.",
        "The payment no longer needs you.",
    ),
)


def buttons_of(payment: Payment, *, manages: bool) -> list[Button]:
    """Return the buttons for what can be done with the payment as it is. Refunds are for managers."""
    buttons = [
        Button(one.label, _url(one, payment), "" if one.is_main else "quiet")
        for one in DECISIONS
        if _is_open(one, payment)
    ]
    if manages and payment.captured > payment.refunded:
        buttons.append(Button("Refund", reverse(_REFUND_PAGE, args=[payment.pk]), "quiet"))
    return buttons


def _is_open(decision: Decision, payment: Payment) -> bool:
    return payment.needs_staff and payment.state in decision.states


def _url(decision: Decision, payment: Payment) -> str:
    return reverse(f"admin:tables_payment_{decision.name}", args=[payment.pk])


class PaymentActions(VenueAdmin):
    """The pages behind the buttons, mixed into the payments' admin. Everyone who works at the venue may decide."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:object_id>/{decision.name.replace('_', '-')}/",
                self.admin_site.admin_view(self.decision_view),
                {"decision": decision},
                name=f"tables_payment_{decision.name}",
            )
            for decision in DECISIONS
        ]
        return [*own, *super().get_urls()]

    def decision_view(self, request: HttpRequest, object_id: Any, decision: Decision) -> HttpResponse:
        """Ask, then do what was decided. A person who comes too late is told that nothing has changed."""
        payment: Payment = get_object_or_404(self.get_queryset(request), pk=object_id)
        back = reverse("admin:tables_payment_change", args=[payment.pk])
        if not _is_open(decision, payment):
            messages.warning(
                request,
                f"Nothing has changed. This payment was dealt with already: {payment.get_state_display().lower()}.",
            )
            return redirect(back)
        if request.method != "POST":
            amount = format_money(payment.amount + payment.tip, payment.venue)
            return confirm_page(
                request,
                self,
                decision.label,
                question=decision.question.format(amount=amount),
                consequence=decision.consequence.format(amount=amount),
                button=decision.label,
                back=back,
                back_label="Back to the payment",
                danger=decision.danger,
            )
        try:
            decision.carry_out(payment=payment, by=str(request.user))
        except NotUndecided as refusal:
            messages.warning(request, f"Nothing has changed. {refusal}")
        else:
            self.log_change(request, payment, f"{decision.label}.")
            messages.success(request, decision.done)
        return redirect(back)
