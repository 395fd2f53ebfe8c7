"""Staff log in by e-mail address and password; sign-up is closed; forgotten passwords are reset by e-mail."""

import re
import smtplib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from storekit.models import AccountMail, User
from storekit.tasks import send_account_mail, sweep_account_mails
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


def log_in(client: Client, email: str = "anna@copper-pot.example", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def send_mails() -> list[str]:
    """Do the worker's part for every e-mail that waits."""
    return [send_account_mail(pk) for pk in AccountMail.objects.order_by("pk").values_list("pk", flat=True)]


def test_the_root_address_redirects_to_the_back_office(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/admin/"


def test_log_in_returns_to_the_requested_page(client: Client, anna: User) -> None:
    login_page = client.get("/admin/storekit/venue/", follow=True)

    address, _ = login_page.redirect_chain[-1]
    assert address == "/accounts/login/?next=/admin/storekit/venue/"
    assert b'value="/admin/storekit/venue/"' in login_page.content
    assert log_in(client, next="/admin/storekit/venue/").headers["Location"] == "/admin/storekit/venue/"
    assert client.get("/admin/storekit/venue/").status_code == 200


def test_the_e_mail_address_may_be_in_capitals(client: Client, anna: User) -> None:
    assert log_in(client, email="Anna@Copper-Pot.example").headers["Location"] == "/admin/"


def test_log_in_never_redirects_to_another_site(client: Client, anna: User) -> None:
    assert log_in(client, next="https://evil.example/").headers["Location"] == "/admin/"


def test_a_wrong_password_and_an_unknown_address_look_the_same(client: Client, anna: User) -> None:
    wrong = log_in(client, password="wrong").content
    unknown = log_in(client, email="who@nowhere.example").content

    def said(page: bytes) -> list[bytes]:
        return re.findall(rb'<ul class="errorlist.*?</ul>', page, re.DOTALL)

    assert said(wrong)
    assert said(wrong) == said(unknown)


def test_an_inactive_account_cannot_log_in(client: Client, anna: User) -> None:
    User.objects.update(is_active=False)

    log_in(client)

    assert client.get("/admin/").status_code == 302


def test_after_five_wrong_passwords_even_the_right_one_must_wait(client: Client, anna: User) -> None:
    for _ in range(5):
        log_in(client, password="wrong")

    answer = log_in(client)

    assert answer.status_code == 200
    assert b"Too many failed" in answer.content


def test_a_user_without_venues_gets_an_explanation_rather_than_a_redirect_loop(client: Client) -> None:
    client.force_login(factories.UserFactory(email="new@example.com"))

    page = client.get("/admin/", follow=True)

    assert page.status_code == 403
    assert b"new@example.com" in page.content
    assert b"Log in as someone else" in page.content


def test_sign_up_is_closed(client: Client) -> None:
    assert b"Sign-up is by invitation" in client.get("/accounts/signup/").content

    client.post("/accounts/signup/", {"email": "me@example.com", "password1": "long enough 123"})

    assert not User.objects.exists()


def test_staff_cannot_change_their_own_e_mail_address(annas_browser: Client) -> None:
    assert annas_browser.get("/accounts/email/").status_code == 404


def test_logging_out_needs_a_post_and_ends_the_session(annas_browser: Client) -> None:
    assert annas_browser.get("/admin/logout/").status_code == 405

    assert annas_browser.post("/admin/logout/").headers["Location"] == "/accounts/login/"
    assert annas_browser.get("/admin/").status_code == 302


def test_a_forgotten_password_is_reset_by_e_mail(client: Client, anna: User, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://storekit.example"
    client.post("/accounts/password/reset/", {"email": "anna@copper-pot.example"}, headers={"host": "localhost"})
    send_mails()

    (message,) = mail.outbox
    assert message.to == ["anna@copper-pot.example"]
    assert message.subject == "[storekit] Choose a new password"
    (path,) = re.findall(r"https://storekit\.example(/\S+)", str(message.body))
    form = client.get(path, follow=True)
    form_address, _ = form.redirect_chain[-1]
    client.post(form_address, {"password1": "a brand new secret", "password2": "a brand new secret"})
    assert log_in(client, password="a brand new secret").headers["Location"] == "/admin/"
    assert b"no longer works" in Client().get(path, follow=True).content


def test_an_unknown_address_gets_the_same_answer_and_no_e_mail(client: Client, anna: User) -> None:
    known = client.post("/accounts/password/reset/", {"email": "anna@copper-pot.example"})
    unknown = client.post("/accounts/password/reset/", {"email": "who@nowhere.example"})
    send_mails()

    assert unknown.headers["Location"] == known.headers["Location"]
    assert [message.to for message in mail.outbox] == [["anna@copper-pot.example"]]


def test_nothing_in_the_request_depends_on_the_account(client: Client, anna: User) -> None:
    """Not one query differs, so neither does the time. Measured before: 306 ms for a known address, 31 for another."""

    def statements(email: str) -> list[str]:
        with CaptureQueriesContext(database) as captured:
            client.post("/accounts/password/reset/", {"email": email})
        return [re.split(r" VALUES| WHERE| SET|_x\d", query["sql"])[0] for query in captured.captured_queries]

    statements("warm@nowhere.example")
    known, unknown = statements("anna@copper-pot.example"), statements("whoe@nowhere.example")

    assert known == unknown
    assert not any("storekit_user" in statement for statement in known)
    assert mail.outbox == []


class DeadServer(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("no mail server")


def test_a_mail_server_that_is_down_changes_no_answer_and_delays_the_e_mail(
    client: Client, anna: User, settings: Settings
) -> None:
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DeadServer"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        answers = [
            client.post("/accounts/password/reset/", {"email": email})
            for email in ("anna@copper-pot.example", "who@nowhere.example")
        ]
        assert [(answer.status_code, answer.headers["Location"]) for answer in answers] == [
            (302, "/accounts/password/reset/done/")
        ] * 2
        assert send_mails() == ["retry", "sent"]

        settings.EMAIL_BACKEND = working
        assert send_mails() == ["not due"]
        clock.shift(timedelta(seconds=31))
        assert sweep_account_mails() == "1 to send"
        assert send_mails() == ["sent"]

    assert [message.to for message in mail.outbox] == [["anna@copper-pot.example"]]
    assert not AccountMail.objects.exists()


def test_an_e_mail_that_cannot_be_sent_for_a_day_is_given_up(client: Client, anna: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadServer"
    client.post("/accounts/password/reset/", {"email": "anna@copper-pot.example"})

    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert send_mails() == ["given up"]

    assert not AccountMail.objects.exists()


def test_changing_the_password_needs_the_old_one(annas_browser: Client, anna: User) -> None:
    assert annas_browser.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"
    new = {"password1": "a brand new secret", "password2": "a brand new secret"}

    annas_browser.post("/accounts/password/change/", {"oldpassword": "wrong", **new})
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)

    annas_browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    anna.refresh_from_db()
    assert anna.check_password("a brand new secret")
