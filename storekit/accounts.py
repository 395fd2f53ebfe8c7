"""How people log in: by e-mail address, and nobody signs up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAccountAdapter(DefaultAccountAdapter):
    """Closed to sign-ups: managers are added by whoever runs storekit."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
