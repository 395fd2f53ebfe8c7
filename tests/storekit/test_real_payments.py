"""The deploy check of who takes guests' money."""

from typing import Any

import pytest
from django.core.checks import registry
from pytest_django import Settings

from storekit.checks import payments_are_real


@pytest.mark.parametrize(
    ("environment", "provider", "key", "found"),
    [
        ("production", "sandbox", "", ["storekit.W003"]),
        ("production", "stripe", "sk_test_1", ["storekit.W003"]),
        ("production", "stripe", "rk_live_1", []),
        ("trial", "sandbox", "", []),
        ("sandbox", "sandbox", "", []),
    ],
)
def test_the_deploy_check_warns_of_payments_without_money_at_real_tills(
    settings: Settings, environment: str, provider: str, key: str, found: list[str]
) -> None:
    settings.LIGHTSPEED_ENVIRONMENT, settings.PAYMENT_PROVIDER = environment, provider
    settings.STRIPE_SECRET_KEY = key
    assert [message.id for message in payments_are_real()] == found


def test_the_check_is_one_of_deployment() -> None:
    checks: list[Any] = registry.registry.get_checks(include_deployment_checks=True)
    assert payments_are_real in checks
    usual: list[Any] = registry.registry.get_checks()
    assert payments_are_real not in usual
