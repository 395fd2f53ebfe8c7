"""Answer the URLs that storefronts and phones poll without sessions, CSRF tokens, log-in and Django REST framework.

These answers need none of those, and each costs more than the answer. `settings.FAST_PATHS` maps URL patterns to
functions that may answer at once. A function returns None for anything it cannot answer yet; the request then goes to
its ordinary view, which answers everything, including errors in the standard shape. Without this middleware every
answer would be the same, only slower.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

FastAnswer = Callable[..., HttpResponse | None]


class FastPathMiddleware:
    """Place after the middleware whose headers belong on every response, and before everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._paths: list[tuple[re.Pattern[str], FastAnswer]] = [
            (re.compile(pattern), import_string(name)) for pattern, name in settings.FAST_PATHS.items()
        ]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._fast_answer(request) or self._get_response(request)

    def _fast_answer(self, request: HttpRequest) -> HttpResponse | None:
        for pattern, answer in self._paths:
            if match := pattern.fullmatch(request.path_info):
                # Refuse a foreign Host header as everywhere else: `CommonMiddleware`, which does so, comes later.
                request.get_host()
                return answer(request, **match.groupdict())
        return None
