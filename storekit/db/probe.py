"""Whether the database answers, asked so that nobody waits long: a frozen server answers neither yes nor no."""

import threading

from django.db import Error, connection, connections

_WAIT_SECONDS = 3.0


class DatabaseProbe:
    """Asks the database in a thread of its own, one at a time, over a connection of its own.

    The server's own time-outs do not help while the server is frozen. A thread that hangs stays, so later callers do
    not start another: they are told at once.
    """

    def __init__(self, *, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._hanging: threading.Thread | None = None

    def problem(self) -> str:
        """Return why the database cannot be used, or an empty string; within the time to wait."""
        with self._lock:
            if self._hanging is not None and self._hanging.is_alive():
                return "the database has not answered an earlier question yet"
            found: list[str] = []
            self._hanging = thread = threading.Thread(target=_ask, args=(found,), name="database probe", daemon=True)
            thread.start()
            thread.join(self._wait_seconds)
        return found[0] if found else f"the database did not answer within {self._wait_seconds:.0f} s"


def _ask(found: list[str]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            found.append("" if cursor.fetchone() == (1,) else "no answer")
    except (Error, OSError) as error:
        found.append(type(error).__name__)
    finally:
        connections.close_all()
