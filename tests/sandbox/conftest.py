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
def anonymous(sandbox_url: str) -> Pos:
    """A client without tokens, at a freshly reset sandbox."""
    pos = Pos(sandbox_url)
    pos.control("POST", "reset")
    return pos


@pytest.fixture
def pos(anonymous: Pos) -> Pos:
    """A client with tokens and a webhook endpoint."""
    anonymous.log_in()
    anonymous.register()
    anonymous.faults(order_delay=0.01)
    return anonymous


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def notified(anonymous: Pos, receiver: Receiver) -> Pos:
    """A client whose notifications go to the receiver."""
    anonymous.log_in()
    anonymous.register(receiver.url)
    anonymous.faults(order_delay=0.01)
    return anonymous
