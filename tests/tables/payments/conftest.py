"""The Copper Pot's table 7, whose guests can pay."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import responses
import time_machine

from integrations.models import Connection, TokenPair
from storekit.models import Venue
from tables.models import Area, PayAtTable, Table
from tests.tables.payments.tables import NOON, Till, mount


@pytest.fixture
def clock(connection: Connection) -> Iterator[time_machine.Traveller]:
    with responses.mock, time_machine.travel(NOON, tick=False) as traveller:
        TokenPair.objects.update(expires_at=NOON + timedelta(days=30))
        yield traveller


@pytest.fixture
def till(clock: time_machine.Traveller) -> Till:
    made = Till()
    mount(made)
    return made


@pytest.fixture
def table(venue: Venue, till: Till) -> Table:
    PayAtTable.objects.create(venue=venue, enabled=True, payments_enabled=True)
    area = Area.objects.create(venue=venue, pos_id="1", name="Bar")
    return Table.objects.create(venue=venue, area=area, pos_id="7", number=7, name="By the door")
