"""The adapter connected to the sandbox POS, for the tests over real sockets."""

from collections.abc import Iterator

import pytest

from integrations.lightspeed.adapter import LightspeedPos
from integrations.lightspeed.http import LightspeedHttp
from integrations.pos import (
    PointOfSale,
)
from tests.integrations.lightspeed.consent import ENDPOINT, HIGH_STREET, Consent
from tests.support.sandbox import SandboxPos


@pytest.fixture
def consent(sandbox: SandboxPos) -> Iterator[Consent]:
    yield Consent(sandbox)
    sandbox.clear_faults()


@pytest.fixture
def http(sandbox: SandboxPos, consent: Consent) -> LightspeedHttp:
    return LightspeedHttp(sandbox.url, consent)


@pytest.fixture
def pos(http: LightspeedHttp) -> PointOfSale:
    made = LightspeedPos(http=http, business_location_id=HIGH_STREET, endpoint_id=ENDPOINT.id, currency="GBP")
    made.register_webhook(ENDPOINT)
    return made
