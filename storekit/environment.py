"""Reads the environment, and refuses to start on a setting that is missing or dangerous.

Every refusal is an `ImproperlyConfigured` whose sentence begins with the variable's name and says what to put there.
An empty variable counts as one that is not there.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

_PLACEHOLDERS = ("change-me", "changeme", "django-insecure", "secret", "insecure")


def read_environment(*, base_dir: Path) -> environ.Env:
    """The process environment, completed by the file that `ENV_FILE` names (default `.env` beside manage.py)."""
    env = environ.Env()
    env_file = Path(env.str("ENV_FILE", default=str(base_dir / ".env")))
    if env_file.is_file():
        environ.Env.read_env(env_file)
    return env


def text(env: environ.Env, name: str, *, default: str) -> str:
    """A setting that may be anything."""
    return str(env.str(name, default="")).strip() or default


def require(env: environ.Env, name: str, *, hint: str) -> str:
    """A value that has no safe default.

    Raises:
        ImproperlyConfigured: when the variable is missing or empty.
    """
    value = text(env, name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def require_secret(env: environ.Env, name: str, *, hint: str) -> str:
    """A secret; placeholders from examples are refused too.

    Raises:
        ImproperlyConfigured: when the variable is missing, short, or a placeholder.
    """
    value = require(env, name, hint=hint)
    if len(value) < 32 or value.lower().startswith(_PLACEHOLDERS):
        raise ImproperlyConfigured(f"{name} is a placeholder or shorter than 32 characters. {hint}")
    return value


def require_fernet_keys(env: environ.Env, name: str) -> list[str]:
    """The keys of the encrypted columns: the first encrypts, all decrypt.

    Raises:
        ImproperlyConfigured: when there is none, or one of them is not a Fernet key.
    """
    hint = (
        "Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'. "
        "Several are separated by commas; the first encrypts, all decrypt."
    )
    keys = [key.strip() for key in require(env, name, hint=hint).split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} holds something that is not a Fernet key. {hint}") from error
    return keys


def one_of(env: environ.Env, name: str, *, choices: tuple[str, ...], default: str) -> str:
    """A setting with a fixed set of values.

    Raises:
        ImproperlyConfigured: when the value is none of `choices`.
    """
    value = text(env, name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use one of: {', '.join(choices)}.")
    return value


def address(env: environ.Env, name: str, *, example: str, schemes: tuple[str, ...], default: str = "") -> str:
    """A URL without a slash at its end; empty where that is the default.

    Raises:
        ImproperlyConfigured: when the value does not begin with one of `schemes`, or names nothing after it.
    """
    value = text(env, name, default=default).rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in schemes or not (parts.netloc or parts.path)):
        raise ImproperlyConfigured(f"{name} is no address that storekit can use. Write it as in {example}.")
    return value


def mail_server(env: environ.Env, name: str, *, default: str) -> dict[str, Any]:
    """Django's e-mail settings from a URL.

    Raises:
        ImproperlyConfigured: when the URL names no way to send mail. The value is not repeated; it holds a password.
    """
    try:
        settings: dict[str, Any] = env.email_url_config(text(env, name, default=default))
    except ImproperlyConfigured as error:
        raise ImproperlyConfigured(
            f"{name} names no mail server. Write it as in smtp+tls://user:password@mail.example.com:587."
        ) from error
    return settings


def whole_number(env: environ.Env, name: str, *, default: int, least: int = 0) -> int:
    """A setting that counts something.

    Raises:
        ImproperlyConfigured: when the value is not a whole number, or below `least`.
    """
    value = text(env, name, default=str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use a whole number, such as {default}.")
    return int(value)
