"""Authenticate REST calls by the venue's API key."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from storekit.models import ApiKey
from storekit.rest.api_keys import find_api_key

if TYPE_CHECKING:
    # rest_framework.views, while it is being imported, reads the settings that name this module.
    from rest_framework.views import APIView


_SEND_THE_KEY = "Send the venue's API key as: Authorization: Bearer <key>"


class VenueKeyAuthentication(BaseAuthentication):
    """Authenticate `Authorization: Bearer <venue API key>`; `request.auth` becomes the `ApiKey`, its venue loaded."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed(_SEND_THE_KEY)
        api_key = find_api_key(key=parts[1].decode("latin-1"))
        if api_key is None:
            raise AuthenticationFailed("This API key is unknown or has been revoked. A manager can create a new one.")
        return AnonymousUser(), api_key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="storekit"'


class KeyOpensVenue(BasePermission):
    """Allow a request if its key belongs to the venue in the URL. A missing venue looks like another venue's."""

    message = "This API key does not give access to this venue."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        api_key = request.auth
        if api_key is None:
            raise NotAuthenticated(_SEND_THE_KEY)
        return isinstance(api_key, ApiKey) and api_key.venue.slug == view.kwargs.get("slug")


class VenueKeyScheme(OpenApiAuthenticationExtension):
    """The venue's API key as a security scheme in the OpenAPI schema."""

    target_class = VenueKeyAuthentication
    name = "venueKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The venue's API key."}
