"""REST: the storefront's menu."""

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotAcceptable, NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.pos import OrderType
from menus.storefront.compression import IDENTITY, CompressedMenu, choose_coding
from menus.storefront.openapi import MenuSchema
from menus.storefront.published import MenuEdition, NoMenu, find_edition, find_in_memory, read_menu
from menus.versions import MenuBusy
from storekit.db.prepared_query import NotPrepared
from storekit.models import Venue
from storekit.rest.errors import ErrorsSerializer, MenuChanging


class MenuView(APIView):
    """The venue's menu. Public. `menu_from_memory` answers most requests before they get here."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="venue_menu",
        tags=["menu"],
        summary="The whole menu in one language, at the prices of one order type",
        description="Texts missing in the chosen language are in the preferred language, or else as in the POS.",
        parameters=[
            OpenApiParameter("lang", str, description="Language tag such as fr or en-gb; overrides Accept-Language."),
            OpenApiParameter(
                "type", str, enum=list(OrderType), description="Order type whose prices are shown; default pickup."
            ),
            OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER),
            OpenApiParameter("Accept-Encoding", str, OpenApiParameter.HEADER, description="br and gzip are supported."),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An earlier response's ETag."),
        ],
        responses={
            200: MenuSchema,
            304: OpenApiResponse(description="The menu with that ETag is still current."),
            **dict.fromkeys((400, 404, 406, 503), ErrorsSerializer),
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        coding = _coding(request._request)
        if coding is None:
            raise NotAcceptable("The menu is available uncompressed, as gzip or as br.")
        options, type = _language_options(request._request), _order_type(request._request)
        if type is None:
            detail = f"Choose one of {', '.join(OrderType)}."
            raise ValidationError({"type": detail}, code="invalid_choice")
        try:
            edition = find_edition(slug=slug, type=type, **options)
            response = _not_modified(request._request, edition, coding)
            if response is None:
                response = _full_response(request._request, *read_menu(slug=slug, type=type, **options), coding)
        except Venue.DoesNotExist:
            raise NotFound("No venue has this slug.") from None
        except NoMenu as error:
            raise NotFound(str(error), code="no_menu") from None
        except MenuBusy:
            raise MenuChanging from None
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # Always JSON, whatever the Accept header says, as in `menu_from_memory`.
        return super().perform_content_negotiation(request, force=True)


def menu_from_memory(request: HttpRequest, slug: str) -> HttpResponse | None:
    """Return the response of `MenuView` if one query and this process's memory are enough for it.

    Return None otherwise: for another method, an error, or a menu that must be fetched or built.
    """
    coding = _coding(request)
    type = _order_type(request)
    if coding is None or type is None or request.method not in ("GET", "HEAD"):
        return None
    try:
        edition, compressed = find_in_memory(slug=slug, type=type, **_language_options(request))
    except (Venue.DoesNotExist, NoMenu, NotPrepared, DatabaseError):
        return None
    response = _not_modified(request, edition, coding)
    if response is None and compressed is not None:
        response = _full_response(request, edition, compressed, coding)
    return response


def _language_options(request: HttpRequest) -> dict[str, str]:
    lang = request.GET.get("lang", "") if request.META.get("QUERY_STRING") else ""
    return {"lang": lang, "accept_language": request.META.get("HTTP_ACCEPT_LANGUAGE", "")}


def _order_type(request: HttpRequest) -> OrderType | None:
    """Return the order type whose prices are requested; None if there is no such type."""
    name = request.GET.get("type", "") if request.META.get("QUERY_STRING") else ""
    if not name:
        return OrderType.PICKUP
    return next((type for type in OrderType if type.value == name), None)


def _coding(request: HttpRequest) -> str | None:
    return choose_coding(request.META.get("HTTP_ACCEPT_ENCODING", ""))


def _not_modified(request: HttpRequest, edition: MenuEdition, coding: str) -> HttpResponse | None:
    etag, headers = edition.etag(coding), request.META
    if headers.get("HTTP_IF_NONE_MATCH") == etag and "HTTP_IF_MATCH" not in headers:
        # The usual case. Evaluating the conditions by all their rules takes far longer.
        response: HttpResponse = HttpResponseNotModified()
    elif (found := get_conditional_response(request, etag=etag)) is not None:
        response = found
    else:
        return None
    return _with_headers(response, edition, coding)


def _full_response(request: HttpRequest, edition: MenuEdition, compressed: CompressedMenu, coding: str) -> HttpResponse:
    body = compressed.body(coding)
    response = HttpResponse(b"" if request.method == "HEAD" else body, content_type="application/json")
    response["Content-Length"] = str(len(body))
    if coding != IDENTITY:
        response["Content-Encoding"] = coding
    return _with_headers(response, edition, coding)


def _with_headers(response: HttpResponse, edition: MenuEdition, coding: str) -> HttpResponse:
    response["ETag"] = edition.etag(coding)
    response["Cache-Control"] = "public, no-cache"
    response["Vary"] = "Accept-Encoding, Accept-Language"
    if edition.language:
        response["Content-Language"] = edition.language
    return response
