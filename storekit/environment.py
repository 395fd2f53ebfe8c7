"""Read settings from the environment, and refuse to start if one is missing or dangerous.

Every refusal is an `ImproperlyConfigured` whose message begins with the variable's name and says what to set; it
repeats nothing of a URL or a secret. An empty variable counts as not set. Values are taken as they are: nothing in them
is replaced, whatever they begin with.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

_PLACEHOLDERS = ("change-me", "changeme", "django-insecure", "secret", "insecure")
_ON = ("on", "true", "yes", "y", "1")
_OFF = ("off", "false", "no", "n", "0")
_ENCODE = (
    "Percent-encode special characters in names and passwords, such as # as %23, / as %2F, ? as %3F, @ as %40 and "
    "% as %25."
)
_HOST_AND_PORT = re.compile(r"(?:\[[^\[\]]+\]|[^:\[\]\s]*)(?::(\d{1,5}))?")
_MAX_PORT = 65535
_LINE = re.compile(r"(export )?[A-Za-z_0-9]+=")
_SQLITE, _POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
_MAIL_BACKENDS = {
    "consolemail": "console",
    "dummymail": "dummy",
    "filemail": "filebased",
    "memorymail": "locmem",
    "smtp": "smtp",
    "smtp+tls": "smtp",
    "smtp+ssl": "smtp",
    "smtps": "smtp",
}
# RFC 8314 and RFC 6409: smtps is TLS from the first byte; smtp+tls begins in the clear and changes over (STARTTLS).
_SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "smtps": 465}


def read_environment(*, base_dir: Path) -> environ.Env:
    """Return the process environment, completed by the file in `ENV_FILE` (default `.env` beside manage.py).

    Raises:
        ImproperlyConfigured: if a line of the file is neither `NAME=value` nor a comment.
    """
    env = environ.Env()
    env_file = Path(text(env, "ENV_FILE", default=str(base_dir / ".env")))
    if env_file.is_file():
        for number, line in enumerate(env_file.read_text(encoding="utf-8").splitlines(), start=1):
            # django-environ would write such a line to the log, and it may hold a secret.
            if line.strip() and not line.strip().startswith("#") and not _LINE.match(line):
                raise ImproperlyConfigured(
                    f"ENV_FILE: line {number} of {env_file} is not a setting. Write it like NAME=value, without blanks."
                )
        environ.Env.read_env(env_file)
    return env


def text(env: environ.Env, name: str, *, default: str) -> str:
    """Return a setting of any text, stripped of surrounding blanks."""
    # Not through django-environ: it takes a value that begins with $ for the name of another variable.
    return str(env.ENVIRON.get(name, "")).strip() or default


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
    require(env, name, hint=hint)
    keys = values(env, name)
    if not keys:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    for key in keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} contains something that is not a Fernet key. {hint}") from error
    return keys


def values(env: environ.Env, name: str) -> list[str]:
    """Return a setting that lists values between commas, each without surrounding blanks; empty ones are left out."""
    return [value.strip() for value in text(env, name, default="").split(",") if value.strip()]


def flag(env: environ.Env, name: str, *, default: bool) -> bool:
    """Return a setting that is on or off.

    Raises:
        ImproperlyConfigured: if the value is neither.
    """
    value = text(env, name, default="on" if default else "off")
    if value.lower() not in _ON + _OFF:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use on or off.")
    return value.lower() in _ON


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
    """Return a URL as it is written; empty where that is the default.

    Raises:
        ImproperlyConfigured: if the value is not a URL of one of `schemes`, or names nothing after it.
    """
    value = text(env, name, default=default)
    parts = _parts(value)
    if value and (parts is None or parts.scheme not in schemes or not (parts.netloc or parts.path)):
        raise ImproperlyConfigured(f"{name} is not a valid URL. Write it like {example}. {_ENCODE}")
    return value


def database(env: environ.Env, name: str, *, default: str) -> dict[str, Any]:
    """Return Django's settings of a database, read from a URL: SQLite or PostgreSQL. A SQLite path may be relative.

    Raises:
        ImproperlyConfigured: if the URL names no such database.
    """
    value = text(env, name, default=default)
    parts = _parts(value)
    engine = env.DB_SCHEMES.get(parts.scheme) if parts else None
    if parts is None or not _names_a_database(parts, engine):
        raise ImproperlyConfigured(
            f"{name} is not a database that storekit supports. Use sqlite:///FILE or "
            f"postgres://USER:PASSWORD@HOST:PORT/NAME. {_ENCODE}"
        )
    # django-environ turns + into a blank.
    return {**env.db_url_config(value), "NAME": unquote(parts.path[1:])}


def mail_server(env: environ.Env, name: str, *, default: str) -> dict[str, Any]:
    """Return Django's e-mail settings, read from a URL.

    Raises:
        ImproperlyConfigured: if the URL names no way to send mail.
    """
    # Not through django-environ: with it smtps is STARTTLS, and the path of filemail is relative.
    parts = _parts(text(env, name, default=default))
    if parts is None or not _names_a_mail_server(parts):
        raise ImproperlyConfigured(
            f"{name} is not the URL of a mail server. Write it like smtp+tls://user:password@mail.example.com:587 "
            f"(STARTTLS), smtps://user:password@mail.example.com:465 (TLS from the start) or filemail:///var/mail "
            f"(a folder). {_ENCODE}"
        )
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{_MAIL_BACKENDS[parts.scheme]}.EmailBackend",
        "EMAIL_FILE_PATH": _folder(parts) if parts.scheme == "filemail" else None,
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or _SMTP_PORTS.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme in ("smtps", "smtp+ssl"),
    }


def whole_number(env: environ.Env, name: str, *, default: int, least: int = 0) -> int:
    """Return a whole number of at least `least`.

    Raises:
        ImproperlyConfigured: if the value is not a whole number, or below `least`.
    """
    value = text(env, name, default=str(default))
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}. Use a whole number, such as {default}.")
    return int(value)


def _parts(value: str) -> SplitResult | None:
    """Return the parts of a URL, or None if it is none or could be read in two ways.

    A password with a bare #, / or ? ends the part that names the server, so that the rest of it is taken for a path, a
    query or a fragment. This is seen by a port that is no number, or by the @ that comes later.
    """
    if re.search(r"[\x00-\x1f\x7f#]", value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    hosts = [_HOST_AND_PORT.fullmatch(host) for host in parts.netloc.rpartition("@")[2].split(",")]
    if not parts.scheme or not all(host and int(host[1] or 0) <= _MAX_PORT for host in hosts):
        return None
    return None if parts.netloc and "@" in parts.path + parts.query else parts


def _names_a_database(parts: SplitResult, engine: str | None) -> bool:
    supported = engine == _POSTGRESQL or (engine == _SQLITE and not parts.netloc)
    return supported and bool(parts.path.strip("/"))


def _names_a_mail_server(parts: SplitResult) -> bool:
    if parts.scheme not in _MAIL_BACKENDS or parts.query or "," in parts.netloc.rpartition("@")[2]:
        return False
    if parts.scheme in _SMTP_PORTS:
        return bool(parts.hostname) and not parts.path.strip("/")
    if parts.scheme == "filemail":
        return not parts.netloc and parts.path.startswith("/") and _folder(parts) != "/"
    return not parts.netloc and _folder(parts) == "/"


def _folder(parts: SplitResult) -> str:
    return "/" + unquote(parts.path).strip("/")
