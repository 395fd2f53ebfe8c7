"""REST for guests who order at their table. Public, like the table's other routes: the token opens one table."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from orders.api.fields import Text
from orders.api.mapping import requested_item
from orders.api.serializers import MAX_ITEMS, PostedItemSerializer
from orders.api.views import OrderView
from orders.checkout.requests import parse_uuid
from orders.checkout.till_total import TillTotal, with_till_total
from orders.from_tables import NotFromTable, order_from_table, orders_from
from orders.models import Injection, Order
from storekit.money import money_string
from storekit.rest.errors import Conflict, ErrorsSerializer
from storekit.rest.idempotency import KEY_HEADER, Answer, answer_once, key_of
from storekit.rest.money import Money
from tables.guest.views import ByGuestAddress, ByTable, opened_table
from tables.models import Table

_TOKEN = OpenApiParameter("token", str, OpenApiParameter.PATH)
_STATES = ["sent", "on_the_bill", "failed"]


class OrdersByTable(ByTable):
    """Throttle the orders of one table: each goes to the kitchen."""

    rate = "20/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"table-orders:{view.kwargs['token']}"


class OrdersByAddress(ByGuestAddress):
    """Throttle by the address, which all guests on the venue's Wi-Fi share."""

    rate = "200/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"table-orders:{self.get_ident(request)}"


class PostedTableOrderSerializer(serializers.Serializer):
    """What guests order at their table. Prices come from the menu."""

    items = PostedItemSerializer(many=True, max_length=MAX_ITEMS, allow_empty=False)  # type: ignore[call-arg]
    note = Text(max_length=500, many_lines=True)
    bill = Text(max_length=64, help_text="Id of the bill to add it to. Empty: the only one, or a new one.")


class TableOrderSerializer(serializers.Serializer):
    """An order from a table."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(
        _STATES, help_text="`sent`: on its way to the till. `failed`: it did not reach it; tell the staff."
    )
    total = Money()


class _TableOrderView(OrderView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotFromTable):
            is_unknown = exc.code == "unknown_bill"
            exc = NotFound(exc.detail, code=exc.code) if is_unknown else Conflict(exc.detail, code=exc.code)
        return super().handle_exception(exc)


class TableOrdersView(_TableOrderView):
    """Takes orders from tables."""

    throttle_classes: list[type[BaseThrottle]] = [OrdersByTable, OrdersByAddress]

    @extend_schema(
        operation_id="order_from_table",
        tags=["tables"],
        summary="Order at a table",
        description=(
            "A dine-in order that is added to the table's open bill, or opens one, and is paid with it. It can be "
            "repeated safely: the same key and body get the same response. 409 comes with a code: `ordering_off`, "
            "`choose_bill` (the table has several), or `bill_being_opened` (send it again in a moment)."
        ),
        parameters=[
            _TOKEN,
            KEY_HEADER,
        ],
        request=PostedTableOrderSerializer,
        responses={
            201: TableOrderSerializer,
            **dict.fromkeys((400, 404, 409, 410, 413, 415, 429, 503), ErrorsSerializer),
        },
    )
    def post(self, request: Request, token: str) -> Response:
        key, table = key_of(request), opened_table(token)
        posted = PostedTableOrderSerializer(data=request.data, context={"currency": table.venue.currency})
        posted.is_valid(raise_exception=True)

        def place_once(till_total: TillTotal | None) -> Answer:
            work = _placing(table, posted.validated_data, till_total)
            return answer_once(scope=f"table-orders:{table.pk}", key=key, request_body=request.data, work=work)

        answer = with_till_total(venue=table.venue, work=place_once)
        return Response(answer.body, status=answer.status, headers={"Cache-Control": "no-store"})


class OneTableOrderView(_TableOrderView):
    """Shows an order from a table."""

    throttle_classes: list[type[BaseThrottle]] = [ByTable, ByGuestAddress]

    @extend_schema(
        operation_id="read_table_order",
        tags=["tables"],
        summary="Follow an order from a table",
        parameters=[_TOKEN, OpenApiParameter("order_id", str, OpenApiParameter.PATH)],
        responses={200: TableOrderSerializer, **dict.fromkeys((404, 410, 429), ErrorsSerializer)},
    )
    def get(self, request: Request, token: str, order_id: str) -> Response:
        table = opened_table(token)
        rows = orders_from(table).select_related("injection", "venue")
        order = rows.filter(pk=parse_uuid(order_id) or UUID(int=0)).first()
        if order is None:
            raise NotFound("This table does not have this order.")
        return Response(_document(order), headers={"Cache-Control": "no-store"})


def _placing(table: Table, posted: dict[str, Any], till_total: TillTotal | None) -> Callable[[], Answer]:
    def work() -> Answer:
        placed = order_from_table(
            table=table,
            items=tuple(requested_item(item) for item in posted["items"]),
            note=posted["note"],
            bill_id=(parse_uuid(posted["bill"]) or UUID(int=0)) if posted["bill"] else None,
            till_total=till_total,
        )
        return Answer(status=201, body=_document(placed.order))

    return work


def _document(order: Order) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "number": order.number,
        "state": _state(order),
        "total": money_string(order.total, order.venue.currency),
    }


def _state(order: Order) -> str:
    if order.status == Order.Status.CANCELLED or order.injection.state == Injection.State.FAILED:
        return "failed"
    return "on_the_bill" if order.injection.state == Injection.State.CONFIRMED else "sent"
