"""Every function that the queue calls by name exists, and `check` reports one that does not."""

import pytest
from django.core.checks import run_checks

from storekit.queue import registry


def errors() -> list[str]:
    return [found.msg for found in run_checks() if found.id == "storekit.E001"]


def test_every_registered_name_resolves() -> None:
    assert errors() == []


@pytest.mark.parametrize("name", ["orders.tasks.gone", "nowhere.tasks.inject", "orders.tasks.__doc__"])
def test_a_name_that_is_not_a_function_is_reported(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(registry.PERIODIC_TASKS, name, 1)
    assert errors() == [f"{name} is registered, but is not a function."]
