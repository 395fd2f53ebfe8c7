"""Check that the webhook is still registered at the POS with our address, our location and every setting."""

import logging

from integrations.connect.pos_warnings import record_webhook_warnings
from integrations.connect.service import endpoint_of, pos_for, register_webhook
from integrations.models import Connection
from integrations.pos import PosError
from storekit.db import clock

logger = logging.getLogger(__name__)


def check_webhook(*, connection: Connection) -> tuple[str, ...]:
    """Compare the webhook at the POS with what it has to be, and register it again if it differs.

    Returns what was wrong, a sentence each. The check, its outcome and what the POS warns of are recorded on the
    connection.

    Raises:
        PosError: the webhook could not be read or not be registered.
    """
    state = pos_for(venue=connection.venue).webhook_state(endpoint_of(connection=connection))
    record_webhook_warnings(connection=connection, warnings=state.warnings)
    problems = state.problems
    row = Connection.objects.filter(pk=connection.pk)
    if problems:
        sentences = " ".join(problems)
        logger.warning("The webhook of connection %s is registered again: %s", connection.pk, sentences)
        try:
            register_webhook(connection=connection)
        except PosError as error:
            # Counts as missing from now on, so that `refresh_tokens` tries to register it every ten minutes.
            found = f"{sentences} It could not be registered again: {error}"
            row.update(webhook_registered_at=None, webhook_checked_at=clock.now(), webhook_found=found[:500])
            raise
        row.update(webhook_found=f"{sentences} It was registered again."[:500])
    row.update(webhook_checked_at=clock.now())
    return problems
