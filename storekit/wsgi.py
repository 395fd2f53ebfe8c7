"""The entry point for gunicorn and every other WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storekit.settings")

from storekit.rest.chunked_bodies import ReadChunkedBodies

application = ReadChunkedBodies(get_wsgi_application())
