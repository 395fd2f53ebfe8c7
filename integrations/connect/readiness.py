"""Whether the till takes online orders, kept on the connection as the POS tells it and as it says when it is asked."""

import logging

from django.db.models import Q
from django.utils import timezone

from integrations.connect.service import pos_for
from integrations.models import Connection
from integrations.pos import POS_CLOCK_TOLERANCE, Readiness
from storekit.models import Venue

logger = logging.getLogger(__name__)


def apply_readiness(venue: Venue, readiness: Readiness) -> str:
    """Keeps what the POS says, unless something newer is known; returns what became of it in a few words.

    Storefronts see it in their next menu: its entity tag follows from these columns too.
    """
    connection = Connection.objects.filter(venue=venue, status=Connection.Status.CONNECTED).first()
    if connection is None:
        return "not connected"
    before = connection.pos_ready
    now = timezone.now()
    # If the POS's clock is wrong, an update from far in the future must not outrank all that follow.
    at = min(readiness.updated_at or now, now + POS_CLOCK_TOLERANCE)
    rows = Connection.objects.filter(pk=connection.pk, business_location_id=connection.business_location_id)
    if not rows.filter(Q(readiness_at=None) | Q(readiness_at__lte=at)).update(
        pos_ready=readiness.ready, not_ready_reason=readiness.reason[:200], readiness_at=at
    ):
        return "older than what is known"
    if before == readiness.ready:
        return "known already"
    logger.info("The till of connection %s is %s", connection.pk, "ready" if readiness.ready else "not ready")
    return "ready" if readiness.ready else "not ready"


def ask_readiness(*, venue: Venue) -> str:
    """Asks the POS whether it takes online orders, and keeps the answer; what became of it, as above.

    Raises:
        PosError: it could not be asked.
    """
    return apply_readiness(venue, pos_for(venue).readiness())
