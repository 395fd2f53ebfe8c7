"""Invitations to work at a venue. Nobody is added unasked, and a manager does not learn who has an account.

The link in the e-mail proves that its reader has the address. With an account they accept while logged in; without one
they choose a password, which makes it.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from storekit.models import Invitation, Membership, User

GOOD_FOR = timedelta(days=7)
_SALT = "storekit.invitation"


class InvitationGone(Exception):
    """The invitation was accepted or withdrawn, has expired, or never existed."""


def address_of(invitation: Invitation) -> str:
    """Return the address that the invited person opens."""
    token = signing.dumps([invitation.pk, invitation.created_at.timestamp()], salt=_SALT)
    return settings.PUBLIC_URL + reverse("account_invitation", args=[token])


def invitation_of(token: str) -> Invitation:
    """Return the invitation that a link is for.

    Raises:
        InvitationGone: also if the person was invited again since, which makes the earlier link invalid.
    """
    try:
        pk, at = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise InvitationGone from error
    invitation = Invitation.objects.select_related("venue").filter(pk=pk).first()
    if invitation is None or invitation.created_at.timestamp() != at:
        raise InvitationGone
    if invitation.created_at + GOOD_FOR <= timezone.now():
        raise InvitationGone
    return invitation


def account_of(invitation: Invitation) -> User | None:
    """Return the account that uses the invited address."""
    return User.objects.filter(email__iexact=invitation.email).first()


@transaction.atomic
def accept(*, invitation: Invitation, user: User) -> None:
    """Let the person work at the venue. Raises `InvitationGone` if it has been accepted or withdrawn since."""
    if not Invitation.objects.filter(pk=invitation.pk, created_at=invitation.created_at).delete()[0]:
        raise InvitationGone
    Membership.objects.get_or_create(venue=invitation.venue, user=user, defaults={"role": invitation.role})


@transaction.atomic
def accept_with_new_account(*, invitation: Invitation, password: str) -> None:
    """Make the person's account and let them work at the venue. Raises `InvitationGone` as `accept` does."""
    accept(invitation=invitation, user=User.objects.create_user(invitation.email, password))
