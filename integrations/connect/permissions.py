"""Whether the person who connected a venue has the permissions that storekit needs, kept on the connection.

A consent covers a location and still fails for calls that need a permission of the back office (BO-WRITE).
"""

import logging

from integrations.connect.service import pos_for
from integrations.models import Connection
from integrations.pos import PosError, Unauthorised
from storekit.models import Venue

logger = logging.getLogger(__name__)


def check_permissions(*, connection: Connection) -> str:
    """Try what a sync needs; return a sentence about the missing permission, or an empty string.

    A POS that does not answer proves nothing: then the first sync finds out.
    """
    try:
        pos_for(venue=connection.venue).check_permissions()
    except Unauthorised as error:
        record_missing_permission(venue=connection.venue, sentence=str(error))
        return str(error)
    except PosError as error:
        logger.warning("The permissions of connection %s could not be checked: %s", connection.pk, error.code)
        return ""
    record_missing_permission(venue=connection.venue, sentence="")
    return ""


def record_missing_permission(*, venue: Venue, sentence: str) -> None:
    """Store which permission is missing; empty once a menu could be loaded."""
    rows = Connection.objects.filter(venue=venue).exclude(missing_permission=sentence[:500])
    rows.update(missing_permission=sentence[:500])
