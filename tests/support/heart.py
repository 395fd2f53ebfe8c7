"""The heart of a worker without the worker, for processes that place orders before their worker is started."""

import time

import django
from django import db

django.setup()

from storekit.queue import heartbeat  # noqa: E402  # needs django.setup

_EVERY_SECONDS = 20.0


def main() -> None:
    """Beat until the process is ended."""
    while True:
        heartbeat.beat()
        db.connections.close_all()
        time.sleep(_EVERY_SECONDS)


if __name__ == "__main__":
    main()
