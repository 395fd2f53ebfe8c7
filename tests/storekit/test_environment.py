"""Values from the environment are taken as they are written, or refused with a sentence that repeats no secret."""

import smtplib
import socket
import threading
from pathlib import Path
from typing import Any

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from pytest_django import Settings

from storekit import environment

SECRET = "hunter"


def env(**variables: str) -> environ.Env:
    made = environ.Env()
    made.ENVIRON = variables
    return made


def mail(url: str) -> dict[str, Any]:
    return environment.mail_server(env(EMAIL_URL=url), "EMAIL_URL", default="dummymail://")


def database(url: str) -> dict[str, Any]:
    return environment.database(env(DATABASE_URL=url), "DATABASE_URL", default="sqlite:///storekit.sqlite3")


def redis(url: str) -> str:
    return environment.address(
        env(REDIS_URL=url), "REDIS_URL", schemes=("redis", "rediss", "unix"), example="redis://h"
    )


def web(url: str) -> str:
    return environment.address(env(PUBLIC_URL=url), "PUBLIC_URL", schemes=("http", "https"), example="https://h")


READERS = {"EMAIL_URL": mail, "DATABASE_URL": database, "REDIS_URL": redis, "PUBLIC_URL": web}
AMBIGUOUS = ["hunter#2", "hunter/2", "hunter?2", "12#hunter", "12/hunter", "12?hunter", "#hunter", "/hunter", "[hunter"]
PLAIN = ["$hunter", "hu$nter", "$$", "hunter@2", "hunter:2", "hunter+2", "hunter 2", "100%"]
URLS = {
    "EMAIL_URL": "smtp+tls://anna:{}@mail.example.com:587",
    "DATABASE_URL": "postgres://anna:{}@db.example.com:5432/storekit",
    "REDIS_URL": "redis://anna:{}@cache.example.com:6379/0",
    "PUBLIC_URL": "https://anna:{}@orders.example.com",
}


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    "password",
    ["hunter#2", "hunter/2", "hunter?2", "12#hunter", "12/hunter", "12?hunter", "#hunter", "/hunter", "[hunter"],
)
def test_a_password_that_needs_encoding_is_refused_without_repeating_it(name: str, password: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        READERS[name](URLS[name].format(password))

    said = str(refused.value)
    assert said.startswith(f"{name} is not ")
    assert "Percent-encode special characters in names and passwords, such as # as %23" in said
    error: BaseException | None = refused.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("written", ["hunter%232", "hunter%2F2", "hunter%3F2", "hunter%402", "hunter%252"])
def test_a_password_that_is_percent_encoded_is_read(written: str) -> None:
    meant = written.replace("%23", "#").replace("%2F", "/").replace("%3F", "?").replace("%40", "@").replace("%25", "%")

    assert mail(URLS["EMAIL_URL"].format(written))["EMAIL_HOST_PASSWORD"] == meant
    found = database(URLS["DATABASE_URL"].format(written))
    assert (found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        meant,
        "db.example.com",
        5432,
        "storekit",
    )


@pytest.mark.parametrize(
    "password", ["$hunter", "hu$nter", "$$", "hunter@2", "hunter:2", "hunter+2", "hunter 2", "100%"]
)
def test_any_other_password_is_read_as_it_is(password: str) -> None:
    assert mail(URLS["EMAIL_URL"].format(password))["EMAIL_HOST_PASSWORD"] == password
    assert database(URLS["DATABASE_URL"].format(password))["PASSWORD"] == password
    assert redis(URLS["REDIS_URL"].format(password)) == URLS["REDIS_URL"].format(password)


def test_a_value_that_begins_with_a_dollar_is_that_value() -> None:
    secret = "$ecret-" + "x" * 40
    given = env(SECRET_KEY=secret, NAME="$OTHER", OTHER="else", CHOICE="$OTHER", HOSTS="$a.example,b.example")

    assert environment.require_secret(given, "SECRET_KEY", hint="") == secret
    assert environment.text(given, "NAME", default="the default") == "$OTHER"
    assert environment.values(given, "HOSTS") == ["$a.example", "b.example"]
    with pytest.raises(ImproperlyConfigured, match=r"CHOICE is '\$OTHER'"):
        environment.one_of(given, "CHOICE", choices=("else",), default="else")


@pytest.mark.parametrize(
    ("scheme", "port", "tls", "ssl"),
    [
        ("smtp", 25, False, False),
        ("smtp+tls", 587, True, False),
        ("smtps", 465, False, True),
        ("smtp+ssl", 465, False, True),
    ],
)
def test_the_scheme_of_a_mail_server_says_how_it_is_encrypted(scheme: str, port: int, tls: bool, ssl: bool) -> None:
    found = mail(f"{scheme}://anna:secret@mail.example.com")

    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (port, tls, ssl)
    assert (found["EMAIL_HOST"], found["EMAIL_HOST_USER"]) == ("mail.example.com", "anna")
    assert mail(f"{scheme}://mail.example.com:2525")["EMAIL_PORT"] == 2525


def test_smtps_begins_with_tls_on_the_wire(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list[bytes] = []

        def listen() -> None:
            client, _ = server.accept()
            with client:
                heard.append(client.recv(3))

        listener = threading.Thread(target=listen)
        listener.start()
        for name, value in mail(f"smtps://127.0.0.1:{server.getsockname()[1]}").items():
            setattr(settings, name, value)
        with pytest.raises((OSError, smtplib.SMTPException)):
            EmailMessage("subject", "body", to=["anna@example.com"], connection=get_connection()).send()
        listener.join(timeout=10)

    assert heard[0][:2] == b"\x16\x03", "not a TLS client hello"


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("filemail:///var/mail", "/var/mail"),
        ("filemail:////var/mail/", "/var/mail"),
        ("filemail:///srv/a+b%20c", "/srv/a+b c"),
    ],
)
def test_the_folder_of_filemail_is_absolute(url: str, folder: str) -> None:
    assert mail(url)["EMAIL_FILE_PATH"] == folder
    assert mail(url)["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"


@pytest.mark.parametrize(
    "url",
    [
        "filemail:var/mail",
        "filemail://var/mail",
        "filemail://",
        "filemail:///",
        "smtp://",
        "smtp://:25",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com:25?EMAIL_USE_TLS=True",
        "smtp://a.example,b.example",
        "consolemail://mail.example.com",
        "imap://mail.example.com",
        "mail.example.com",
    ],
)
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"EMAIL_URL is not the URL of a mail server\. Write"):
        mail(url)


@pytest.mark.parametrize("kind", ["consolemail", "dummymail", "memorymail"])
def test_mail_without_a_server_needs_nothing_but_its_name(kind: str) -> None:
    assert mail(f"{kind}://")["EMAIL_BACKEND"].startswith("django.core.mail.backends.")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///storekit.sqlite3", "storekit.sqlite3"),
        ("sqlite:////srv/a+b.sqlite3", "/srv/a+b.sqlite3"),
        ("sqlite:///data/a%20b@c.sqlite3", "data/a b@c.sqlite3"),
        ("postgres://anna:secret@db.example.com/a+b%20c", "a+b c"),
    ],
)
def test_the_database_is_the_one_that_is_written(url: str, name: str) -> None:
    assert database(url)["NAME"] == name


def test_a_database_may_have_several_hosts_a_socket_and_options() -> None:
    several = database("postgres://anna:secret@a.example:5432,b.example:5433/storekit?target_session_attrs=primary")
    socket_in_a_folder = database("postgres://anna:secret@%2Frun%2Fpostgresql/storekit")

    assert (several["HOST"], several["PORT"]) == ("a.example,b.example", "5432,5433")
    assert several["OPTIONS"] == {"target_session_attrs": "primary"}
    assert socket_in_a_folder["NAME"] == "storekit"


@pytest.mark.parametrize(
    "url", ["sqlite://storekit.sqlite3", "sqlite:///", "sqlite://:memory:", "postgres://h", "mysql://h/d"]
)
def test_what_is_no_supported_database_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"DATABASE_URL is not a database that storekit supports"):
        database(url)


@pytest.mark.parametrize(
    ("written", "meant"),
    [(word, True) for word in ("on", "true", "True", "YES", "y", "1", " on ")]
    + [(word, False) for word in ("off", "false", "FALSE", "no", "n", "0", "")],
)
def test_a_flag_is_on_or_off(written: str, meant: bool) -> None:
    assert environment.flag(env(DEBUG=written), "DEBUG", default=False) is meant


@pytest.mark.parametrize("written", ["maybe", "2", "tru", "on # for now", "$DEBUG"])
def test_a_flag_that_is_neither_on_nor_off_is_refused(written: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"DEBUG is '.*'\. Use on or off\."):
        environment.flag(env(DEBUG=written), "DEBUG", default=False)


def test_the_values_of_a_list_are_stripped() -> None:
    assert environment.values(env(HOSTS=" a.example, b.example ,,c.example,"), "HOSTS") == [
        "a.example",
        "b.example",
        "c.example",
    ]
    assert environment.values(env(HOSTS=" , "), "HOSTS") == []


def test_keys_are_stripped_and_an_empty_list_of_them_is_none() -> None:
    key = "c3RvcmVraXQtdGVzdC1rZXktMzItYnl0ZXMtbG9uZyE="

    assert environment.require_fernet_keys(env(KEYS=f" {key} , {key}"), "KEYS") == [key, key]
    with pytest.raises(ImproperlyConfigured, match="KEYS is not set"):
        environment.require_fernet_keys(env(KEYS=" , "), "KEYS")


def test_a_line_of_the_file_that_is_no_setting_is_refused_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "settings.env"
    file.write_text("# a comment\n\n  # another\nexport A_STOREKIT_TEST=1\nSECRET_KEY = hunter2\n")
    monkeypatch.setenv("ENV_FILE", str(file))

    with pytest.raises(ImproperlyConfigured) as refused:
        environment.read_environment(base_dir=tmp_path)

    assert str(refused.value) == (
        f"ENV_FILE: line 5 of {file} is not a setting. Write it like NAME=value, without blanks."
    )
    assert SECRET not in caplog.text
