"""How storekit is served: the worker class for gunicorn, and the pages' Content-Security-Policy."""
