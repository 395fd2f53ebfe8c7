"""The task queue in the database: django-q2's, with tasks that every worker may take at once, whatever its clock."""

from datetime import UTC, datetime
from typing import Any

from django_q.brokers.orm import ORM
from django_q.conf import Conf

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class TimelessDatabaseBroker(ORM):
    """django-q2's broker, which hides a new task from workers until their clock passes the queueing host's."""

    def enqueue(self, task: str) -> Any:
        """Store a signed task; return its id."""
        row = self.get_connection().create(key=self.list_key or Conf.CLUSTER_NAME, payload=task, lock=_LONG_AGO)
        return row.pk
