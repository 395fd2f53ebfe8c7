"""How storekit is served: the worker class for gunicorn, the health checks, and the Content-Security-Policy."""
