"""gunicorn's settings."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from gunicorn.util import load_class

from storekit import gunicorn
from storekit.serving.patient_worker import PatientWorker


@pytest.mark.parametrize(("number", "ended"), [(1, False), (99, False), (100, True), (101, True)])
def test_a_kept_connection_ends_after_a_hundred_requests(number: int, ended: bool) -> None:
    request = SimpleNamespace(req_number=number, force_close=Mock())

    gunicorn.pre_request(None, request)

    assert request.force_close.called == ended


def test_requests_are_collected_before_a_thread_gets_them() -> None:
    assert load_class(gunicorn.worker_class) is PatientWorker
