"""Whether the POS takes online orders, kept on the connection: from notifications, and by asking the POS."""

import logging

from django.db.models import Q

from integrations.connect.service import pos_for
from integrations.models import Connection
from integrations.pos import POS_CLOCK_TOLERANCE, Readiness
from integrations.subscriptions import announce_ready
from storekit.db import clock
from storekit.models import Venue

logger = logging.getLogger(__name__)


def apply_readiness(venue: Venue, readiness: Readiness) -> str:
    """Store the POS's readiness unless something newer is stored; return the outcome in a few words.

    Storefronts see the change with their next request, because the menu's entity tag depends on these columns.
    """
    connection = Connection.objects.filter(venue=venue, status=Connection.Status.CONNECTED).first()
    if connection is None:
        return "not connected"
    before = connection.pos_ready
    now = clock.now()
    # If the POS's clock is wrong, an update from far in the future must not outrank all that follow.
    at = min(readiness.updated_at or now, now + POS_CLOCK_TOLERANCE)
    rows = Connection.objects.filter(pk=connection.pk, business_location_id=connection.business_location_id)
    if not rows.filter(Q(readiness_at=None) | Q(readiness_at__lte=at)).update(
        pos_ready=readiness.ready, not_ready_reason=readiness.reason[:200], readiness_at=at
    ):
        return "older than what is known"
    if before == readiness.ready:
        return "known already"
    if readiness.ready:
        announce_ready(venue_id=venue.pk)
    logger.info("The till of connection %s is %s", connection.pk, "ready" if readiness.ready else "not ready")
    return "ready" if readiness.ready else "not ready"


def ask_readiness(*, venue: Venue) -> str:
    """Ask the POS whether it takes online orders and store the answer; return the outcome as `apply_readiness` does.

    Raises:
        PosError: the POS could not be asked.
    """
    return apply_readiness(venue, pos_for(venue).readiness())
