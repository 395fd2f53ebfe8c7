"""Serve product images to browsers. The content behind a name never changes."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from menus.images.files import STORED_NAME

_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Web shops embed the images from other origins.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@require_safe
def image(request: HttpRequest, name: str) -> HttpResponse:
    """Serve one stored image. Names of any other form are rejected, so that no other file can be read."""
    known = STORED_NAME.fullmatch(name)
    if known is None:
        raise Http404
    etag = f'"{known[1]}"'
    response = get_conditional_response(request, etag=etag) or _from_storage(name)
    response["ETag"] = etag
    for header, value in _HEADERS.items():
        response[header] = value
    return response


def _from_storage(name: str) -> HttpResponse:
    try:
        with default_storage.open(name) as file:
            return HttpResponse(file.read(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404 from None
