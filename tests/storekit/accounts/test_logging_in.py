"""Staff log in by e-mail address and password; sign-up is closed; forgotten passwords are reset by e-mail."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from storekit.models import User
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_earlier_attempts() -> None:
    cache.clear()


def log_in(client: Client, email: str = "anna@copper-pot.example", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


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

    assert unknown.headers["Location"] == known.headers["Location"]
    assert [message.to for message in mail.outbox] == [["anna@copper-pot.example"]]


def test_changing_the_password_needs_the_old_one(annas_browser: Client, anna: User) -> None:
    assert annas_browser.get("/admin/password_change/").headers["Location"] == "/accounts/password/change/"
    new = {"password1": "a brand new secret", "password2": "a brand new secret"}

    annas_browser.post("/accounts/password/change/", {"oldpassword": "wrong", **new})
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)

    annas_browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    anna.refresh_from_db()
    assert anna.check_password("a brand new secret")
