"""Send e-mails to venues and people, as text and HTML from templates, with an id that a repeated e-mail shares."""

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
    """Send an e-mail to the venue's address; return why it could not be sent, or an empty text.

    The reason is that there is no address, or the type of the error: a mail server's message may contain addresses.

    Args:
        venue: the recipient; templates get it as `venue`.
        template: for instance `emails/sync_alert`, for `emails/sync_alert.txt`, `emails/sync_alert.html` and
            `emails/sync_alert_subject.txt`.
        context: what else the templates need.
        name: what the e-mail is about, such as `sync-run-7`. The same for every attempt, so that mail programs
            recognise a repeat if the process died after sending.
    """
    if not venue.email:
        # Django would send such a message to no one, without an error.
        logger.warning("The e-mail about %s was not sent: the venue has no address", name)
        return "no address"
    context = {**context, "venue": venue}
    return send_mail(to=venue.email, template=template, context=context, name=name, html=True)


def send_mail(*, to: str, template: str, context: dict[str, Any], name: str, html: bool = False) -> str:
    """Send an e-mail to an address; return why it could not be sent, or an empty text. The rest is as above.

    `html` says whether there is a template for an HTML version.
    """
    try:
        message = EmailMultiAlternatives(
            subject=" ".join(render_to_string(f"{template}_subject.txt", context).split()),
            body=render_to_string(f"{template}.txt", context),
            to=[to],
            headers={"Message-ID": f"<{name}@{urlsplit(settings.PUBLIC_URL).hostname}>"},
        )
        if html:
            message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("The e-mail about %s was not sent: %s", name, type(error).__name__)
        return type(error).__name__
    return ""
