"""Missing or dangerous settings stop the start, and one variable moves the cache and the queue."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "ENV_FILE": os.devnull,
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "storekit.settings",
    "SECRET_KEY": "wGZk0T9pLr3vQn7sXy2bJm6cHd8fKa4eUi1oPz5tRb8qMv3nWe7y",
    "FIELD_ENCRYPTION_KEYS": "c3RvcmVraXQtdGVzdC1rZXktMzItYnl0ZXMtbG9uZyE=",
}


def start(*arguments: str, drop: str = "", **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in {**GOOD, **changes}.items() if name != drop}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def setting(expression: str, **changes: str) -> str:
    script = f"from django.conf import settings; print({expression})"
    started = start("-c", script, **changes)
    assert started.returncode == 0, started.stderr
    return started.stdout.strip()


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_a_missing_secret_stops_the_start_and_is_named(name: str) -> None:
    started = start("manage.py", "check", drop=name)

    assert started.returncode != 0
    assert f"{name} is not set. Create one with: python -c" in started.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", "change-me-change-me-change-me-change-me-change-me", "SECRET_KEY is a placeholder or shorter"),
        ("SECRET_KEY", "short", "SECRET_KEY is a placeholder or shorter than 32 characters."),
        ("FIELD_ENCRYPTION_KEYS", "change-me", "FIELD_ENCRYPTION_KEYS contains something that is not a Fernet key."),
        ("LIGHTSPEED_ENVIRONMENT", "live", "LIGHTSPEED_ENVIRONMENT is 'live'. Use one of: production, trial, sandbox."),
        ("DATABASE_URL", "storekit.sqlite3", "DATABASE_URL is not a database that storekit supports. Use"),
        ("DATABASE_URL", "mysql://h/d", "DATABASE_URL is not a database that storekit supports. Use"),
        ("PUBLIC_URL", "orders.example", "PUBLIC_URL is not a valid URL. Write it like https://"),
        ("REDIS_URL", "localhost", "REDIS_URL is not a valid URL. Write it like redis://"),
        ("EMAIL_URL", "mail.example", "EMAIL_URL is not the URL of a mail server. Write it like smtp+tls://"),
        ("LOG_LEVEL", "chatty", "LOG_LEVEL is 'chatty'. Use one of: DEBUG, INFO, WARNING, ERROR, CRITICAL."),
        ("WORKERS", "0", "WORKERS is '0'. Use a whole number, such as 2."),
        ("WORKERS", "two", "WORKERS is 'two'. Use a whole number, such as 2."),
        ("DEBUG", "maybe", "DEBUG is 'maybe'. Use on or off."),
        ("DATABASE_URL", "postgres://me:a#b@h/d", "DATABASE_URL is not a database that storekit supports. Use"),
        ("EMAIL_URL", "smtp+tls://me:a/b@h:587", "EMAIL_URL is not the URL of a mail server. Write it like"),
        ("REDIS_URL", "redis://:a?b@h:6379/0", "REDIS_URL is not a valid URL. Write it like redis://"),
        ("LIGHTSPEED_API_URL", "api.example", "LIGHTSPEED_API_URL is not a valid URL. Write it like http"),
        ("LIGHTSPEED_AUTH_URL", "auth.example", "LIGHTSPEED_AUTH_URL is not a valid URL. Write it like http"),
        ("LIGHTSPEED_TOKEN_URL", "token.example", "LIGHTSPEED_TOKEN_URL is not a valid URL. Write it like http"),
        ("NUM_PROXIES", "-1", "NUM_PROXIES is '-1'. Use a whole number, such as 0."),
    ],
)
def test_a_placeholder_or_an_invalid_value_stops_the_start(name: str, value: str, said: str) -> None:
    started = start("manage.py", "check", **{name: value})

    assert started.returncode != 0
    assert said in started.stderr


def test_an_empty_variable_counts_as_not_set() -> None:
    names = [
        "PUBLIC_URL",
        "ALLOWED_HOSTS",
        "REDIS_URL",
        "LIGHTSPEED_ENVIRONMENT",
        "LIGHTSPEED_API_URL",
        "LIGHTSPEED_AUTH_URL",
        "LIGHTSPEED_TOKEN_URL",
        "LIGHTSPEED_CLIENT_ID",
        "LIGHTSPEED_CLIENT_SECRET",
        "DEFAULT_FROM_EMAIL",
        "NUM_PROXIES",
    ]
    values = "[" + ", ".join(f"settings.{name}" for name in names) + "]"
    others = "settings.DATABASES['default']['NAME'], settings.Q_CLUSTER['workers'], settings.LOGGING['root']['level']"
    shown = f"{values}, {others}, settings.EMAIL_BACKEND, settings.MEDIA_ROOT"
    empty = dict.fromkeys([*names, "DATABASE_URL", "WORKERS", "LOG_LEVEL", "EMAIL_URL", "MEDIA_ROOT", "DEBUG"], "")

    assert setting(shown, **empty) == setting(shown)


def test_however_many_workers_there_are_one_call_to_the_pos_is_left_for_orders() -> None:
    assert setting("settings.POS_CALLS_PER_PROCESS", WORKERS="6") == setting("2")


def test_the_example_names_every_variable_that_is_read() -> None:
    code = (ROOT / "storekit" / "settings.py").read_text() + (ROOT / "storekit" / "environment.py").read_text()
    read = set(re.findall(r'env(?:\.\w+\(|, )"([A-Z_]+)"', code))
    listed = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert {"SECRET_KEY", "DATABASE_URL", "WORKERS"} <= read
    assert listed == read - {"ENV_FILE"}


@pytest.mark.parametrize("environment", ["trial", "production"])
@pytest.mark.parametrize("name", ["LIGHTSPEED_CLIENT_ID", "LIGHTSPEED_CLIENT_SECRET"])
def test_a_real_lightspeed_needs_its_own_client(environment: str, name: str) -> None:
    client = {"LIGHTSPEED_CLIENT_ID": "client", "LIGHTSPEED_CLIENT_SECRET": "secret"}

    started = start("manage.py", "check", drop=name, LIGHTSPEED_ENVIRONMENT=environment, **client)

    assert started.returncode != 0
    assert f"{name} is not set. Lightspeed issues it for the {environment} environment" in started.stderr


def test_the_settings_of_a_public_host_pass_djangos_deployment_checks() -> None:
    started = start(
        "manage.py",
        "check",
        "--deploy",
        "--tag",
        "security",
        "--fail-level",
        "WARNING",
        PUBLIC_URL="https://orders.example",
        ALLOWED_HOSTS="orders.example",
        LIGHTSPEED_ENVIRONMENT="production",
        LIGHTSPEED_CLIENT_ID="client",
        LIGHTSPEED_CLIENT_SECRET="secret",
    )

    assert started.returncode == 0, started.stderr


def test_without_a_mail_server_a_real_venue_gets_a_warning_and_no_printed_mail() -> None:
    real = {"LIGHTSPEED_ENVIRONMENT": "trial", "LIGHTSPEED_CLIENT_ID": "client", "LIGHTSPEED_CLIENT_SECRET": "secret"}

    warned = start("manage.py", "check", drop="EMAIL_URL", **real)

    assert "(storekit.W001) EMAIL_URL is not set: no e-mail is sent" in warned.stderr
    assert setting("settings.EMAIL_BACKEND", EMAIL_URL="", **real).endswith("dummy.EmailBackend")


def test_hosts_are_stripped_and_a_secret_may_begin_with_a_dollar() -> None:
    shown = "settings.ALLOWED_HOSTS, settings.LIGHTSPEED_CLIENT_SECRET"

    assert setting(shown, ALLOWED_HOSTS="a.example, b.example", LIGHTSPEED_CLIENT_SECRET="$ecret") == (
        "['a.example', 'b.example'] $ecret"
    )


def test_https_turns_on_hsts_and_secure_cookies() -> None:
    names = "settings.SECURE_HSTS_SECONDS > 0, settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE"

    assert setting(names, PUBLIC_URL="https://orders.example") == "True True True"
    assert setting(names) == "False False False"


def test_by_default_cache_and_queue_live_in_sqlite() -> None:
    where = "settings.DATABASES['default']['ENGINE'], settings.CACHES['default']['BACKEND'], settings.Q_CLUSTER['orm']"

    assert setting(where) == "django.db.backends.sqlite3 django.core.cache.backends.db.DatabaseCache default"


def test_redis_url_moves_cache_and_queue_to_redis() -> None:
    where = "settings.CACHES['default']['LOCATION'], settings.Q_CLUSTER['redis'], 'orm' in settings.Q_CLUSTER"

    assert setting(where, REDIS_URL="redis://127.0.0.1:6379/3") == (
        "redis://127.0.0.1:6379/3 redis://127.0.0.1:6379/3 False"
    )


def test_database_url_moves_everything_to_postgresql() -> None:
    where = "settings.DATABASES['default']['ENGINE'], settings.DATABASES['default']['HOST']"

    assert setting(where, DATABASE_URL="postgres://me:secret@db.example/storekit") == (
        "django.db.backends.postgresql db.example"
    )
