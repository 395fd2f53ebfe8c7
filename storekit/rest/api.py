"""REST: who may call, what is read of a request, and errors that every app raises in the same shape."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.defaults import page_not_found
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from storekit.models import ApiKey
from storekit.rest.api_keys import find_api_key

if TYPE_CHECKING:
    # rest_framework.views reads the settings that name this module while it is itself being imported.
    from rest_framework.views import APIView


_SEND_THE_KEY = "Send the venue's API key as: Authorization: Bearer <key>"


class VenueKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <venue API key>`; `request.auth` is then the `ApiKey`, its venue loaded."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed(_SEND_THE_KEY)
        api_key = find_api_key(key=parts[1].decode("latin-1"))
        if api_key is None:
            raise AuthenticationFailed("This API key is unknown or was revoked. A manager can make a new one.")
        return AnonymousUser(), api_key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="storekit"'


class KeyOpensVenue(BasePermission):
    """The key's venue is the venue in the address. A venue that does not exist looks like somebody else's."""

    message = "This API key does not open this venue."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        api_key = request.auth
        if api_key is None:
            raise NotAuthenticated(_SEND_THE_KEY)
        return isinstance(api_key, ApiKey) and api_key.venue.slug == view.kwargs.get("slug")


class Conflict(APIException):
    """409: the request is well-formed but clashes with what was said before."""

    status_code = 409
    default_code = "conflict"
    default_detail = "This clashes with an earlier request."


class TooLarge(APIException):
    """413: the body is larger than any sensible request."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request's body is too large."


class SafeJSONParser(JSONParser):
    """JSON, in which nesting too deep for the parser is an error of the caller's like any other."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The answer at an address that does not exist: for programs in the shape of every error, for people as a page."""
    if not request.path_info.startswith(("/api/", "/webhooks/")):
        return page_not_found(request, exception)
    error = {"code": "not_found", "detail": "There is nothing at this address.", "attr": None}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=404)


class ErrorSerializer(serializers.Serializer):
    """One thing that is wrong. `attr` is its place in what was posted, such as `items.0.modifiers.1`."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorsSerializer(serializers.Serializer):
    """How every error looks."""

    type = serializers.CharField(help_text="validation_error, client_error or server_error.")
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]  # a field here, a property elsewhere


class VenueKeyScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI schema describes the venue's key."""

    target_class = VenueKeyAuthentication
    name = "venueKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The venue's API key."}
