"""E-mails to venues: text and HTML from templates, recognisable when they are sent once more."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from storekit.models import Venue

logger = logging.getLogger(__name__)


def send_to_venue(*, venue: Venue, template: str, context: dict[str, Any], name: str) -> str:
    """Sends the e-mail to the venue's address.

    Args:
        venue: whose address; the templates get it as `venue`.
        template: as in `emails/sync_alert`, which has a text, an HTML page and a subject:
            `emails/sync_alert.txt`, `.html` and `_subject.txt`.
        context: what the templates need beyond that.
        name: what the e-mail is about, as in `sync-run-7`: the same for every attempt, so that an e-mail which went
            out before its process died is recognised.

    Returns why it could not be sent, or nothing: that there is no address, or only the kind of error, because a mail
    server's words may hold addresses.
    """
    if not venue.email:
        # Django sends such a message to nobody and says nothing.
        logger.warning("The e-mail about %s was not sent: the venue has no address", name)
        return "no address"
    context = {**context, "venue": venue}
    try:
        message = EmailMultiAlternatives(
            subject=" ".join(render_to_string(f"{template}_subject.txt", context).split()),
            body=render_to_string(f"{template}.txt", context),
            to=[venue.email],
            headers={"Message-ID": f"<{name}@{urlsplit(settings.PUBLIC_URL).hostname}>"},
        )
        message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("The e-mail about %s was not sent: %s", name, type(error).__name__)
        return type(error).__name__
    return ""
