"""REST for guests who pay: start a payment of a bill of their table, and follow it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from storekit.rest.errors import ErrorsSerializer
from storekit.rest.idempotency import KEY_HEADER, Answer, answer_once, key_of
from tables.bills.refreshing import is_known, refresh_bills
from tables.bills.splitting import Amount, Choice, EqualShares, Everything, Items
from tables.guest.base import GuestView
from tables.guest.gift_cards import GUESSES
from tables.guest.schemas import PostedTablePaymentSerializer, TablePaymentSerializer
from tables.guest.views import ByGuestAddress, ByTable, bills_unknown, opened_table
from tables.models import Payment, Table
from tables.payments.document import payment_document
from tables.payments.starting import start_payment

_TOKEN = OpenApiParameter("token", str, OpenApiParameter.PATH)


class PaymentsByTable(ByTable):
    """Throttle what is started at one table: each payment holds a part of the bill for two minutes."""

    rate = "30/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"payments:{view.kwargs['token']}"


class PaymentsByAddress(ByGuestAddress):
    """Throttle by the address, which all guests on the venue's Wi-Fi share."""

    rate = "300/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"payments:{self.get_ident(request)}"


class PaymentsView(GuestView):
    """Starts payments."""

    throttle_classes = [PaymentsByTable, PaymentsByAddress, *GUESSES]

    @extend_schema(
        operation_id="start_payment",
        tags=["tables"],
        summary="Pay a bill, or a part of it",
        description=(
            "Holds what the guest chose for two minutes, and takes the money only once the till has it. Requests can "
            "be repeated safely: the same key and body get the same response. Follow the payment until its `status` "
            "is no longer `pending`; leaving the page changes nothing. 409 comes with a code: `not_available` "
            "(somebody else pays for that), `amount_mismatch` (it costs something else by now), "
            "`nothing_due`, `more_than_due`, `unknown_line`, `bill_closed`, "
            "`payments_off` or `gift_cards_off`."
        ),
        parameters=[
            _TOKEN,
            OpenApiParameter("bill_id", str, OpenApiParameter.PATH),
            KEY_HEADER,
        ],
        request=PostedTablePaymentSerializer,
        responses={
            201: TablePaymentSerializer,
            **dict.fromkeys((400, 404, 409, 410, 413, 415, 429, 503), ErrorsSerializer),
        },
    )
    def post(self, request: Request, token: str, bill_id: str) -> HttpResponse:
        key, table = key_of(request), opened_table(token)
        posted = PostedTablePaymentSerializer(data=request.data, context={"currency": table.venue.currency})
        posted.is_valid(raise_exception=True)
        if not is_known(refresh_bills(venue=table.venue)):
            return bills_unknown()
        work = _starting(table, id_of(bill_id), posted.validated_data, _language(request))
        answer = answer_once(scope=f"table-payments:{table.pk}", key=key, request_body=request.data, work=work)
        return Response(answer.body, status=answer.status, headers={"Cache-Control": "no-store"})


class OnePaymentView(GuestView):
    """Shows one payment."""

    throttle_classes = [ByTable, ByGuestAddress]

    @extend_schema(
        operation_id="read_payment",
        tags=["tables"],
        summary="Follow a payment",
        description="Only payments that were started with the token of this table.",
        parameters=[_TOKEN, OpenApiParameter("payment_id", str, OpenApiParameter.PATH)],
        responses={200: TablePaymentSerializer, **dict.fromkeys((404, 410, 429), ErrorsSerializer)},
    )
    def get(self, request: Request, token: str, payment_id: str) -> Response:
        table = opened_table(token)
        rows = Payment.objects.select_related("bill", "venue").filter(venue=table.venue_id, table=table)
        payment = rows.filter(pk=id_of(payment_id)).first()
        if payment is None:
            raise NotFound("This table does not have this payment.")
        return Response(payment_document(payment), headers={"Cache-Control": "no-store"})


def choice_of(split: dict[str, Any]) -> Choice:
    """Return what a guest chose, from the posted `split`."""
    match split["mode"]:
        case "items":
            return Items({line["line"]: line["quantity"] for line in split["lines"]})
        case "shares":
            return EqualShares(split["shares"], split["of"])
        case "amount":
            return Amount(split["amount"])
        case _:
            return Everything()


def _starting(table: Table, bill_id: UUID, posted: dict[str, Any], language: str) -> Callable[[], Answer]:
    def work() -> Answer:
        by_gift_card = posted["method"] == Payment.Method.GIFT_CARD
        payment = start_payment(
            table=table,
            bill_id=bill_id,
            choice=choice_of(posted["split"]),
            shown=posted.get("amount"),
            tip=posted["tip"],
            method=posted["method"],
            card={"code": posted["gift_card"]} if by_gift_card else posted["card"],
            email=posted["email"],
            language=language,
        )
        return Answer(status=201, body=payment_document(payment))

    return work


def _language(request: Request) -> str:
    return translation.get_language_from_request(request._request)


def id_of(text: str) -> UUID:
    """Return the id in an address. What is none is answered like one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
