"""REST for guests at a table. Public: the token in the address opens one table, and nothing else."""

import hashlib
import json
from datetime import timedelta

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from storekit.db import clock
from storekit.rest.errors import error_response
from storekit.rest.throttles import ByAddress, InMemory
from tables.bills.document import table_document
from tables.bills.refreshing import refresh_bills
from tables.codes.tokens import TokenRetired, UnknownToken, table_of
from tables.guest.schemas import TableSerializer
from tables.models import CheckList, Table

_OLDEST = timedelta(minutes=1)
_POS_UNAVAILABLE = "The bill cannot be read from the till at the moment. Ask the staff, or try again in a moment."


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
    """A table's bills."""

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
        table = opened_table(token)
        if not is_known(refresh_bills(venue=table.venue)):
            return bills_unknown()
        body = json.dumps(table_document(table=table), separators=(",", ":"), ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        response = get_conditional_response(request._request, etag=etag)
        if response is None:
            response = HttpResponse(body, content_type="application/json")
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
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


def is_known(row: CheckList) -> bool:
    """Return whether the venue's bills were read from the POS a short time ago."""
    return row.fetched_at is not None and row.fetched_at > clock.now() - _OLDEST


def bills_unknown() -> HttpResponse:
    """Return 503. Not an exception: each phone's poll would be another error in the log."""
    response = error_response(status=503, type="server_error", code="pos_unavailable", detail=_POS_UNAVAILABLE)
    response["Retry-After"] = "3"
    return response
