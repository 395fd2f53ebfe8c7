"""Invite people to a venue, whether or not they have an account."""

from django.db import transaction
from django.utils import timezone

from storekit.accounts.mails import queue_invitation
from storekit.models import Invitation, User, Venue


@transaction.atomic
def invite(*, venue: Venue, email: str, role: str, invited_by: User) -> Invitation:
    """Invite the address and queue the e-mail. Inviting it again sends a new link in place of the earlier one."""
    invitation, _ = Invitation.objects.update_or_create(
        venue=venue,
        email=email.lower(),
        defaults={"role": role, "invited_by": invited_by, "created_at": timezone.now()},
    )
    queue_invitation(invitation=invitation)
    return invitation
