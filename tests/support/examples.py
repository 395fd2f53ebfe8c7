"""How many examples the property-based tests try: few in every run, many when asked for."""

import os

_TIMES = int(os.environ.get("STOREKIT_TEST_EXAMPLES", "1"))


def examples(number: int) -> int:
    """Return that number times `STOREKIT_TEST_EXAMPLES`, for `hypothesis.settings(max_examples=…)`."""
    return number * _TIMES
