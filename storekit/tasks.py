"""Periodic tasks of the project itself."""

from functools import partial

from django.utils import timezone

from storekit import retention
from storekit.accounts import mails
from storekit.queue import heartbeat
from storekit.queue.worker_threads import Lane

MAILS = Lane("account mails", threads=2, per_key=2)


def beat() -> None:
    """Write that a worker of this host is running. Queued every ten seconds."""
    heartbeat.beat()


def forget_old_rows() -> str:
    """Delete the rows that are older than they are kept, at night, and the hosts that have had no worker for a day."""
    heartbeat.forget_old_hosts()
    if not retention.is_night(timezone.now()):
        return "by day: nothing deleted"
    deleted = retention.forget_old()
    return ", ".join(f"{what}: {count}" for what, count in deleted.items()) or "nothing to delete"


def send_account_mail(mail_id: int) -> str:
    """Send one e-mail to a person about their account, if it is due."""
    return str(MAILS.hand_over("mails", partial(mails.send, mail_id=mail_id)))


def sweep_account_mails() -> str:
    """Queue every e-mail to a person that is due."""
    return f"{mails.enqueue_due()} to send"
