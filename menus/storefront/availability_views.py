"""REST: what cannot be ordered now, for storefronts that already have the menu."""

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
from menus.versions import MenuBusy
from storekit.models import Venue
from storekit.rest.errors import ErrorsSerializer, MenuChanging

# Raise this when the shape of the JSON changes.
_SHAPE = 1
_CACHED_FOR = 60 * 60


class AvailabilityView(APIView):
    """The venue's availability. Public."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="venue_availability",
        tags=["menu"],
        summary="What cannot be ordered now",
        description="Always agrees with the menu of the same version. Much smaller than the menu, so poll this.",
        parameters=[
            OpenApiParameter(
                "If-None-Match", str, OpenApiParameter.HEADER, description="An ETag from an earlier response."
            )
        ],
        responses={
            200: AvailabilitySchema,
            304: OpenApiResponse(description="Nothing has changed since that ETag."),
            **dict.fromkeys((404, 503), ErrorsSerializer),
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        try:
            return _respond(request._request, slug)
        except Venue.DoesNotExist:
            raise NotFound("No venue has this slug.") from None
        except NoMenu as error:
            raise NotFound(str(error), code="no_menu") from None
        except MenuBusy:
            raise MenuChanging from None


def _respond(request: HttpRequest, slug: str) -> HttpResponse:
    venue, version = find_version(slug=slug)
    response = get_conditional_response(request, etag=_etag(venue, version))
    if response is None:
        version, body = _body(venue, version)
        response = HttpResponse(body, content_type="application/json")
    response["ETag"] = _etag(venue, version)
    response["Cache-Control"] = "public, no-cache"
    return response


def _body(venue: Venue, version: int) -> tuple[int, bytes]:
    cached: bytes | None = cache.get(_cache_key(venue, version))
    if cached is not None:
        return version, cached
    document = availability_document(venue=venue)
    body = json.dumps(document, separators=(",", ":")).encode()
    # A sync may have raised the version since, so cache the document under its own version.
    cache.set(_cache_key(venue, document["version"]), body, _CACHED_FOR)
    return document["version"], body


def _etag(venue: Venue, version: int) -> str:
    return f'"{_cache_key(venue, version)}"'


def _cache_key(venue: Venue, version: int) -> str:
    """Return a key of everything that decides the bytes. The time zone is part of every time in them."""
    zone = salted_hmac("menus.stock.reservations", venue.timezone, algorithm="sha256").hexdigest()[:8]
    return f"availability-{venue.pk}-{version}-{_SHAPE}-{zone}"
