"""A guest pays at the table: web server, worker, sandbox POS and sandbox provider, over sockets."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
import requests

from tables.floor_plan import sync_floor_plan
from tables.models import PayAtTable, SandboxCharge, Table
from tests.e2e.conftest import HIGH_STREET, Service
from tests.support.processes import Worker
from tests.support.sandbox import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_guest_pays_a_part_and_the_till_agrees(service: Service, running_worker: Worker) -> None:
    sync_floor_plan(venue=service.venue, started_by="test")
    PayAtTable.objects.create(venue=service.venue, enabled=True, payments_enabled=True)
    items = [{"sku": "FRIES01", "quantity": 3}]
    service.pos.control("checks", businessLocationId=int(HIGH_STREET), tableNumber=7, items=items)
    address = f"{service.url}/api/v1/tables/{Table.objects.get(venue=service.venue, number=7).token}"

    def bills() -> Any:
        return requests.get(address, timeout=30).json().get("bills")

    (bill,) = eventually(bills, seconds=30)
    half = Decimal(bill["totals"]["due"]) / 2
    answer = requests.post(
        f"{address}/bills/{bill['id']}/payments",
        json={"split": {"mode": "shares", "shares": 1, "of": 2}, "tip": "1.00", "card": {"token": "lost_answer"}},
        headers={"Idempotency-Key": str(uuid.uuid4())},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    payment = answer.json()

    def paid() -> bool:
        found = requests.get(f"{address}/payments/{payment['id']}", timeout=30).json()
        assert found["status"] in ("pending", "succeeded"), found
        return bool(found["stage"] == "paid")

    eventually(paid, seconds=30)
    (check,) = (each for each in service.pos.state()["checks"] if each["tableNumber"] == 7)
    (entry,) = check["paymentEntries"]
    assert entry["externalReference"] == f"pay-{uuid.UUID(payment['id']).hex}-1"
    assert Decimal(str(check["paidAmount"])) == Decimal(payment["amount"]) >= half
    assert SandboxCharge.objects.get().captured == Decimal(payment["amount"]) + 1
    left = Decimal(bill["totals"]["due"]) - Decimal(payment["amount"])
    eventually(lambda: Decimal(bills()[0]["totals"]["due"]) == left)
