"""Refuse URLs that contain a null character before any view reads them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from storekit.rest.errors import error_response


class RejectNullBytes:
    """Answer 400 to a URL with a null character: PostgreSQL cannot search for one, and no honest URL has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            detail = "Remove the null character from the address."
            return error_response(status=400, type="validation_error", code="invalid", detail=detail)
        return self._get_response(request)
