"""A cap on the threads of a web process that wait for a POS, so that the rest always serve everybody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Half of the threads of a web process, `storekit.gunicorn.threads`.
PLACES_PER_PROCESS = 2


class NoPlace(Exception):
    """As many threads as may wait for a POS are waiting already. `str(error)` is a sentence for people."""

    def __init__(self) -> None:
        super().__init__("Too many requests are waiting for a POS at the moment. Try again in a moment.")


_places = threading.BoundedSemaphore(PLACES_PER_PROCESS)


@contextmanager
def waiting_place() -> Iterator[None]:
    """Hold one of the places, without waiting for it.

    Raises:
        NoPlace: all are taken.
    """
    if not _places.acquire(blocking=False):
        raise NoPlace
    try:
        yield
    finally:
        _places.release()
