"""Addresses with a null character in them are refused before anything reads them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

_DETAIL = "The address holds a null character. Leave it out."


class RejectNullBytes:
    """Answers 400: PostgreSQL cannot look for a null character, and no honest address has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            error = {"code": "invalid", "detail": _DETAIL, "attr": None}
            return JsonResponse({"type": "validation_error", "errors": [error]}, status=400)
        return self._get_response(request)
