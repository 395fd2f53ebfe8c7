"""What the POS warns of in its answers, kept on the connection for the back office."""

import logging
from collections.abc import Sequence

from integrations.models import Connection
from storekit.models import Venue

logger = logging.getLogger(__name__)

_MOST_WARNINGS = 5


def record_pos_warnings(*, venue: Venue, warnings: Sequence[str]) -> None:
    """Store the POS's warnings in place of those of its last complete answer; none clears them."""
    shown = "\n".join(warnings[:_MOST_WARNINGS])[:1000]
    changed = Connection.objects.filter(venue=venue).exclude(pos_warnings=shown).update(pos_warnings=shown)
    if changed and shown:
        logger.warning("The POS of venue %s warns: %s", venue.slug, shown)
