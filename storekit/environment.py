"""Read settings from the environment, and refuse to start if one is missing or dangerous.

Every refusal is an `ImproperlyConfigured` whose message begins with the variable's name and says what to set.
An empty variable counts as not set.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

_PLACEHOLDERS = ("change-me", "changeme", "django-insecure", "secret", "insecure")


def read_environment(*, base_dir: Path) -> environ.Env:
    """Return the process environment, completed by the file in `ENV_FILE` (default `.env` beside manage.py)."""
    env = environ.Env()
    env_file = Path(env.str("ENV_FILE", default=str(base_dir / ".env")))
    if env_file.is_file():
        environ.Env.read_env(env_file)
    return env


def text(env: environ.Env, name: str, *, default: str) -> str:
    """Return a setting of any text."""
    return str(env.str(name, default="")).strip() or default


def require(env: environ.Env, name: str, *, hint: str) -> str:
    """Return a setting that has no safe default.

    Raises:
        ImproperlyConfigured: if the variable is missing or empty.
    """
    value = text(env, name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def require_secret(env: environ.Env, name: str, *, hint: str) -> str:
    """Return a secret; placeholders from examples are refused too.

    Raises:
        ImproperlyConfigured: if the variable is missing, short, or a placeholder.
    """
    value = require(env, name, hint=hint)
    if len(value) < 32 or value.lower().startswith(_PLACEHOLDERS):
        raise ImproperlyConfigured(f"{name} is a placeholder or shorter than 32 characters. {hint}")
    return value


def require_fernet_keys(env: environ.Env, name: str) -> list[str]:
    """Return the keys of the encrypted columns: the first encrypts, all decrypt.

    Raises:
        ImproperlyConfigured: if there is none, or one of them is not a Fernet key.
    """
    hint = (
        "Create one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'. "
        "Several are separated by commas; the first encrypts, all decrypt."
    )
    keys = [key.strip() for key in require(env, name, hint=hint).split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} contains something that is not a Fernet key. {hint}") from error
    return keys


def one_of(env: environ.Env, name: str, *, choices: tuple[str, ...], default: str) -> str:
    """Return a setting that must be one of `choices`.

    Raises:
        ImproperlyConfigured: if the value is none of `choices`.
    """
    value = text(env, name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use one of: {', '.join(choices)}.")
    return value


def address(env: environ.Env, name: str, *, example: str, schemes: tuple[str, ...], default: str = "") -> str:
    """Return a URL without a trailing slash; empty where that is the default.

    Raises:
        ImproperlyConfigured: if the value does not begin with one of `schemes`, or names nothing after it.
    """
    value = text(env, name, default=default).rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in schemes or not (parts.netloc or parts.path)):
        raise ImproperlyConfigured(f"{name} is not a valid URL. Write it like {example}.")
    return value


def mail_server(env: environ.Env, name: str, *, default: str) -> dict[str, Any]:
    """Return Django's e-mail settings, read from a URL.

    Raises:
        ImproperlyConfigured: if the URL names no way to send mail. The value is not repeated; it holds a password.
    """
    try:
        settings: dict[str, Any] = env.email_url_config(text(env, name, default=default))
    except ImproperlyConfigured as error:
        raise ImproperlyConfigured(
            f"{name} is not the URL of a mail server. Write it like smtp+tls://user:password@mail.example.com:587."
        ) from error
    return settings


def whole_number(env: environ.Env, name: str, *, default: int, least: int = 0) -> int:
    """Return a whole number of at least `least`.

    Raises:
        ImproperlyConfigured: if the value is not a whole number, or below `least`.
    """
    value = text(env, name, default=str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use a whole number, such as {default}.")
    return int(value)
