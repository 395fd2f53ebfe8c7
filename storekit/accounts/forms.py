"""Forms of the log-in pages that differ from allauth's."""

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

from storekit.accounts.mails import queue_password_reset


class QueuedResetPasswordForm(ResetPasswordForm):
    """Asks for a new password by e-mail without looking for the account, so that the answer cannot tell of it."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        email: str = self.cleaned_data["email"]
        queue_password_reset(email=email)
        return email
