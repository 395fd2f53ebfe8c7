"""The page that asks before anything is changed."""

from collections.abc import Sequence
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from storekit.admin_base.site import VenueAdmin


def confirm_page(
    request: HttpRequest,
    page: VenueAdmin,
    title: str,
    *,
    question: str,
    consequence: str | Sequence[str],
    button: str,
    back: str,
    back_label: str = "Cancel",
    danger: bool = False,
    form: Form | None = None,
    hidden: Sequence[tuple[str, Any]] = (),
) -> HttpResponse:
    """Asks `question`, says what follows, in a sentence or a list of them, and posts to the same address.

    `form` is what the person may fill in; `hidden` are fields to post along; `back` is where those go who do not agree.
    """
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.model._meta,
        "question": question,
        "consequences": [consequence] if isinstance(consequence, str) else consequence,
        "button": button,
        "danger": danger,
        "form": form,
        "hidden": hidden,
        "back": back,
        "back_label": back_label,
    }
    return TemplateResponse(request, "admin/confirm.html", context)
