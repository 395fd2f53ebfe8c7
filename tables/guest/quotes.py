"""REST for guests who are about to pay: what a part of the bill costs. Nothing is held or changed."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from storekit.money import money_string
from storekit.rest.errors import ErrorsSerializer
from storekit.rest.money import Money, PostedMoney
from tables.guest.base import GuestView
from tables.guest.payments import choice_of, id_of
from tables.guest.schemas import PostedSplitSerializer
from tables.guest.views import ByGuestAddress, ByTable, opened_table
from tables.payments.quoting import Quote, quote


class PostedQuoteSerializer(serializers.Serializer):
    """What a guest thinks of paying."""

    split = PostedSplitSerializer()
    tip = PostedMoney(default=Decimal(0), help_text="One that the guest typed.")


class TipOfferSerializer(serializers.Serializer):
    """A tip to choose from, and what the guest then pays in all."""

    percent = serializers.IntegerField(allow_null=True)
    tip = Money()
    total = Money()


class LineLeftSerializer(serializers.Serializer):
    """What nobody has paid or holds of a line, and what that costs with its part of discounts and service charge."""

    line = serializers.CharField()
    quantity = serializers.CharField(help_text="A whole number or a fraction, such as 2/3.")
    amount = Money()


class QuoteSerializer(serializers.Serializer):
    """What a guest would pay now."""

    amount = Money(help_text="Of the bill. Post it with the payment, which is refused if it is another by then.")
    tip = Money()
    total = Money(help_text="Amount and tip.")
    due = Money(help_text="Of the whole bill.")
    asks_for_tip = serializers.BooleanField()
    tips = TipOfferSerializer(many=True)
    lines = LineLeftSerializer(many=True)


class QuoteView(GuestView):
    """Quotes."""

    throttle_classes = [ByTable, ByGuestAddress]

    @extend_schema(
        operation_id="quote_payment",
        tags=["tables"],
        summary="What a part of a bill costs",
        description="For the page on which a guest chooses. Nothing is held; the codes of 409 are those of a payment.",
        parameters=[
            OpenApiParameter("token", str, OpenApiParameter.PATH),
            OpenApiParameter("bill_id", str, OpenApiParameter.PATH),
        ],
        request=PostedQuoteSerializer,
        responses={200: QuoteSerializer, **dict.fromkeys((400, 404, 409, 410, 413, 415, 429), ErrorsSerializer)},
    )
    def post(self, request: Request, token: str, bill_id: str) -> Response:
        table = opened_table(token)
        posted = PostedQuoteSerializer(data=request.data, context={"currency": table.venue.currency})
        posted.is_valid(raise_exception=True)
        wanted = posted.validated_data
        found = quote(table=table, bill_id=id_of(bill_id), choice=choice_of(wanted["split"]), tip=wanted["tip"])
        return Response(_document(found, table.venue.currency), headers={"Cache-Control": "no-store"})


def _document(found: Quote, currency: str) -> dict[str, Any]:
    def written(amount: Any) -> str:
        return money_string(amount, currency)

    return {
        "amount": written(found.amount),
        "tip": written(found.tip),
        "total": written(found.amount + found.tip),
        "due": written(found.due),
        "asks_for_tip": found.asks_for_tip,
        "tips": [
            {"percent": offer.percent, "tip": written(offer.tip), "total": written(found.amount + offer.tip)}
            for offer in found.tips
        ],
        "lines": [
            {"line": id, "quantity": str(part.quantity), "amount": written(part.amount)}
            for id, part in found.lines.items()
        ],
    }
