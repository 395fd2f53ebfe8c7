"""gunicorn's settings."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from storekit import gunicorn


@pytest.mark.parametrize(("number", "ended"), [(1, False), (99, False), (100, True), (101, True)])
def test_a_kept_connection_ends_after_a_hundred_requests(number: int, ended: bool) -> None:
    request = SimpleNamespace(req_number=number, force_close=Mock())

    gunicorn.pre_request(None, request)

    assert request.force_close.called == ended
