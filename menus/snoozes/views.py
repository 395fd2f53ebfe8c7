"""REST: snooze and wake items, for a venue's own programs."""

from typing import cast
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from menus.snoozes.serializers import PostedSnoozeSerializer, SnoozesSerializer, snoozes_response
from menus.snoozes.service import HowLong, snooze_by_api, snooze_end, wake_one
from menus.stock.sold_out_log import find_items
from storekit.db import clock
from storekit.models import ApiKey, Venue
from storekit.rest.errors import ErrorsSerializer


class SnoozesView(APIView):
    """The venue's snoozes."""

    @extend_schema(
        operation_id="snooze_items",
        tags=["menu"],
        summary="Snooze items",
        description=(
            "Takes products and modifiers with these SKUs off sale until the given time, everywhere on the menu. If an "
            "item is snoozed more than once, the longest snooze counts. If the venue does not have one of the SKUs, "
            "nothing is snoozed and the error `unknown_sku` says which. The snooze report shows the API key's name."
        ),
        request=PostedSnoozeSerializer,
        responses={201: SnoozesSerializer, 400: ErrorsSerializer, 403: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        key = cast(ApiKey, request.auth)
        posted = PostedSnoozeSerializer(data=request.data)
        posted.is_valid(raise_exception=True)
        data = posted.validated_data
        _reject_unknown(key.venue, data["skus"])
        until = data.get("until")
        if until is None:
            until = snooze_end(venue=key.venue, how_long=HowLong(data["how_long"]), now=clock.now())
        rows = snooze_by_api(venue=key.venue, skus=data["skus"], until=until, by=key.name, reason=data["reason"])
        return Response(snoozes_response(venue=key.venue, rows=rows), status=201)


class OneSnoozeView(APIView):
    """One snooze."""

    @extend_schema(
        operation_id="wake_item",
        tags=["menu"],
        summary="End a snooze early",
        description=(
            "Ends this snooze. The item stays off sale while another snooze of it is active, or while it is sold out "
            "on the till."
        ),
        request=None,
        responses={
            204: OpenApiResponse(description="Snooze ended."),
            403: ErrorsSerializer,
            404: ErrorsSerializer,
        },
    )
    def delete(self, request: Request, slug: str, snooze_id: UUID) -> Response:
        key = cast(ApiKey, request.auth)
        if not wake_one(venue=key.venue, snooze_id=snooze_id, by=key.name):
            raise NotFound("This venue does not have this snooze, or it has already ended.")
        return Response(status=204)


def _reject_unknown(venue: Venue, skus: list[str]) -> None:
    known = {item.sku for item in find_items(venue=venue, skus=skus)}
    unknown = {
        f"skus.{index}": [ErrorDetail(f"This venue has no item with the SKU {sku}.", code="unknown_sku")]
        for index, sku in enumerate(skus)
        if sku not in known
    }
    if unknown:
        raise ValidationError(unknown)
