"""The guest's page at `/t/TOKEN/`: the bill of the table, and paying it.

The server sends a shell with the bill as the database has it, and asks the till for nothing, so that a phone sees the
page at once. The script then follows `GET /api/v1/tables/TOKEN`. Without scripts the same page shows the bill as the
till has it now (`?plain=1`), and the staff take the money.
"""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, override
from django.views import View
from rest_framework.request import Request
from rest_framework.views import APIView

from storekit.models import Venue
from tables import languages
from tables.bills.document import table_document
from tables.bills.refreshing import is_known, refresh_bills
from tables.codes.tokens import TokenRetired, UnknownToken, table_of
from tables.guest.sandbox_cards import sandbox_cards
from tables.guest.texts import texts
from tables.guest.views import ByGuestAddress, ByTable
from tables.models import CheckList, PayAtTable, Table

Json = dict[str, Any]

# All that a phone loads, named ahead so that a slow line asks for it at once.
_READING = ("tables/guest/dom.js", "tables/guest/follow.js", "tables/guest/bill.js")
_PAYING = ("tables/guest/pay.js", "tables/guest/payment.js")


class GuestPage(View):
    """A page of one table, in the guest's language. Subclasses say what is on it."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, or say in the guest's language why not."""
        self.language = languages.language_of(request)
        with override(self.language):
            response = self._throttled(request) or self._answer(request, *args, **kwargs)
        response["Content-Language"] = self.language
        response["Cache-Control"] = "private, no-cache"
        languages.remember(response, request)
        return response

    def page(self, request: HttpRequest, table: Table, **more: Any) -> HttpResponse:
        """Return the page of a table that its code opens."""
        raise NotImplementedError

    def render(self, request: HttpRequest, template: str, context: Json, *, status: int = 200) -> HttpResponse:
        """Return the page from a template, which also gets the language and the venue's way to write amounts."""
        venue: Venue | None = context.get("venue")
        shared = {
            "language": self.language,
            "direction": languages.direction_of(self.language),
            "languages": languages.links(self.language),
            "locale": languages.locale_of(self.language, venue) if venue else self.language,
        }
        return render(request, template, shared | context, status=status)

    def ask_staff(self, request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
        """Return a page that sends the guest to the staff."""
        context = {"heading": gettext("Please ask the staff"), "sentence": sentence}
        return self.render(request, "guest/ask_staff.html", context, status=status)

    def _answer(self, request: HttpRequest, token: str, **more: Any) -> HttpResponse:
        try:
            return self.page(request, table_of(token), **more)
        except UnknownToken:
            return self.ask_staff(request, gettext("This code does not belong to a table here."), status=404)
        except TokenRetired:
            return self.ask_staff(request, gettext("This code is no longer valid. Please ask the staff."), status=410)

    def _throttled(self, request: HttpRequest) -> HttpResponse | None:
        for throttle in (ByTable(), ByGuestAddress()):
            # They look at the address and at the token, which both kinds of view have.
            if not throttle.allow_request(Request(request), cast(APIView, self)):
                busy = gettext("Too many phones are asking at this table. Please wait a minute.")
                return self.ask_staff(request, busy, status=429)
        return None


class BillPage(GuestPage):
    """The bills of a table."""

    def page(self, request: HttpRequest, table: Table, **more: Any) -> HttpResponse:
        plain = "plain" in request.GET
        document = _stored(table, ask_till=plain)
        setup = self._setup(table, document)
        context = {
            "venue": table.venue,
            "place": languages.place_of(table),
            "plain": plain,
            "bills": document["bills"] if document else None,
            "setup": setup,
            "test_cards": sandbox_cards() if settings.PAYMENT_PROVIDER == "sandbox" else (),
            "scripts": (*_READING, *(_PAYING if setup["payable"] else ())),
        }
        return self.render(request, "guest/page.html", context)

    def _setup(self, table: Table, document: Json | None) -> Json:
        """Return what the script needs to begin."""
        venue, chosen = table.venue, PayAtTable.objects.get(venue=table.venue)
        return {
            "token": table.token,
            "language": self.language,
            "locale": languages.locale_of(self.language, venue),
            "currency": venue.currency,
            "zone": venue.timezone,
            "table": document,
            "payable": chosen.payments_enabled,
            "gift_cards": chosen.gift_cards,
            "ordering": chosen.ordering,
            "venue": venue.slug,
            "texts": texts(),
        }


def _stored(table: Table, *, ask_till: bool) -> Json | None:
    """Return the table and its bills; None if nobody has read them from the till for a minute."""
    row = refresh_bills(venue=table.venue) if ask_till else CheckList.objects.filter(venue=table.venue).first()
    return table_document(table=table) if row and is_known(row) else None
