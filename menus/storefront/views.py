"""REST: the storefront's menu."""

from django.db import Error as DatabaseTrouble
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotAcceptable, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from menus.storefront.compression import IDENTITY, CompressedMenu, choose_coding
from menus.storefront.openapi import MenuSchema
from menus.storefront.published import MenuEdition, NoMenu, find_at_once, find_edition, read_menu
from menus.versions import MenuBusy
from storekit.db.prepared_query import NotPrepared
from storekit.models import Venue


class MenuChanging(APIException):
    """503: the menu changed again and again while it was being read."""

    status_code = 503
    default_code = "menu_changing"
    default_detail = "The menu is being changed at this moment. Ask again."


class MenuView(APIView):
    """The venue's menu, for anybody. `menu_at_once` answers most reads before they come here."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="venue_menu",
        tags=["menu"],
        summary="The whole menu in one language",
        description="Texts that are missing in the language stand in the preferred one, or else as on the till.",
        parameters=[
            OpenApiParameter("lang", str, description="Language tag such as fr or en-gb; wins over Accept-Language."),
            OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER),
            OpenApiParameter("Accept-Encoding", str, OpenApiParameter.HEADER, description="br and gzip are known."),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag given before."),
        ],
        responses={200: MenuSchema, 304: OpenApiResponse(description="The menu with this ETag is the current one.")},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        coding = _coding(request._request)
        if coding is None:
            raise NotAcceptable("The menu comes plain, or as gzip or br.")
        wishes = _wishes(request._request)
        try:
            edition = find_edition(slug=slug, **wishes)
            response = _not_modified(request._request, edition, coding)
            if response is None:
                response = _whole(request._request, *read_menu(slug=slug, **wishes), coding)
        except Venue.DoesNotExist:
            raise NotFound("There is no venue with this name.") from None
        except NoMenu as error:
            raise NotFound(str(error), code="no_menu") from None
        except MenuBusy:
            raise MenuChanging from None
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # JSON whatever a reader says to prefer, as `menu_at_once` answers too.
        return super().perform_content_negotiation(request, force=True)


def menu_at_once(request: HttpRequest, slug: str) -> HttpResponse | None:
    """The answer of `MenuView`, when it takes no more than one query and this process's memory.

    None when it takes more: another method, an error, a menu that has to be fetched or built.
    """
    coding = _coding(request)
    if coding is None or request.method not in ("GET", "HEAD"):
        return None
    try:
        edition, packed = find_at_once(slug=slug, **_wishes(request))
    except (Venue.DoesNotExist, NoMenu, NotPrepared, DatabaseTrouble):
        return None
    response = _not_modified(request, edition, coding)
    if response is None and packed is not None:
        response = _whole(request, edition, packed, coding)
    return response


def _wishes(request: HttpRequest) -> dict[str, str]:
    lang = request.GET.get("lang", "") if request.META.get("QUERY_STRING") else ""
    return {"lang": lang, "accept_language": request.META.get("HTTP_ACCEPT_LANGUAGE", "")}


def _coding(request: HttpRequest) -> str | None:
    return choose_coding(request.META.get("HTTP_ACCEPT_ENCODING", ""))


def _not_modified(request: HttpRequest, edition: MenuEdition, coding: str) -> HttpResponse | None:
    etag, asked = edition.etag(coding), request.META
    if asked.get("HTTP_IF_NONE_MATCH") == etag and "HTTP_IF_MATCH" not in asked:
        # What nearly every reader with a menu asks; reading the conditions by all their rules takes a good while.
        response: HttpResponse = HttpResponseNotModified()
    elif (found := get_conditional_response(request, etag=etag)) is not None:
        response = found
    else:
        return None
    return _described(response, edition, coding)


def _whole(request: HttpRequest, edition: MenuEdition, packed: CompressedMenu, coding: str) -> HttpResponse:
    body = packed.body(coding)
    response = HttpResponse(b"" if request.method == "HEAD" else body, content_type="application/json")
    response["Content-Length"] = str(len(body))
    if coding != IDENTITY:
        response["Content-Encoding"] = coding
    return _described(response, edition, coding)


def _described(response: HttpResponse, edition: MenuEdition, coding: str) -> HttpResponse:
    response["ETag"] = edition.etag(coding)
    response["Cache-Control"] = "public, no-cache"
    response["Vary"] = "Accept-Encoding, Accept-Language"
    if edition.language:
        response["Content-Language"] = edition.language
    return response
