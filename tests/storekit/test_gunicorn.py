"""gunicorn's settings."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.checks import registry
from gunicorn.util import load_class

from storekit import gunicorn
from storekit.checks import requests_are_collected
from storekit.queue import outage
from storekit.serving.patient_worker import PatientWorker


@pytest.mark.parametrize(("number", "ended"), [(1, False), (99, False), (100, True), (101, True)])
def test_a_kept_connection_ends_after_a_hundred_requests(number: int, ended: bool) -> None:
    request = SimpleNamespace(req_number=number, force_close=Mock())

    gunicorn.pre_request(None, request)

    assert request.force_close.called == ended


def test_requests_are_collected_before_a_thread_gets_them() -> None:
    assert load_class(gunicorn.worker_class) is PatientWorker


@pytest.mark.parametrize(
    ("arguments", "found"),
    [("", []), ("--workers 4 --log-level debug", []), ("-k gthread", ["storekit.W002"])],
)
def test_the_deploy_check_asks_for_a_server_that_collects_requests(
    monkeypatch: pytest.MonkeyPatch, arguments: str, found: list[str]
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
    assert [message.id for message in requests_are_collected()] == found
    checks: list[Any] = registry.registry.get_checks(include_deployment_checks=True)
    assert requests_are_collected in checks


def test_a_web_process_that_does_not_collect_requests_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    start_watch, log = Mock(), Mock()
    monkeypatch.setattr(outage, "start_watch", start_watch)
    gunicorn.post_worker_init(SimpleNamespace(log=log))
    assert log.critical.called
    assert start_watch.called
