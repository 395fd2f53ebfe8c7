"""The web server's settings for the floor, which has no database in which to look for task workers."""

from typing import Any

from storekit.gunicorn import *  # noqa: F403


def post_worker_init(worker: Any) -> None:  # type: ignore[no-redef]  # that is the point
    """Look after nobody."""
