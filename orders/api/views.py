"""REST: checking baskets, placing orders, following them, paying them."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from menus.versions import MenuBusy
from orders.api.mapping import basket_answer, basket_request, order_answer, order_request
from orders.api.serializers import (
    BasketSerializer,
    OrderPaymentSerializer,
    OrderSerializer,
    PostedBasketSerializer,
    PostedOrderSerializer,
)
from orders.checkout.basket import check_basket
from orders.checkout.pricing import known_id
from orders.checkout.problems import OrderRefused
from orders.models import Order
from orders.payments import AlreadyPaid, NoLongerOpen, OnTheBill, TooLate, pay_order
from orders.placing import place_order
from storekit.models import ApiKey, Venue
from storekit.rest.api import Conflict, ErrorsSerializer, SafeJSONParser, TooLarge
from storekit.rest.idempotency import Answer, answer_once, key_of

_NOT_READ = dict.fromkeys((400, 413, 415), ErrorsSerializer)


class MenuChanging(APIException):
    """503: the menu changed again and again while it was being read."""

    status_code = 503
    default_code = "menu_changing"
    default_detail = "The menu is being changed at this moment. Send the order again."


class OrderView(APIView):
    """What the views of orders share: the venue is the key's, and refusals have the documented shape."""

    parser_classes = [SafeJSONParser]

    def venue(self) -> Venue:
        """The venue that the key opens, which is the one in the address."""
        return cast(ApiKey, self.request.auth).venue

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_api_error(exc))


class BasketView(OrderView):
    """A basket that may become an order."""

    @extend_schema(
        operation_id="check_basket",
        tags=["orders"],
        summary="Check a basket",
        description=(
            "Prices and checks a basket as an order would be, and stores nothing. Only `items` has to be there. What "
            "is wrong is in `problems`, all of it at once; the answer is an error for a malformed body alone. With "
            "`ask_pos` the POS is asked as well what is left of the items (`unavailable`) and whether it takes orders "
            "(`pos_not_ready`, for orders that the kitchen would begin now). When the POS cannot say, `pos.ready` is "
            "null and the order can be placed all the same."
        ),
        request=PostedBasketSerializer,
        responses={200: BasketSerializer, **_NOT_READ, 503: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        posted = PostedBasketSerializer(data=request.data)
        posted.is_valid(raise_exception=True)
        wanted = posted.validated_data
        answer = check_basket(venue=self.venue(), basket=basket_request(wanted), ask_pos=wanted["ask_pos"])
        return Response(basket_answer(answer))


class OrdersView(OrderView):
    """The venue's orders."""

    @extend_schema(
        operation_id="place_order",
        tags=["orders"],
        summary="Place an order",
        description=(
            "The same key and body get the same answer, and nothing is placed twice; with another body, 409. A "
            "paid order is sent to the POS at once, or shortly before its time when the venue holds orders for later; "
            "an unpaid one when it is paid, or at once when it goes onto an open bill."
        ),
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="Any text that is new for each new order, at most 255 characters.",
            )
        ],
        request=PostedOrderSerializer,
        responses={201: OrderSerializer, **_NOT_READ, 409: ErrorsSerializer, 503: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        key, venue = key_of(request), self.venue()
        posted = PostedOrderSerializer(data=request.data)
        posted.is_valid(raise_exception=True)
        answer = answer_once(
            scope=f"orders:{venue.pk}", key=key, request_body=request.data, work=_placing(venue, posted.validated_data)
        )
        return Response(answer.body, status=answer.status)


class OneOrderView(OrderView):
    """One order."""

    @extend_schema(
        operation_id="read_order",
        tags=["orders"],
        summary="Follow an order",
        description=(
            "`status` is what the guest may be told: `awaiting_payment`, `placed`, `confirmed` (it is on the till), "
            "`ready` or `out_for_delivery`, `completed`, or `cancelled`. `pos.state` is how far it is on its way: "
            "`scheduled` (held until shortly before its time), `waiting`, `sending`, `accepted` (the POS has it, the "
            "till not yet), `confirmed`, or `failed`. A failed order stays `placed` until the venue's staff, who have "
            "been told, send it again, key it in, or cancel it."
        ),
        responses={200: OrderSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, slug: str, order_id: str) -> Response:
        order = (
            Order.objects.filter(venue=self.venue(), pk=_order_id(order_id))
            .select_related("venue", "injection")
            .prefetch_related("lines")
            .get()
        )
        return Response(order_answer(order))


class OrderPaymentView(OrderView):
    """The payment of an order that was placed unpaid."""

    @extend_schema(
        operation_id="pay_order",
        tags=["orders"],
        summary="Pay an order that was placed unpaid",
        description=(
            "It is sent to the POS from then on. The same reference again gets the same answer. 409 with code "
            "`already_paid`, `cancelled`, `too_late` (its time has long passed) or `on_the_bill` (it was added to an "
            "open check and is paid with that): then the payment is to be given back."
        ),
        request=OrderPaymentSerializer,
        responses={200: OrderSerializer, **_NOT_READ, 404: ErrorsSerializer, 409: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str, order_id: str) -> Response:
        posted = OrderPaymentSerializer(data=request.data)
        posted.is_valid(raise_exception=True)
        order = pay_order(venue=self.venue(), order_id=_order_id(order_id), **posted.validated_data)
        return Response(order_answer(order))


def _placing(venue: Venue, posted: dict[str, Any]) -> Callable[[], Answer]:
    def work() -> Answer:
        order = place_order(venue=venue, request=order_request(posted))
        return Answer(status=201, body=order_answer(order))

    return work


def _order_id(text: str) -> UUID:
    """The id in an address; an opaque text that is none of ours belongs to no order."""
    id = known_id(text)
    if id is None:
        raise Order.DoesNotExist
    return id


def _as_api_error(exc: Exception) -> Exception:
    """What the verbs and Django raise, as REST says it."""
    match exc:
        case OrderRefused():
            return _validation_error(exc)
        case Order.DoesNotExist():
            return NotFound("This venue has no such order.")
        case AlreadyPaid():
            return Conflict("This order was paid with another payment.", code="already_paid")
        case NoLongerOpen():
            return Conflict("This order was cancelled before it was paid.", code="cancelled")
        case OnTheBill():
            return Conflict("This order was added to an open bill and is paid with it.", code="on_the_bill")
        case TooLate():
            return Conflict("This order's time has passed. Give the payment back and order again.", code="too_late")
        case MenuBusy():
            return MenuChanging()
        case RequestDataTooBig():
            return TooLarge()
        case _:
            return exc


def _validation_error(refused: OrderRefused) -> ValidationError:
    by_place: dict[str, list[ErrorDetail]] = {}
    for problem in refused.problems:
        by_place.setdefault(problem.attr, []).append(ErrorDetail(problem.detail, code=problem.code))
    return ValidationError(by_place)
