"""E-mails to people about their accounts, from rows: everybody who asks gets the same answer in the same time.

Only the task that sends an e-mail looks for the account, and a mail server that is down only delays it.
"""

import logging
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db.models import F, QuerySet

from storekit.accounts.invitations import GOOD_FOR, address_of
from storekit.db import clock
from storekit.db.due_rows import claim_by_moment, due_now, enqueue_each, enqueue_on_commit, growing_delay
from storekit.mail import send_mail
from storekit.models import AccountMail, Invitation

logger = logging.getLogger(__name__)

_LEASE = timedelta(minutes=2)
_FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
_TRIED_FOR = timedelta(days=1)
_MOST_PER_SWEEP = 200


def queue_password_reset(*, email: str) -> None:
    """Queue an e-mail with a link to choose a new password, in case an account uses the address."""
    _queue(AccountMail(kind=AccountMail.Kind.PASSWORD_RESET, email=email))


def queue_invitation(*, invitation: Invitation) -> None:
    """Queue the e-mail with the link to accept an invitation. It is not sent once the invitation is withdrawn."""
    _queue(AccountMail(kind=AccountMail.Kind.INVITATION, email=invitation.email, invitation=invitation))


def send(*, mail_id: int) -> str:
    """Send the e-mail if it is due. Safe to call at any time and from any number of processes.

    Returns:
        "sent" (also if there was nobody to send it to), "not due", "retry" or "given up".
    """
    moment = claim_by_moment(_due().filter(pk=mail_id), lease=_LEASE, attempts=F("attempts") + 1)
    if moment is None:
        return "not due"
    row = AccountMail.objects.select_related("invitation__venue").get(pk=mail_id)
    problem = _send_invitation(row, row.invitation) if row.invitation else _send_password_reset(row)
    if not problem:
        row.delete()
        return "sent"
    retry_at = clock.now() + growing_delay(failures=row.attempts, first=_FIRST_DELAY, longest=LONGEST_DELAY)
    if retry_at > row.created_at + _TRIED_FOR:
        logger.error("%s was not sent for a day: %s", row, problem)
        row.delete()
        return "given up"
    AccountMail.objects.filter(pk=row.pk, next_attempt_at=moment).update(next_attempt_at=retry_at)
    return "retry"


def enqueue_due() -> int:
    """Queue the e-mails that are due; return how many were queued."""
    ids = _due().order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_SWEEP]
    return enqueue_each("storekit.tasks.send_account_mail", list(ids))


def _queue(row: AccountMail) -> None:
    row.next_attempt_at = due_now()
    row.save()
    enqueue_on_commit("storekit.tasks.send_account_mail", row.pk)


def _due() -> QuerySet[AccountMail]:
    return AccountMail.objects.filter(next_attempt_at__lte=clock.now())


def _send_password_reset(row: AccountMail) -> str:
    """Send the link to the person who has the address; return the problem, or an empty text."""
    form = ResetPasswordForm({"email": row.email})
    # allauth's form knows which accounts may be reset with the address.
    form.full_clean()
    problem = ""
    for user in form.users:
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        link = get_adapter().get_reset_password_from_key_url(key)
        problem = send_mail(
            to=row.email, template="emails/password_reset", context={"link": link}, name=f"account-{row.pk}-{user.pk}"
        )
    return problem


def _send_invitation(row: AccountMail, invitation: Invitation) -> str:
    return send_mail(
        to=row.email,
        template="emails/invitation",
        context={"invitation": invitation, "link": address_of(invitation), "days": GOOD_FOR.days},
        name=f"account-{row.pk}",
    )
