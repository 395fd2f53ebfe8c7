"""Managers invite colleagues by address. They accept by e-mail; nothing tells whether an account exists."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from storekit.models import AccountMail, Invitation, Membership, User, Venue
from storekit.tasks import send_account_mail
from tests import factories
from tests.storekit.test_staff_admin import line_of, page_of, roles, venue_form

pytestmark = pytest.mark.django_db

PASSWORD = "a brand new secret"


def invite(browser: Client, manager: User, venue: Venue, email: str, role: str = "staff") -> str:
    """Adds the address on the venue's page; returns what the page says."""
    people = [line_of(manager), {"email": email, "role": role}]
    answer = browser.post(page_of(venue), venue_form(venue, people), follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


def link() -> str:
    """The path of the last e-mail's link."""
    for pk in AccountMail.objects.values_list("pk", flat=True):
        assert send_account_mail(pk) == "sent"
    (path,) = re.findall(r"https?://[^/\s]+(/accounts/invitation/\S+)", str(mail.outbox[-1].body))
    return str(path)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_words_are_the_same_with_an_account_and_without_and_nobody_is_added(
    annas_browser: Client, anna: User, venue: Venue
) -> None:
    factories.UserFactory(email="carl@example.com")

    known = invite(annas_browser, anna, venue, "Carl@Example.com")
    unknown = invite(annas_browser, anna, venue, "who@nowhere.example")

    assert "carl@example.com is invited by e-mail" in known
    assert known.replace("carl@example.com", "who@nowhere.example") == unknown
    assert roles(venue) == {"anna@copper-pot.example": "manager"}
    assert AccountMail.objects.count() == Invitation.objects.count() == 2


def test_a_person_with_an_account_accepts_while_logged_in(annas_browser: Client, anna: User, venue: Venue) -> None:
    carl = factories.UserFactory(email="carl@example.com")
    invite(annas_browser, anna, venue, "carl@example.com", role="manager")
    path = link()
    assert mail.outbox[-1].to == ["carl@example.com"]
    assert mail.outbox[-1].subject == "[storekit] You are invited to The Copper Pot"

    browser = logged_in(carl)
    assert b"Join The Copper Pot" in browser.get(path).content
    assert "carl@example.com" not in roles(venue), "a link that a mail scanner opens adds nobody"
    assert browser.post(path).headers["Location"] == "/admin/"

    assert roles(venue)["carl@example.com"] == "manager"
    assert browser.post(path).status_code == 404
    assert not Invitation.objects.exists()


def test_the_link_alone_does_not_act_for_an_account(
    annas_browser: Client, zoes_browser: Client, anna: User, venue: Venue
) -> None:
    factories.UserFactory(email="carl@example.com")
    invite(annas_browser, anna, venue, "carl@example.com")
    path = link()

    assert b"Log in as carl@example.com" in Client().post(path, {"new_password1": PASSWORD}).content
    assert b"You are logged in as zoe@blue-door.example" in zoes_browser.post(path).content
    assert roles(venue) == {"anna@copper-pot.example": "manager"}


def test_a_person_without_an_account_chooses_a_password_and_has_one(
    annas_browser: Client, anna: User, venue: Venue
) -> None:
    invite(annas_browser, anna, venue, "dora@example.com")
    path, browser = link(), Client()

    assert b"Choose a password" in browser.get(path).content
    assert browser.post(path, {"new_password1": "short", "new_password2": "short"}).status_code == 200
    assert not User.objects.filter(email="dora@example.com").exists()
    answer = browser.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})

    assert answer.headers["Location"] == "/accounts/login/"
    assert User.objects.get(email="dora@example.com").check_password(PASSWORD)
    assert roles(venue)["dora@example.com"] == "staff"
    assert not User.objects.get(email="dora@example.com").is_superuser


def test_an_invitation_lasts_seven_days(annas_browser: Client, anna: User, venue: Venue) -> None:
    invite(annas_browser, anna, venue, "dora@example.com")
    path = link()

    with time_machine.travel(timezone.now() + timedelta(days=7), tick=False):
        assert Client().get(path).status_code == 404


def test_inviting_again_replaces_the_earlier_link(annas_browser: Client, anna: User, venue: Venue) -> None:
    invite(annas_browser, anna, venue, "dora@example.com")
    first = link()
    invite(annas_browser, anna, venue, "dora@example.com", role="manager")

    assert Client().get(first).status_code == 404
    assert Client().get(link()).status_code == 200
    assert Invitation.objects.get().role == Membership.Role.MANAGER


def test_a_manager_withdraws_an_invitation_and_staff_cannot(
    annas_browser: Client, bens_browser: Client, anna: User, venue: Venue
) -> None:
    invite(annas_browser, anna, venue, "dora@example.com")
    path = link()
    delete = f"/admin/storekit/invitation/{Invitation.objects.get().pk}/delete/"

    assert bens_browser.post(delete, {"post": "yes"}).status_code == 403
    assert annas_browser.post(delete, {"post": "yes"}).status_code == 302

    assert Client().get(path).status_code == 404


def test_a_closed_account_cannot_accept(annas_browser: Client, anna: User, venue: Venue) -> None:
    factories.UserFactory(email="carl@example.com", is_active=False)
    invite(annas_browser, anna, venue, "carl@example.com")

    assert Client().get(link()).status_code == 404


@pytest.mark.parametrize("token", ["made-up", "WzEsMF0:1abcde:forged"])
def test_a_forged_link_opens_nothing(client: Client, token: str) -> None:
    assert client.get(f"/accounts/invitation/{token}/").status_code == 404
