"""The floor for menu reads: a Django without middleware, database or REST.

Its only view returns the same compressed bytes from memory, or 304 if the client has them.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import path

_BODY = Path(os.environ["FLOOR_BODY"]).read_bytes()
_ETAG = '"bare"'


def menu(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the bytes."""
    if request.META.get("HTTP_IF_NONE_MATCH") == _ETAG:
        return HttpResponseNotModified(headers={"ETag": _ETAG})
    headers = {"Content-Length": str(len(_BODY)), "Content-Encoding": "gzip", "ETag": _ETAG}
    return HttpResponse(_BODY, content_type="application/json", headers=headers)


urlpatterns = [path("api/v1/venues/<slug:slug>/menu", menu)]

settings.configure(SECRET_KEY="bare", ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, MIDDLEWARE=[])
application = get_wsgi_application()
