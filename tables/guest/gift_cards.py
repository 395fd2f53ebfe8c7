"""REST for guests who want to know what is on a gift card. Guessing codes is throttled, and learns nothing of cards
that are blocked."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from storekit.money import money_string
from storekit.rest.money import Money
from storekit.rest.throttles import InMemory
from tables.gift_cards.finding import GiftCardBlocked, NotUsable, UnknownGiftCard, usable_card
from tables.guest.base import GuestView
from tables.guest.views import ByGuestAddress, ByTable, opened_table


class GiftCardUnusable(APIException):
    """404: nothing can be paid with this code. The code says why."""

    status_code = 404
    default_code = UnknownGiftCard.code


class _Guesses(InMemory):
    """Counts requests that try a gift card's code, which a payment by card does not."""

    what = ""

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        posted = request.data if isinstance(request.data, dict) else {}
        if not (posted.get("code") or posted.get("gift_card")):
            return None
        return f"gift-card:{self.what}:{self.of(request, view)}"

    def of(self, request: Request, view: APIView) -> str:
        """Return whose requests are counted together."""
        return str(view.kwargs["token"])


class GuessesOfAMinute(_Guesses):
    """A table's tries of a minute: enough for a party that splits its bill over gift cards."""

    rate, what = "10/minute", "minute"


class GuessesOfAnHour(_Guesses):
    """A table's tries of an hour."""

    rate, what = "60/hour", "hour"


class GuessesOfAnAddress(_Guesses):
    """An address' tries. All guests on the venue's Wi-Fi share it."""

    rate, what = "30/minute", "address"

    def of(self, request: Request, view: APIView) -> str:
        """Return the client's address."""
        return self.get_ident(request)


GUESSES: tuple[type[BaseThrottle], ...] = (GuessesOfAMinute, GuessesOfAnHour, GuessesOfAnAddress)
"""The throttles of every view that takes a gift card's code. They count together, wherever a code is tried."""


class GiftCardCodeSerializer(serializers.Serializer):
    """A code as the guest typed it, with or without blanks."""

    code = serializers.CharField(max_length=60)


class GiftCardBalanceSerializer(serializers.Serializer):
    """What can be paid with a gift card. What payments hold at this moment is taken off already."""

    balance = Money()
    last_digits = serializers.CharField(help_text="The end of its code.")
    expires_on = serializers.DateField(allow_null=True, help_text="The last day on which it can be used.")


class GiftCardView(GuestView):
    """The balance of a gift card."""

    throttle_classes = [ByTable, ByGuestAddress, *GUESSES]

    @extend_schema(
        operation_id="gift_card_balance",
        tags=["tables"],
        summary="The balance of a gift card",
        description="Of a gift card of the table's venue, found by its code.",
        parameters=[OpenApiParameter("token", str, OpenApiParameter.PATH)],
        request=GiftCardCodeSerializer,
        responses={
            200: GiftCardBalanceSerializer,
            404: OpenApiResponse(
                description="`mistyped_gift_card`, `unknown_gift_card` (blocked ones too) or `gift_card_expired`; "
                "`not_found` if the table is unknown or its venue takes no gift cards."
            ),
            410: OpenApiResponse(description="`ask_the_staff`: the code on the table was replaced."),
            413: OpenApiResponse(description="The request is too large."),
            429: OpenApiResponse(description="Too many tries at this table or from this address."),
        },
    )
    def post(self, request: Request, token: str) -> Response:
        table = opened_table(token)
        if not table.venue.pay_at_table.gift_cards:
            raise NotFound
        posted = GiftCardCodeSerializer(data=request.data)
        posted.is_valid(raise_exception=True)
        try:
            card = usable_card(venue=table.venue, typed=posted.validated_data["code"])
        except NotUsable as error:
            raise GiftCardUnusable(*unusable_words(error)) from None
        body = {
            "balance": money_string(card.balance, table.venue.currency),
            "last_digits": card.last_digits,
            "expires_on": card.expires_on,
        }
        return Response(body, headers={"Cache-Control": "no-store"})


def unusable_words(error: NotUsable) -> tuple[str, str]:
    """Return the sentence for the guest, and the code. A blocked card, perhaps a stolen one, is as good as unknown."""
    code = UnknownGiftCard.code if isinstance(error, GiftCardBlocked) else error.code
    sentences = {
        "unknown_gift_card": _("This code is not valid here. Check it, or ask the staff."),
        "mistyped_gift_card": _("There is a typing mistake in this code. Check its digits."),
        "gift_card_expired": _("This gift card has expired. Ask the staff."),
    }
    return sentences[code], code
