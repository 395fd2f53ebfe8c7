"""What the POS warns of in its answers, kept on the connection for the back office."""

import logging
from collections.abc import Sequence

from django.db.models import QuerySet

from integrations.models import Connection
from storekit.models import Venue

logger = logging.getLogger(__name__)

_MOST_WARNINGS = 5


def record_pos_warnings(*, venue: Venue, warnings: Sequence[str]) -> None:
    """Store the POS's warnings in place of those of its last complete answer about stock; none clears them."""
    _record(Connection.objects.filter(venue=venue), "pos_warnings", warnings)


def record_webhook_warnings(*, connection: Connection, warnings: Sequence[str]) -> None:
    """Store the POS's warnings about the webhook in place of its last ones; none clears them.

    Does nothing if another location was linked during the call.
    """
    linked = Connection.objects.filter(pk=connection.pk, business_location_id=connection.business_location_id)
    _record(linked, "webhook_warnings", warnings)


def warnings_of(connection: Connection) -> tuple[str, ...]:
    """Return everything that the POS warns of now, each warning once."""
    lines = [*connection.pos_warnings.splitlines(), *connection.webhook_warnings.splitlines()]
    return tuple(dict.fromkeys(lines))


def _record(connections: QuerySet[Connection], column: str, warnings: Sequence[str]) -> None:
    shown = "\n".join(warnings[:_MOST_WARNINGS])[:1000]
    for connection in connections.exclude(**{column: shown}).select_related("venue"):
        Connection.objects.filter(pk=connection.pk).update(**{column: shown})
        if shown:
            logger.warning("The POS of venue %s warns: %s", connection.venue.slug, shown)
