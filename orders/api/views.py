"""REST views: check a basket, place an order, follow it, pay for it."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from integrations.connect.waiting_places import NoPlace
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
from orders.checkout.lines import lines_of
from orders.checkout.problems import OrderRefused
from orders.checkout.requests import parse_uuid
from orders.checkout.still_possible import NoLongerPossible
from orders.checkout.till_total import TillTotal, with_till_total
from orders.models import Order
from orders.payments import AlreadyPaid, OrderCancelled, PaidWithBill, PaymentTooLate, pay_order
from orders.placing import place_order
from storekit.models import ApiKey, Venue
from storekit.rest.errors import Conflict, ErrorsSerializer, MenuChanging, PosBusy, TooLarge
from storekit.rest.idempotency import KEY_HEADER, Answer, answer_once, key_of
from storekit.rest.parsers import SafeJSONParser
from storekit.rest.throttles import ByAddress, ByKey

_UNREADABLE_BODY = dict.fromkeys((400, 413, 415), ErrorsSerializer)


class OrderView(APIView):
    """Base of the views of orders: the venue is the API key's, and errors have the documented shape."""

    parser_classes = [SafeJSONParser]

    def venue(self) -> Venue:
        """Return the venue of the API key, which permissions have compared with the one in the URL."""
        return cast(ApiKey, self.request.auth).venue

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_api_error(exc))


class BasketView(OrderView):
    """Checks baskets."""

    throttle_classes = [ByKey, ByAddress]

    @extend_schema(
        operation_id="check_basket",
        tags=["orders"],
        summary="Check a basket",
        description=(
            "Prices and checks a basket exactly like an order, but stores nothing. Only `items` is required. "
            "`problems` lists everything that is wrong at once; only a malformed body gets an error. With `ask_pos`, "
            "the POS is also asked which items are left (`unavailable`) and whether it is taking orders "
            "(`pos_not_ready`, for orders that the kitchen would start now). When the POS cannot say, `pos.ready` is "
            "null, and the order can still be placed. Its answer is kept for five seconds. More than "
            f"{ByKey.rate} baskets by one key, or {ByAddress.rate} from one address, get 429 with `Retry-After`."
        ),
        request=PostedBasketSerializer,
        responses={200: BasketSerializer, **_UNREADABLE_BODY, 429: ErrorsSerializer, 503: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        venue = self.venue()
        data = _validated(PostedBasketSerializer, request, venue)
        answer = check_basket(venue=venue, basket=basket_request(data), ask_pos=data["ask_pos"])
        return Response(basket_answer(answer, currency=venue.currency))


class OrdersView(OrderView):
    """Places orders."""

    @extend_schema(
        operation_id="place_order",
        tags=["orders"],
        summary="Place an order",
        description=(
            "Requests can be repeated safely: the same key and body get the same response, and nothing is placed "
            "twice. The same key with a different body gets 409. A paid order is sent to the POS at once, or shortly "
            "before its time when the venue holds orders for later; an unpaid one when it is paid, or at once when it "
            "is added to an open bill. While the menu's `ordering.ready` is false an order is refused with `not_ready` "
            "or `pos_not_ready`, unless it is for later: give the guest's money back, or offer a later time."
        ),
        parameters=[KEY_HEADER],
        request=PostedOrderSerializer,
        responses={201: OrderSerializer, **_UNREADABLE_BODY, 409: ErrorsSerializer, 503: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        key, venue = key_of(request), self.venue()
        posted = _validated(PostedOrderSerializer, request, venue)

        def place_once(till_total: TillTotal | None) -> Answer:
            work = _placing(venue, posted, till_total)
            return answer_once(scope=f"orders:{venue.pk}", key=key, request_body=request.data, work=work)

        answer = with_till_total(venue=venue, work=place_once)
        return Response(answer.body, status=answer.status)


class OneOrderView(OrderView):
    """Shows one order."""

    @extend_schema(
        operation_id="read_order",
        tags=["orders"],
        summary="Follow an order",
        description=(
            "`status` is for the guest: `awaiting_payment`, `placed`, `confirmed` (it is on the till), `ready` or "
            "`out_for_delivery`, `completed`, or `cancelled`; `expired` says whether it was cancelled because nobody "
            "paid for it by `pay_by`. `pos.state` is the order's progress to the till: "
            "`scheduled` (held until shortly before its time), `waiting`, `sending`, `accepted` (the POS has it, the "
            "till not yet), `confirmed`, or `failed`. A failed order stays `placed` until the venue's staff, who are "
            "alerted, send it again, enter it by hand, or cancel it."
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
        return Response(_stored_order_answer(order))


class OrderPaymentView(OrderView):
    """Takes payments for orders that were placed unpaid."""

    @extend_schema(
        operation_id="pay_order",
        tags=["orders"],
        summary="Pay for an order that was placed unpaid",
        description=(
            "Records the payment; the order is sent to the POS at once, or shortly before its time when the venue "
            "holds orders for later. The same reference again gets the same response. Refund the payment after 409 "
            "with code `already_paid`, `cancelled`, `too_late` (it has expired), "
            "`on_the_bill` (it was added to an open check and is paid with that), `not_ready` or `pos_not_ready` (no "
            "order can be sent to the till at the moment), `closed` (the venue is closed at the order's time, or no "
            "longer takes orders of its type) or `unavailable` (items or the table are gone). An order that is "
            "refused for one of the last four expires: place a new one."
        ),
        request=OrderPaymentSerializer,
        responses={
            200: OrderSerializer,
            **_UNREADABLE_BODY,
            **dict.fromkeys((404, 409, 503), ErrorsSerializer),
        },
    )
    def post(self, request: Request, slug: str, order_id: str) -> Response:
        venue = self.venue()
        posted = _validated(OrderPaymentSerializer, request, venue)
        order = pay_order(venue=venue, order_id=_order_id(order_id), **posted)
        return Response(_stored_order_answer(order))


def _validated(shape: type[Serializer], request: Request, venue: Venue) -> dict[str, Any]:
    """Return the posted data. Raises `ValidationError`; amounts are judged by the venue's currency."""
    posted = shape(data=request.data, context={"currency": venue.currency})
    posted.is_valid(raise_exception=True)
    data: dict[str, Any] = posted.validated_data
    return data


def _placing(venue: Venue, posted: dict[str, Any], till_total: TillTotal | None) -> Callable[[], Answer]:
    def work() -> Answer:
        placed = place_order(venue=venue, request=order_request(posted), till_total=till_total)
        return Answer(status=201, body=order_answer(order=placed.order, lines=placed.lines))

    return work


def _stored_order_answer(order: Order) -> dict[str, Any]:
    return order_answer(order=order, lines=lines_of(rows=order.lines.all(), currency=order.venue.currency))


def _order_id(text: str) -> UUID:
    """Return the order's id from the URL.

    Raises:
        Order.DoesNotExist: the text cannot be an id of ours.
    """
    id = parse_uuid(text)
    if id is None:
        raise Order.DoesNotExist
    return id


def _as_api_error(exc: Exception) -> Exception:
    """Map an exception of the use cases or of Django to REST's error; others are returned as they are."""
    match exc:
        case OrderRefused():
            return _validation_error(exc)
        case Order.DoesNotExist():
            return NotFound("This venue does not have this order.")
        case AlreadyPaid():
            return Conflict("This order was paid with another payment.", code="already_paid")
        case OrderCancelled():
            return Conflict("This order was cancelled before it was paid.", code="cancelled")
        case PaidWithBill():
            return Conflict("This order was added to an open bill and is paid with it.", code="on_the_bill")
        case PaymentTooLate():
            return Conflict("This order has expired. Refund the payment and place a new order.", code="too_late")
        case NoLongerPossible():
            return Conflict(f"{exc.detail} Refund the payment.", code=exc.code)
        case MenuBusy():
            return MenuChanging()
        case NoPlace():
            return PosBusy()
        case RequestDataTooBig():
            return TooLarge()
        case _:
            return exc


def _validation_error(refused: OrderRefused) -> ValidationError:
    by_attr: dict[str, list[ErrorDetail]] = {}
    for problem in refused.problems:
        by_attr.setdefault(problem.attr, []).append(ErrorDetail(problem.detail, code=problem.code))
    return ValidationError(by_attr)
