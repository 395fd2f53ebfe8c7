"""Notifications as Lightspeed sends them, for the tests of webhooks."""

from typing import Any

from django_q.models import OrmQ

from integrations.models import Connection
from integrations.webhooks.ledger import DRAIN_TASK as DRAIN_TASK


def order_body(connection: Connection, **changes: Any) -> dict[str, Any]:
    body = {
        "type": "ORDER",
        "status": "SUCCESS",
        "thirdPartyReference": "SK-7-1",
        "businessLocationId": int(connection.business_location_id),
        "ikentooAccountIdentifier": "A78094.48",
    }
    return {**body, **changes}


def queued() -> list[tuple[str, int]]:
    return [(row.task["func"], row.task["args"][0]) for row in OrmQ.objects.all()]
