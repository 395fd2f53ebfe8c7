"""Settings for gunicorn: `gunicorn storekit.wsgi -c python:storekit.gunicorn`. Options after that override them."""

from typing import Any

# Collects requests before a thread gets them, so that clients that do not finish theirs hold no thread.
worker_class = "storekit.serving.patient_worker.PatientWorker"
workers = 2
threads = 4
# With preloading, a missing setting stops the start with one sentence rather than a traceback from every worker.
preload_app = True
control_socket_disable = True

_MAX_REQUESTS_PER_CONNECTION = 100


def post_worker_init(worker: Any) -> None:
    """Look after the task workers from this web process, and say if it does not collect requests."""
    # Only now: the settings of Django are read by the application, which is loaded after these.
    from storekit.queue.outage import start_watch  # noqa: PLC0415
    from storekit.serving.patient_worker import PatientWorker  # noqa: PLC0415

    if not isinstance(worker, PatientWorker):
        worker.log.critical(
            "A few slow clients can stop this server: leave gunicorn's worker class as storekit sets it"
        )
    start_watch()


def pre_request(worker: Any, request: Any) -> None:
    """Close a kept-alive connection after a hundred requests, so that the next one goes to a worker that is free.

    A connection stays with the worker that accepted it, so a proxy's few busy connections may all end up with one
    worker while the other is idle.
    """
    if request.req_number >= _MAX_REQUESTS_PER_CONNECTION:
        request.force_close()
