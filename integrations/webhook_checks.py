"""Whether the webhook at the POS is still ours: there, with our address, our location and every setting."""

import logging

from django.utils import timezone

from integrations.connections import endpoint_of, pos_for, register_webhook
from integrations.models import Connection

logger = logging.getLogger(__name__)


def check_webhook(*, connection: Connection) -> tuple[str, ...]:
    """Compares the webhook at the POS with what it has to be and registers it again where it differs.

    Returns what was wrong, a sentence each. The check is written down on the connection.

    Raises:
        PosError: it could not be looked at or not be registered.
    """
    problems = pos_for(venue=connection.venue).webhook_problems(endpoint_of(connection=connection))
    if problems:
        logger.warning("The webhook of connection %s is registered again: %s", connection.pk, " ".join(problems))
        register_webhook(connection=connection)
    found = {"webhook_found": " ".join(problems)[:500]} if problems else {}
    Connection.objects.filter(pk=connection.pk).update(webhook_checked_at=timezone.now(), **found)
    return problems
