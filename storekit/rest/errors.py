"""Errors of the REST API: exceptions that every app raises, and the one JSON shape that all errors have."""

from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.views.defaults import page_not_found
from rest_framework import serializers
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """409: the request is well-formed but conflicts with an earlier one."""

    status_code = 409
    default_code = "conflict"
    default_detail = "This conflicts with an earlier request."


class TooLarge(APIException):
    """413: the body is larger than any sensible request."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request body is too large."


class ErrorSerializer(serializers.Serializer):
    """One problem. `attr` is where it is in the request, such as `items.0.modifiers.1`."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorsSerializer(serializers.Serializer):
    """The body of every error response."""

    type = serializers.CharField(help_text="validation_error, client_error or server_error.")
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]  # a field here, a property elsewhere


def error_response(*, status: int, type: str, code: str, detail: str) -> JsonResponse:
    """Return an error in the API's usual shape, for code that runs outside Django REST framework's views."""
    return JsonResponse({"type": type, "errors": [{"code": code, "detail": detail, "attr": None}]}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer a request to an unknown URL: JSON below /api/ and /webhooks/, a page everywhere else."""
    if not request.path_info.startswith(("/api/", "/webhooks/")):
        return page_not_found(request, exception)
    return error_response(
        status=404, type="client_error", code="not_found", detail="Nothing was found at this address."
    )


def unused(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Answer a request to an address that a library brings along and storekit does not use, like an unknown one.

    Raises:
        Http404: always.
    """
    raise Http404


class MenuChanging(APIException):
    """503: the menu changed every time it was read."""

    status_code = 503
    default_code = "menu_changing"
    default_detail = "The menu is being updated. Try again in a moment."


class PosBusy(APIException):
    """503: the price depends on the POS, and as many requests as may wait for a POS are waiting already."""

    status_code = 503
    default_code = "pos_busy"
    default_detail = "Too many requests are waiting for a POS at the moment. Try again in a moment."
    wait = 2
    """Seconds, for `Retry-After`."""
