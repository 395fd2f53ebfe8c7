"""How gunicorn runs storekit: `gunicorn storekit.wsgi -c python:storekit.gunicorn`. Options after that win."""

from typing import Any

workers = 2
threads = 4
# A missing setting stops the start with one sentence, instead of every worker with a traceback, again and again.
preload_app = True
control_socket_disable = True

_REQUESTS_A_CONNECTION = 100


def pre_request(worker: Any, request: Any) -> None:
    """Ends a connection after a while, so that it is opened anew at a worker who has time.

    A kept connection stays with the worker that took it; a proxy's few, busy ones can so end up with the same worker
    while the other one idles.
    """
    if request.req_number >= _REQUESTS_A_CONNECTION:
        request.force_close()
