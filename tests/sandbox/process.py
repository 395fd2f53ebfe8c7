"""Starts the sandbox POS for a test run."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def running_sandbox() -> Iterator[str]:
    """A sandbox POS on a free port, gone when the block ends; yields its base URL."""
    raise RuntimeError("not built yet")
    yield ""
