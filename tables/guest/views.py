"""REST for guests at a table. Public: the token in the address opens one table, and nothing else."""

import json

from django.core.cache.backends.locmem import LocMemCache
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from storekit.db.prepared_query import NotPrepared
from storekit.models import Venue
from storekit.rest.errors import error_response
from storekit.rest.throttles import ByAddress, InMemory
from tables.bills.document import table_document
from tables.bills.refreshing import is_known, refresh_bills, take_turn
from tables.bills.unlisted import want_look
from tables.codes.tokens import TokenRetired, UnknownToken, table_of
from tables.guest.schemas import TableSerializer
from tables.guest.table_state import fast_state_of, state_of
from tables.models import Table

_POS_UNAVAILABLE = "The bill cannot be read from the till at the moment. Ask the staff, or try again in a moment."

_HEADERS = {"Cache-Control": "private, no-cache"}
# By entity tag, which names all that is in them, so none is ever out of date: a table's phones share one.
_bodies = LocMemCache("tables", {"OPTIONS": {"MAX_ENTRIES": 1_000}})


class CodeRetired(APIException):
    """410: the code was replaced, or its table is no longer in use."""

    status_code = 410
    default_code = "ask_the_staff"


class ByTable(InMemory):
    """Throttle by the token: many phones at one table, and no flood."""

    rate = "600/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"table:{view.kwargs['token']}"


class ByGuestAddress(ByAddress):
    """Throttle by the address, which all guests on the venue's Wi-Fi share."""

    rate = "3000/minute"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"guest:{self.get_ident(request)}"


class TableView(APIView):
    """A table's bills. `table_from_memory` answers most polls before they get here."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes: list[type[BaseThrottle]] = [ByTable, ByGuestAddress]

    @extend_schema(
        operation_id="table",
        tags=["tables"],
        summary="The bills of a table",
        description="The token is the one in the table's QR code. Poll this with the ETag of the last answer.",
        parameters=[
            OpenApiParameter("token", str, OpenApiParameter.PATH),
            OpenApiParameter(
                "If-None-Match", str, OpenApiParameter.HEADER, description="An ETag from an earlier response."
            ),
        ],
        responses={
            200: TableSerializer,
            304: OpenApiResponse(description="Nothing has changed since that ETag."),
            404: OpenApiResponse(description="No table has this token, or its venue does not use pay at table."),
            410: OpenApiResponse(description="`ask_the_staff`: the code was replaced, or the table is gone."),
            429: OpenApiResponse(description="Too many requests for this table or from this address."),
            503: OpenApiResponse(description="`pos_unavailable`: the POS cannot be asked for the bills."),
        },
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        state = state_of(token)
        if state is not None and (state.is_due or not state.is_known):
            if not is_known(refresh_bills(venue=Venue.objects.get(pk=state.venue_id))):
                return bills_unknown()
            state = state_of(token)
        # After the state: what the answer shows may be newer than its tag, which costs one more answer, never older.
        table = opened_table(token)
        if state is None:
            return HttpResponse(_body(table), content_type="application/json", headers=_HEADERS)
        if state.wants_look:
            want_look(table=table)
        body = _bodies.get(state.etag)
        if body is None:
            body = _body(table)
            if state_of(token) == state:
                _bodies.set(state.etag, body)
        return _answer(request._request, state.etag, body)


def table_from_memory(request: HttpRequest, token: str) -> HttpResponse | None:
    """Return the answer of `TableView` if one query and this process's memory are enough, and ask the POS if due.

    Return None otherwise. These answers count for no throttle: a venue's phones share its address, and each costs less
    than the counting. They are for phones that follow a bill; the first answer comes from the view, which counts.
    """
    headers = request.META
    if request.method != "GET" or "HTTP_IF_NONE_MATCH" not in headers:
        return None
    try:
        state = fast_state_of(token)
        # The first request of each second asks the POS; the others answer with the bill that is known.
        if state and state.is_due and state.is_known and take_turn(venue=Venue.objects.get(pk=state.venue_id)):
            state = fast_state_of(token)
    except (NotPrepared, DatabaseError):
        return None
    if state is None or not state.is_known or state.wants_look:
        return None
    if headers["HTTP_IF_NONE_MATCH"] == state.etag and "HTTP_IF_MATCH" not in headers:
        # The usual case, also if another process has the body.
        return HttpResponseNotModified(headers=_HEADERS | {"ETag": state.etag})
    body = _bodies.get(state.etag)
    return None if body is None else _answer(request, state.etag, body)


def _body(table: Table) -> bytes:
    return json.dumps(table_document(table=table), separators=(",", ":"), ensure_ascii=False).encode()


def _answer(request: HttpRequest, etag: str, body: bytes) -> HttpResponse:
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(body, content_type="application/json")
        response["Content-Length"] = str(len(body))
    response["ETag"] = etag
    response["Cache-Control"] = _HEADERS["Cache-Control"]
    return response


def opened_table(token: str) -> Table:
    """Return the table that this token opens.

    Raises:
        NotFound: no table has it, or its venue has not switched pay at table on.
        CodeRetired: a table had it.
    """
    try:
        return table_of(token)
    except UnknownToken as error:
        raise NotFound(str(error)) from None
    except TokenRetired as error:
        raise CodeRetired(str(error)) from None


def bills_unknown() -> HttpResponse:
    """Return 503. Not an exception: each phone's poll would be another error in the log."""
    response = error_response(status=503, type="server_error", code="pos_unavailable", detail=_POS_UNAVAILABLE)
    response["Retry-After"] = "3"
    return response
