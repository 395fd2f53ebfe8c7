"""Whether the webhook at the POS is still ours: there, with our address, our location and every setting."""

import logging

from django.utils import timezone

from integrations.connect.service import endpoint_of, pos_for, register_webhook
from integrations.models import Connection
from integrations.pos import PosError

logger = logging.getLogger(__name__)


def check_webhook(*, connection: Connection) -> tuple[str, ...]:
    """Compares the webhook at the POS with what it has to be and registers it again where it differs.

    Returns what was wrong, a sentence each. The check is written down on the connection, and what became of it.

    Raises:
        PosError: it could not be looked at or not be registered.
    """
    problems = pos_for(venue=connection.venue).webhook_problems(endpoint_of(connection=connection))
    row = Connection.objects.filter(pk=connection.pk)
    if problems:
        words = " ".join(problems)
        logger.warning("The webhook of connection %s is registered again: %s", connection.pk, words)
        try:
            register_webhook(connection=connection)
        except PosError as error:
            # Missing from here on, as one that was never registered: that is tried again every few minutes.
            found = f"{words} It could not be put right: {error}"
            row.update(webhook_registered_at=None, webhook_checked_at=timezone.now(), webhook_found=found[:500])
            raise
        row.update(webhook_found=f"{words} It was put right."[:500])
    row.update(webhook_checked_at=timezone.now())
    return problems
