"""A way around sessions, CSRF tokens, log-in and REST's machinery for what storefronts read all the time.

Such an answer needs none of them, and they cost more than the answer itself. `settings.FAST_PATHS` says which
addresses have a function that may answer at once. It returns None for whatever is not ready; the request then goes the
ordinary way to its view, which answers everything, errors in the standard shape among it. Without this middleware
every answer would be the same, only slower.
"""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

Answer = Callable[..., HttpResponse | None]


class FastPathMiddleware:
    """Stands behind the middleware whose headers belong on every answer, and before everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._paths: list[tuple[re.Pattern[str], Answer]] = [
            (re.compile(pattern), import_string(name)) for pattern, name in settings.FAST_PATHS.items()
        ]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._at_once(request) or self._get_response(request)

    def _at_once(self, request: HttpRequest) -> HttpResponse | None:
        for pattern, answer in self._paths:
            if address := pattern.fullmatch(request.path_info):
                # A foreign Host header is refused here as everywhere: `CommonMiddleware` comes later.
                request.get_host()
                return answer(request, **address.groupdict())
        return None
