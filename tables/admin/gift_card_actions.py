"""What managers do with gift cards: issue one and see its code once, top up, correct, block, and change the last day.

Each is a form that asks first, with a key: a second click on its button changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from storekit.admin_base.confirm import confirm_page
from storekit.admin_base.form_keys import FORM_KEY, form_key
from storekit.admin_base.site import VenueAdmin
from storekit.db import clock
from storekit.models import Venue
from storekit.money.words import format_money
from storekit.staff import managed_venues_of
from tables.gift_cards import service
from tables.gift_cards.ledger import KeyUsed, NotEnoughBalance, TooMuch
from tables.gift_cards.service import NotAnAmount
from tables.models import GiftCard

_CODE_SHOWN_FOR = timedelta(minutes=10)


def _text(label: str, *, required: bool = False, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=200, help_text=help_text, widget=UnfoldAdminTextInputWidget()
    )


def _amount(label: str, help_text: str = "") -> forms.DecimalField:
    # What the smallest coin is depends on the venue: the service checks it.
    widget = UnfoldAdminDecimalFieldWidget(attrs={"step": "any"})
    return forms.DecimalField(label=label, max_digits=13, decimal_places=3, help_text=help_text, widget=widget)


def _day() -> forms.DateField:
    return forms.DateField(
        label="Last day",
        required=False,
        help_text="The last day on which it can be used. Empty: it does not expire.",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )


class IssueForm(forms.Form):
    """A new gift card."""

    venue = forms.ModelChoiceField(Venue.objects.none(), widget=UnfoldAdminSelectWidget())
    amount = _amount("Amount")
    expires_on = _day()
    note = _text("Note", help_text="Optional. For staff, such as who bought it.")

    def __init__(self, data: Any, *, venues: QuerySet[Venue]) -> None:
        super().__init__(data)
        choice: Any = self.fields["venue"]
        choice.queryset = venues
        if venues.count() == 1:
            choice.empty_label = None


class TopUpForm(forms.Form):
    """More money on a card."""

    amount = _amount("Amount")
    note = _text("Note", help_text="Optional.")


class CorrectForm(forms.Form):
    """A change of a card's balance by hand."""

    amount = _amount("Change", "Below zero to take something off, such as -5.")
    reason = _text("Reason", required=True)


class ReasonForm(forms.Form):
    """Why a card is blocked, or no longer."""

    reason = _text("Reason", help_text="Optional.")


class ExpiryForm(forms.Form):
    """Another last day."""

    expires_on = _day()


@dataclass(frozen=True)
class Change:
    """A change of a card: its page, and what it calls with the form's fields, `card`, `by` and `key`."""

    name: str
    label: str
    form: type[forms.Form]
    carry_out: Callable[..., Any]
    consequence: str
    done: str
    danger: bool = False


CHANGES = (
    Change("top_up", "Top up", TopUpForm, service.top_up, "The amount is added to the card.", "The card is topped up."),
    Change(
        "correct",
        "Correct",
        CorrectForm,
        service.correct,
        "Only for mistakes: what guests pay and what they are refunded is booked automatically.",
        "The balance is corrected.",
    ),
    Change(
        "expiry",
        "Change the last day",
        ExpiryForm,
        service.set_expiry,
        "Guests can use the card until that day’s service ends.",
        "The last day is changed.",
    ),
    Change(
        "block",
        "Block",
        ReasonForm,
        service.block,
        "Nothing can be paid with the card until you unblock it. Payments that have started still go through.",
        "The card is blocked.",
        danger=True,
    ),
    Change(
        "unblock",
        "Unblock",
        ReasonForm,
        service.unblock,
        "Guests can pay with the card again.",
        "The card can be used again.",
    ),
)


@dataclass(frozen=True)
class Button:
    """A button on a card's page."""

    label: str
    url: str
    style: str = "quiet"


def buttons_of(card: GiftCard) -> list[Button]:
    """Return the buttons for what can be done with the card as it is."""
    left_out = "unblock" if card.blocked_at is None else "block"
    names = [change for change in CHANGES if change.name != left_out]
    return [Button(one.label, _url(one.name, card), "" if one.name == "top_up" else "quiet") for one in names]


def _url(name: str, card: GiftCard) -> str:
    return reverse(f"admin:tables_giftcard_{name}", args=[card.pk])


class GiftCardActions(VenueAdmin):
    """The pages of these changes, mixed into the admin of gift cards. For managers of the card's venue."""

    actions_list = ("issue",)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:object_id>/{change.name.replace('_', '-')}/",
                self.admin_site.admin_view(self._view_of(change)),
                name=f"tables_giftcard_{change.name}",
            )
            for change in CHANGES
        ]
        return [*own, *super().get_urls()]

    def has_issue_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.manages_row(request, obj)

    @action(description="Issue a gift card", url_path="issue", permissions=["issue"], icon="add_card")
    def issue(self, request: HttpRequest) -> HttpResponse:
        """Ask for the amount, issue the card, and show its code, which nobody can see again."""
        key = form_key(request)
        form = IssueForm(request.POST if request.method == "POST" else None, venues=managed_venues_of(request.user))
        if form.is_valid():
            try:
                issued = service.issue(by=str(request.user), key=key, **form.cleaned_data)
            except (NotAnAmount, TooMuch) as error:
                form.add_error("amount", str(error))
            else:
                return self._show_code(request, issued)
        return confirm_page(
            request,
            self,
            "Issue a gift card",
            question="Issue a gift card",
            consequence="Its code is shown once, for you to print or write down. Take the money first.",
            button="Issue the card",
            back=reverse("admin:tables_giftcard_changelist"),
            form=form,
            hidden=[(FORM_KEY, key)],
        )

    def _show_code(self, request: HttpRequest, issued: service.IssuedCard) -> HttpResponse:
        card = issued.card
        page = reverse("admin:tables_giftcard_change", args=[card.pk])
        if card.created_at < clock.now() - _CODE_SHOWN_FOR:
            messages.warning(request, "This card is issued already, and its code is not shown again.")
            return redirect(page)
        shown = {
            "opts": self.opts,
            "title": "Gift card issued",
            "card": card,
            "code": issued.code,
            "balance": format_money(card.balance, card.venue),
            "page": page,
        }
        return TemplateResponse(
            request, "admin/tables/giftcard/issued.html", {**self.admin_site.each_context(request), **shown}
        )

    def _view_of(self, change: Change) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: Any) -> HttpResponse:
            card: GiftCard = get_object_or_404(self.get_queryset(request).select_related("venue"), pk=object_id)
            if not self.manages_row(request, card):
                raise PermissionDenied
            return self._change(request, card, change)

        return view

    def _change(self, request: HttpRequest, card: GiftCard, change: Change) -> HttpResponse:
        back, key = reverse("admin:tables_giftcard_change", args=[card.pk]), form_key(request)
        initial = {"expires_on": card.expires_on.isoformat() if card.expires_on else ""}
        form = change.form(request.POST if request.method == "POST" else None, initial=initial)
        if form.is_valid() and _carry_out(change, card, form, by=str(request.user), key=key):
            messages.success(request, change.done)
            return redirect(back)
        return confirm_page(
            request,
            self,
            change.label,
            question=f"{change.label}: {card}",
            consequence=[f"It has {format_money(card.balance, card.venue)} now.", change.consequence],
            button=change.label,
            back=back,
            back_label="Back to the card",
            danger=change.danger,
            form=form,
            hidden=[(FORM_KEY, key)],
        )


def _carry_out(change: Change, card: GiftCard, form: forms.Form, *, by: str, key: str) -> bool:
    """Make the change; return whether that was possible, or add the reason to the form."""
    try:
        change.carry_out(card=card, by=by, key=key, **form.cleaned_data)
    except NotEnoughBalance as error:
        form.add_error("amount", f"There is only {format_money(error.balance, card.venue)} on the card.")
    except (NotAnAmount, TooMuch) as error:
        form.add_error("amount", str(error))
    except KeyUsed:
        form.add_error(None, "This form was sent before. Go back to the card and open it again.")
    return not form.errors
