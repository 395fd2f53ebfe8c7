"""The back office of gift cards: a list by balance and state, and for each card its ledger."""

import zoneinfo
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import display

from storekit.admin_base.filters import ChoiceFilter, VenueFilter
from storekit.admin_base.local_time import short_moment
from storekit.admin_base.site import ReadOnlyAdmin
from storekit.db import clock
from storekit.local_time.service_days import service_day
from storekit.money import ZERO
from storekit.money.words import format_money
from tables.admin.gift_card_actions import GiftCardActions, buttons_of
from tables.gift_cards.codes import MistypedCode, hashes_of, read_code
from tables.gift_cards.finding import has_expired
from tables.models import GiftCard, GiftCardEntry

_ACTIVE, _EMPTY, _EXPIRED, _BLOCKED = "Active", "Empty", "Expired", "Blocked"
_MOST_ENTRIES = 200


class CardState(ChoiceFilter):
    """Filters cards by whether guests can use them."""

    title = "state"
    parameter_name = "state"
    choices_by_name = {
        "active": (_ACTIVE, Q(blocked_at=None, balance__gt=0)),
        "empty": (_EMPTY, Q(balance=0)),
        "expired": (_EXPIRED, Q()),
        "blocked": (_BLOCKED, Q(blocked_at__isnull=False)),
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[GiftCard]) -> QuerySet[GiftCard]:
        found = super().queryset(request, queryset)
        if self.value() == "active":
            return found.exclude(_is_expired(queryset))
        return found.filter(_is_expired(queryset)) if self.value() == "expired" else found


def _is_expired(rows: QuerySet[GiftCard]) -> Q:
    """Return the condition of cards whose last day is over, by the calendar of each venue."""
    expired = Q(pk=None)
    for name in rows.order_by().values_list("venue__timezone", flat=True).distinct():
        today = service_day(moment=clock.now(), zone=zoneinfo.ZoneInfo(name))
        expired |= Q(venue__timezone=name, expires_on__isnull=False, expires_on__lt=today)
    return expired


@dataclass(frozen=True)
class ShownEntry:
    """An entry of the ledger as the page shows it."""

    when: str
    what: str
    amount: str
    balance: str
    detail: str
    url: str


@admin.register(GiftCard)
class GiftCardPage(GiftCardActions, ReadOnlyAdmin):
    """The venue's gift cards. Everyone who works there sees them; managers change them through the buttons."""

    list_display = ("title", "balance_shown", "state", "last_day", "note", "issued", "venue")
    list_display_links = ("title",)
    list_filter = (VenueFilter, CardState)
    list_select_related = ("venue",)
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=last_digits", "note")
    search_help_text = "A whole code, its last four digits, or the note"
    ordering = ("-created_at",)
    list_before_template = "admin/filter_links.html"
    change_form_outer_before_template = "admin/tables/giftcard/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GiftCard]:
        return super().get_queryset(request).select_related("venue")

    def get_fieldsets(self, request: HttpRequest, obj: GiftCard | None = None) -> list[Any]:
        """Return none: the page above has everything."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "filter_links": CardState.links(request)})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[GiftCard], search_term: str
    ) -> tuple[QuerySet[GiftCard], bool]:
        """Find a card by its whole code too, however it is typed."""
        try:
            code = read_code(search_term)
        except MistypedCode:
            return super().get_search_results(request, queryset, search_term)
        venues = queryset.order_by().values_list("venue", flat=True).distinct()
        hashes = [each for venue in venues for each in hashes_of(venue_id=venue, code=code)]
        return queryset.filter(code_hash__in=hashes), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        card: GiftCard = context["original"]
        shown = {
            "title": str(card),
            "balance": format_money(card.balance, card.venue),
            "state": _state_of(card),
            "facts": _facts(card),
            "entries": _entries(card),
            "buttons": buttons_of(card) if self.manages_row(request, card) else [],
        }
        return super().render_change_form(request, context | shown, *args, **options)

    @display(description="Card")
    def title(self, card: GiftCard) -> str:
        return str(card)

    @display(description="Issued", ordering="created_at")
    def issued(self, card: GiftCard) -> str:
        return short_moment(card.created_at, card.venue)

    @display(description="Balance", ordering="balance")
    def balance_shown(self, card: GiftCard) -> str:
        return format_money(card.balance, card.venue)

    @display(description="State", label={_ACTIVE: "success", _EMPTY: "", _EXPIRED: "warning", _BLOCKED: "danger"})
    def state(self, card: GiftCard) -> str:
        return _state_of(card)

    @display(description="Last day", ordering="expires_on", empty_value="none")
    def last_day(self, card: GiftCard) -> str | None:
        return f"{card.expires_on:%-d %b %Y}" if card.expires_on else None


def _state_of(card: GiftCard) -> str:
    if card.blocked_at is not None:
        return _BLOCKED
    if has_expired(card=card, venue=card.venue):
        return _EXPIRED
    return _ACTIVE if card.balance else _EMPTY


def _facts(card: GiftCard) -> list[tuple[str, str]]:
    facts = (
        ("State", _state_of(card)),
        ("Last day", f"{card.expires_on:%-d %B %Y}" if card.expires_on else "none"),
        ("Issued", short_moment(card.created_at, card.venue)),
        ("Note", card.note),
        ("Venue", card.venue.name),
    )
    return [fact for fact in facts if fact[1]]


def _entries(card: GiftCard) -> list[ShownEntry]:
    """Return the last entries of the ledger, newest first, each with the balance after it."""
    balance, shown = card.balance, []
    for entry in card.entries.order_by("-created_at", "-pk")[:_MOST_ENTRIES]:
        shown.append(_entry(entry, card, format_money(balance, card.venue)))
        balance -= entry.amount
    return shown


def _entry(entry: GiftCardEntry, card: GiftCard, balance: str) -> ShownEntry:
    sign = "+" if entry.amount > ZERO else ""
    return ShownEntry(
        when=short_moment(entry.created_at, card.venue),
        what=entry.get_kind_display(),
        amount=f"{sign}{format_money(entry.amount, card.venue)}" if entry.amount else "",
        balance=balance,
        detail=" · ".join(filter(None, (entry.note, f"by {entry.by}" if entry.by else ""))),
        url=reverse("admin:tables_payment_change", args=[entry.payment_id]) if entry.payment_id else "",
    )
