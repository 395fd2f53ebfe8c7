"""Text columns that are encrypted at rest with the keys in `FIELD_ENCRYPTION_KEYS`."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Encrypt text with the first key."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Decrypt a token with whichever key fits.

    Raises:
        ImproperlyConfigured: if none fits, because a key was removed before its secrets were encrypted again.
    """
    try:
        return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "No key in FIELD_ENCRYPTION_KEYS decrypts a stored secret. Add the earlier key after the new one."
        ) from error


class EncryptedTextField(models.TextField):
    """A text column that is encrypted in the database. Empty text stays empty; it cannot be searched by value."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return decrypt(value) if value else value
