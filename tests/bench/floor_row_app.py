"""The floor for polls of a table: a Django without middleware, whose only view reads one row and answers 304."""

import os

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import path

_ROW = "SELECT id, number, name FROM tables_table WHERE token = %s"


def table(request: HttpRequest, token: str) -> HttpResponse:
    """Return 304 with the table's number as its tag if the client has it."""
    with connection.cursor() as cursor:
        cursor.execute(_ROW, [token])
        _, number, name = cursor.fetchone()
    etag = f'"{number}"'
    if request.META.get("HTTP_IF_NONE_MATCH") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return HttpResponse(name, headers={"ETag": etag})


urlpatterns = [path("api/v1/tables/<slug:token>", table)]


settings.configure(
    SECRET_KEY="bare",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    DATABASES={"default": environ.Env.db_url_config(os.environ["DATABASE_URL"]) | {"CONN_MAX_AGE": 60}},
)
application = get_wsgi_application()
