"""REST: snoozing items and waking them, for a venue's own programs."""

from typing import cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from menus.snoozes.serializers import PostedSnoozeSerializer, SnoozesSerializer, snoozes_answer
from menus.snoozes.service import HowLong, snooze_by_api, until_of, wake_one
from menus.stock.sold_out_log import named_items
from storekit.models import ApiKey, Venue
from storekit.rest.api import ErrorsSerializer


class SnoozesView(APIView):
    """What sleeps at the venue."""

    @extend_schema(
        operation_id="snooze_items",
        tags=["menu"],
        summary="Snooze items",
        description=(
            "Products and choices with these SKUs cannot be ordered until then, wherever they stand on the menu. Of "
            "several snoozes of one item the longest counts. All or nothing: a SKU that the venue does not have is "
            "refused with `unknown_sku` at its place. The report names the API key."
        ),
        request=PostedSnoozeSerializer,
        responses={201: SnoozesSerializer, 400: ErrorsSerializer, 403: ErrorsSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        key = cast(ApiKey, request.auth)
        posted = PostedSnoozeSerializer(data=request.data)
        posted.is_valid(raise_exception=True)
        wanted = posted.validated_data
        _refuse_unknown(key.venue, wanted["skus"])
        until = wanted.get("until")
        if until is None:
            until = until_of(venue=key.venue, how_long=HowLong(wanted["how_long"]), now=timezone.now())
        rows = snooze_by_api(venue=key.venue, skus=wanted["skus"], until=until, by=key.name, reason=wanted["reason"])
        return Response(snoozes_answer(venue=key.venue, rows=rows), status=201)


class OneSnoozeView(APIView):
    """One snooze."""

    @extend_schema(
        operation_id="wake_item",
        tags=["menu"],
        summary="Wake an item early",
        description=(
            "Ends this snooze. The item stays off the menu while another snooze of it is in force, or while the till "
            "has none left."
        ),
        request=None,
        responses={204: OpenApiResponse(description="It is over."), 403: ErrorsSerializer, 404: ErrorsSerializer},
    )
    def delete(self, request: Request, slug: str, snooze_id: UUID) -> Response:
        key = cast(ApiKey, request.auth)
        if not wake_one(venue=key.venue, snooze_id=snooze_id, by=key.name):
            raise NotFound("This venue has no such snooze, or it is over already.")
        return Response(status=204)


def _refuse_unknown(venue: Venue, skus: list[str]) -> None:
    known = {item.sku for item in named_items(venue=venue, skus=skus)}
    unknown = {
        f"skus.{place}": [ErrorDetail(f"This venue has no item with the SKU {sku}.", code="unknown_sku")]
        for place, sku in enumerate(skus)
        if sku not in known
    }
    if unknown:
        raise ValidationError(unknown)
