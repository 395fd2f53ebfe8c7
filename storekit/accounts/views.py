"""The page that an invitation's link opens."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from storekit.accounts.invitations import (
    InvitationGone,
    accept,
    accept_with_new_account,
    account_of,
    invitation_of,
)
from storekit.models import Invitation, User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation, and accept it when its person confirms: opening the link alone changes nothing."""
    try:
        found = invitation_of(token)
        user = account_of(found)
        if user is None:
            return _without_account(request, found)
        if not user.is_active:
            raise InvitationGone
        if request.user != user:
            return _page(request, "log_in", found)
        if request.method != "POST":
            return _page(request, "accept", found)
        accept(invitation=found, user=user)
    except InvitationGone:
        return render(request, "account/invitation_gone.html", status=404)
    messages.success(request, f"You now work at {found.venue}.")
    return redirect("admin:index")


def _without_account(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = SetPasswordForm(User(email=found.email), request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "new_account", found, form=form)
    accept_with_new_account(invitation=found, password=form.cleaned_data["new_password1"])
    messages.success(request, "Your account is ready. Log in with your e-mail address and the password you chose.")
    return redirect("account_login")


def _page(request: HttpRequest, step: str, found: Invitation, **context: Any) -> HttpResponse:
    return render(request, "account/invitation.html", {"step": step, "invitation": found, **context})
