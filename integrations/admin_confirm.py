"""The page that asks before anything is changed."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from storekit.admin_site import VenueAdmin


def confirm_page(
    request: HttpRequest,
    page: VenueAdmin,
    title: str,
    *,
    question: str,
    consequence: str,
    button: str,
    back: str,
    danger: bool = False,
    hidden: Sequence[tuple[str, Any]] = (),
) -> HttpResponse:
    """Asks `question`, says what follows, and posts to the same address when the person agrees.

    `hidden` are fields to post along; `back` is where Cancel leads.
    """
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.model._meta,
        "question": question,
        "consequence": consequence,
        "button": button,
        "variant": "danger" if danger else "primary",
        "hidden": hidden,
        "back": back,
    }
    return TemplateResponse(request, "admin/integrations/confirm.html", context)
