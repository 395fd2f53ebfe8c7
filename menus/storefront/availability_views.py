"""REST: what of the menu cannot be ordered at the moment, for storefronts that have the menu already."""

import json

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.crypto import salted_hmac
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from menus.storefront.availability import availability_document, find_version
from menus.storefront.openapi import AvailabilitySchema
from menus.storefront.published import NoMenu
from menus.storefront.views import MenuChanging
from menus.versions import MenuBusy
from storekit.models import Venue

# Goes up when the shape of the JSON changes.
_SHAPE = 1
_KEPT_FOR = 60 * 60


class AvailabilityView(APIView):
    """The venue's availability, for anybody."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="venue_availability",
        tags=["menu"],
        summary="What cannot be ordered at the moment",
        description="Agrees with the menu of the same version; much smaller, for asking often.",
        parameters=[
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag given before.")
        ],
        responses={200: AvailabilitySchema, 304: OpenApiResponse(description="Nothing has changed since this ETag.")},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        try:
            return _answer(request._request, slug)
        except Venue.DoesNotExist:
            raise NotFound("There is no venue with this name.") from None
        except NoMenu as error:
            raise NotFound(str(error), code="no_menu") from None
        except MenuBusy:
            raise MenuChanging from None


def _answer(request: HttpRequest, slug: str) -> HttpResponse:
    venue, version = find_version(slug=slug)
    response = get_conditional_response(request, etag=_etag(venue, version))
    if response is None:
        version, body = _body(venue, version)
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = _etag(venue, version)
    response["Cache-Control"] = "public, no-cache"
    return response


def _body(venue: Venue, version: int) -> tuple[int, bytes]:
    kept: bytes | None = cache.get(_cache_key(venue, version))
    if kept is not None:
        return version, kept
    found = availability_document(venue=venue)
    body = json.dumps(found, separators=(",", ":")).encode()
    # The menu may have moved on meanwhile: kept under the version that it is.
    cache.set(_cache_key(venue, found["version"]), body, _KEPT_FOR)
    return found["version"], body


def _etag(venue: Venue, version: int) -> str:
    return f'"{_cache_key(venue, version)}"'


def _cache_key(venue: Venue, version: int) -> str:
    """Everything that decides the bytes; the zone stands behind every time."""
    zone = salted_hmac("menus.stock.reservations", venue.timezone, algorithm="sha256").hexdigest()[:8]
    return f"availability-{venue.pk}-{version}-{_SHAPE}-{zone}"
