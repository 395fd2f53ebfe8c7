"""REST: the storefront's menu."""

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from menus.reading import NoMenu, find_edition, menu_bytes
from menus.schemas import MenuSchema
from menus.versions import MenuBusy
from storekit.models import Venue


class MenuChanging(APIException):
    """503: the menu changed again and again while it was being read."""

    status_code = 503
    default_code = "menu_changing"
    default_detail = "The menu is being changed at this moment. Ask again."


class MenuView(APIView):
    """The venue's menu, for anybody; a reader that knows the current version gets 304 after one query."""

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
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag given before."),
        ],
        responses={200: MenuSchema, 304: OpenApiResponse(description="The menu with this ETag is the current one.")},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        try:
            edition = find_edition(
                slug=slug,
                lang=request.query_params.get("lang", ""),
                accept_language=request.headers.get("Accept-Language", ""),
            )
            response = get_conditional_response(request._request, etag=edition.etag)
            if response is None:
                edition, body = menu_bytes(edition=edition)
                response = HttpResponse(body, content_type="application/json")
        except Venue.DoesNotExist:
            raise NotFound("There is no venue with this name.") from None
        except NoMenu as error:
            raise NotFound(str(error), code="no_menu") from None
        except MenuBusy:
            raise MenuChanging from None
        response["ETag"] = edition.etag
        response["Cache-Control"] = "public, no-cache"
        response["Vary"] = "Accept-Language"
        if edition.language:
            response["Content-Language"] = edition.language
        return response
