"""The till gives checks new identifiers, as the real one does: orders follow theirs until it is paid, over sockets."""

import pytest

from orders.models import Injection
from tables.floor_plan import sync_floor_plan
from tests.e2e.conftest import Service
from tests.support.processes import Worker
from tests.support.sandbox import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def follows_its_check(service: Service, order_id: str) -> bool:
    """Return whether the API shows the order's check under the identifier that it has on the till now."""
    (on_till,) = service.pos.orders_on_the_till()
    found = service.read(order_id)
    return bool(found["pos"]["account"] == on_till["account"] and found["status"] == "confirmed")


def test_an_order_to_a_table_follows_its_check_and_is_completed_when_that_is_closed(
    service: Service, running_worker: Worker
) -> None:
    sync_floor_plan(venue=service.venue, started_by="test")
    service.pos.set_habits(amounts_as_text=True)
    placed = service.place(type="dine_in", table="7", covers=2)
    eventually(service.pos.orders_on_the_till)
    eventually(lambda: follows_its_check(service, placed["id"]), seconds=30)

    (on_till,) = service.pos.orders_on_the_till()
    renamed = service.pos.control(f"checks/{on_till['account']}/rename")["ikaccountId"]
    assert renamed != on_till["account"]
    eventually(lambda: follows_its_check(service, placed["id"]), seconds=30)
    # The uuid and at least the two latest identifiers.
    assert Injection.objects.get().check_identifiers.count() >= 3

    service.pos.control(f"checks/{renamed}/close")
    eventually(lambda: service.read(placed["id"])["status"] == "completed", seconds=30)
