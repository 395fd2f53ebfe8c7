"""Venues, their people and everyone's accounts in the back office."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from storekit.models import AccountMail, Membership, User, Venue
from storekit.tasks import send_account_mail
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga_browser() -> Client:
    """Olga runs the installation."""
    client = Client()
    client.force_login(factories.UserFactory(email="olga@storekit.example", is_superuser=True))
    return client


def venue_form(venue: Venue, people: list[dict[str, Any]], **changes: str) -> dict[str, Any]:
    """What the venue's page posts: `people` are the lines of the inline."""
    form: dict[str, Any] = {
        "name": venue.name,
        "slug": venue.slug,
        "email": venue.email,
        "timezone": venue.timezone,
        "country": venue.country,
        "currency": venue.currency,
        "memberships-TOTAL_FORMS": len(people),
        "memberships-INITIAL_FORMS": sum("id" in person for person in people),
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
        **changes,
    }
    for number, person in enumerate(people):
        form[f"memberships-{number}-venue"] = venue.pk
        form |= {f"memberships-{number}-{name}": value for name, value in person.items()}
    return form


def page_of(venue: Venue) -> str:
    return f"/admin/storekit/venue/{venue.pk}/change/"


def line_of(user: User, **changes: Any) -> dict[str, Any]:
    membership = Membership.objects.get(user=user)
    return {"id": membership.pk, "role": membership.role, **changes}


def roles(venue: Venue) -> dict[str, str]:
    return dict(venue.memberships.values_list("user__email", "role"))


def test_a_manager_edits_the_venue(annas_browser: Client, anna: User, venue: Venue) -> None:
    answer = annas_browser.post(page_of(venue), venue_form(venue, [line_of(anna)], name="The Copper Kettle"))

    assert answer.status_code == 302
    venue.refresh_from_db()
    assert venue.name == "The Copper Kettle"


def test_a_manager_cannot_change_the_slug_or_the_currency(annas_browser: Client, anna: User, venue: Venue) -> None:
    annas_browser.post(page_of(venue), venue_form(venue, [line_of(anna)], slug="other", currency="EUR"))

    venue.refresh_from_db()
    assert (venue.slug, venue.currency) == ("copper-pot", "GBP")


def test_staff_may_view_and_not_change(bens_browser: Client, ben: User, venue: Venue) -> None:
    assert bens_browser.get(page_of(venue)).status_code == 200

    answer = bens_browser.post(page_of(venue), venue_form(venue, [line_of(ben, role="manager")], name="Ben's"))

    assert answer.status_code == 403
    venue.refresh_from_db()
    assert venue.name == "The Copper Pot"
    assert roles(venue) == {"ben@copper-pot.example": "staff"}


def test_a_manager_changes_roles_and_removes_people(annas_browser: Client, anna: User, ben: User, venue: Venue) -> None:
    people = [line_of(anna), line_of(ben, role="manager")]
    annas_browser.post(page_of(venue), venue_form(venue, people))
    assert roles(venue)["ben@copper-pot.example"] == "manager"

    annas_browser.post(page_of(venue), venue_form(venue, [line_of(anna), line_of(ben, DELETE="on")]))
    assert roles(venue) == {"anna@copper-pot.example": "manager"}


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({"email": "anna@copper-pot.example", "role": "staff"}, "A person is listed twice"),
        ({"email": "", "role": "manager"}, "This field is required"),
    ],
)
def test_a_person_who_cannot_be_added_is_explained(
    annas_browser: Client, anna: User, venue: Venue, person: dict[str, str], said: str
) -> None:
    answer = annas_browser.post(page_of(venue), venue_form(venue, [line_of(anna), person]))

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert roles(venue) == {"anna@copper-pot.example": "manager"}


@pytest.mark.parametrize("change", [{"role": "staff"}, {"DELETE": "on"}])
def test_the_last_manager_cannot_be_lost(
    annas_browser: Client, anna: User, venue: Venue, change: dict[str, str]
) -> None:
    answer = annas_browser.post(page_of(venue), venue_form(venue, [line_of(anna, **change)]))

    assert "at least one manager" in answer.content.decode()
    assert roles(venue) == {"anna@copper-pot.example": "manager"}


def test_a_membership_of_another_venue_cannot_be_changed(
    annas_browser: Client, anna: User, zoe: User, venue: Venue
) -> None:
    annas_browser.post(page_of(venue), venue_form(venue, [line_of(anna), line_of(zoe, role="staff")]))

    assert Membership.objects.get(user=zoe).role == "manager"
    assert roles(venue) == {"anna@copper-pot.example": "manager"}


def test_the_page_names_nobody_of_other_venues(annas_browser: Client, venue: Venue, zoe: User) -> None:
    assert "zoe@blue-door.example" not in annas_browser.get(page_of(venue)).content.decode()


def test_only_a_superuser_adds_a_venue(annas_browser: Client, olga_browser: Client) -> None:
    new = venue_form(factories.VenueFactory.build(slug="new-place"), [])
    assert annas_browser.post("/admin/storekit/venue/add/", new).status_code == 403

    assert olga_browser.post("/admin/storekit/venue/add/", new).status_code == 302
    assert Venue.objects.filter(slug="new-place").exists()


def test_only_a_superuser_sees_users(annas_browser: Client, olga_browser: Client, zoe: User) -> None:
    pages = [
        "/admin/storekit/user/",
        f"/admin/storekit/user/{zoe.pk}/change/",
        f"/admin/storekit/user/{zoe.pk}/password/",
    ]

    assert {annas_browser.get(page).status_code for page in pages} == {403}
    assert {olga_browser.get(page).status_code for page in pages} == {200}


def test_a_superuser_adds_a_person_who_then_sets_a_password(olga_browser: Client, client: Client) -> None:
    new = {
        "email": "Dora@Example.com",
        "first_name": "Dora",
        "last_name": "",
        "usable_password": "false",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    assert olga_browser.post("/admin/storekit/user/add/", new).status_code == 302
    dora = User.objects.get(email="dora@example.com")
    assert not dora.has_usable_password()

    client.post("/accounts/password/reset/", {"email": "dora@example.com"})
    send_account_mail(AccountMail.objects.get().pk)

    assert [message.to for message in mail.outbox] == [["dora@example.com"]]


def test_a_former_e_mail_address_cannot_reset_the_password(olga_browser: Client, anna: User, client: Client) -> None:
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    change = {
        "email": "anna@new.example",
        "first_name": "Anna",
        "last_name": "",
        "is_active": "on",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    assert olga_browser.post(f"/admin/storekit/user/{anna.pk}/change/", change).status_code == 302

    client.post("/accounts/password/reset/", {"email": "anna@copper-pot.example"})
    send_account_mail(AccountMail.objects.get().pk)

    assert mail.outbox == []


@pytest.mark.parametrize("page", ["schedule", "success", "failure"])
def test_only_superusers_view_background_tasks_and_nobody_edits_them(
    annas_browser: Client, olga_browser: Client, page: str
) -> None:
    address = f"/admin/django_q/{page}/"

    assert annas_browser.get(address).status_code == 403
    assert olga_browser.get(address).status_code == 200
    assert olga_browser.get(f"{address}add/").status_code == 403


@pytest.mark.parametrize("address", ["auth/group/", "account/emailaddress/", "django_q/ormq/"])
def test_third_party_pages_that_ignore_venues_are_not_registered(olga_browser: Client, address: str) -> None:
    assert olga_browser.get(f"/admin/{address}").status_code == 404
