"""A page that asks for confirmation before anything is changed."""

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
    """Return a page that asks for confirmation and posts to the same address.

    Args:
        question: the heading.
        consequence: what will happen, as one sentence or several.
        button: the label of the button that confirms.
        back: where the cancel link leads, labelled `back_label`.
        danger: whether the button is shown as destructive.
        form: fields for the user to fill in.
        hidden: further fields to post, as names and values.
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
