from collections.abc import Iterator

import pytest

from tests.sandbox.pos import Pos
from tests.sandbox.process import running_sandbox
from tests.sandbox.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    with running_sandbox() as base_url:
        yield base_url


@pytest.fixture
def stranger(sandbox_url: str) -> Pos:
    """Somebody who has not logged in, at a sandbox that has just opened for the day."""
    pos = Pos(sandbox_url)
    pos.steer("POST", "reset")
    return pos


@pytest.fixture
def pos(stranger: Pos) -> Pos:
    """A caller with tokens and a webhook endpoint."""
    stranger.log_in()
    stranger.register()
    stranger.faults(order_delay=0.01)
    return stranger


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def heard(stranger: Pos, receiver: Receiver) -> Pos:
    """A caller whose notifications arrive at the receiver."""
    stranger.log_in()
    stranger.register(receiver.url)
    stranger.faults(order_delay=0.01)
    return stranger
