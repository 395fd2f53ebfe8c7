"""The back office of connections and ledgers: what is shown to whom, and what is never shown to anybody."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from integrations.models import Connection, LightspeedSettings, Notification, SyncRun, TokenPair
from storekit.models import Membership, User, Venue
from tests import factories

CONNECTIONS = "/admin/integrations/connection/"
NOTIFICATIONS = "/admin/integrations/notification/"
SYNC_RUNS = "/admin/integrations/syncrun/"


def notification_of(connection: Connection, reference: str, **fields: Any) -> Notification:
    values = {"type": "ORDER", "status": "SUCCESS", "fingerprint": reference, "body": {"reason": "<b>bold</b>"}}
    return Notification.objects.create(connection=connection, reference=reference, **{**values, **fields})


def sync_of(connection: Connection, **fields: Any) -> SyncRun:
    values = {"kind": SyncRun.Kind.MENU, "state": SyncRun.State.SUCCEEDED, "lease_until": timezone.now()}
    return SyncRun.objects.create(connection=connection, **{**values, **fields})


@pytest.fixture
def other_connection(other_venue: Venue) -> Connection:
    made: Connection = factories.ConnectionFactory(
        venue=other_venue, business_name="The Blue Group", location_name="Quay"
    )
    return made


def text_of(browser: Client, path: str, **query: str) -> str:
    answer = browser.get(path, query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


# --- Connections


def test_every_venue_of_the_person_is_listed_connected_or_not(
    annas_browser: Client, anna: User, connection: Connection, other_connection: Connection
) -> None:
    second = factories.VenueFactory(name="The Copper Kettle")
    factories.MembershipFactory(venue=second, user=anna, role=Membership.Role.MANAGER)
    page = text_of(annas_browser, CONNECTIONS)
    assert "The Copper Pot" in page
    assert "The Copper Kettle" in page
    assert "The Blue Door" not in page
    made = Connection.objects.get(venue=second)
    assert made.status == Connection.Status.DISCONNECTED
    assert LightspeedSettings.objects.filter(connection=made).exists()


def test_a_connection_shows_its_state_and_never_its_secrets(annas_browser: Client, connection: Connection) -> None:
    for path in (CONNECTIONS, f"{CONNECTIONS}{connection.pk}/change/"):
        page = text_of(annas_browser, path)
        assert "High Street" in page
        assert "Connected" in page
        assert "Registered" in page
        for secret in ("access-1", "refresh-1", connection.webhook_password):
            assert secret not in page


def test_a_manager_changes_the_settings_beside_the_connection(annas_browser: Client, connection: Connection) -> None:
    row = LightspeedSettings.objects.get(connection=connection)
    page = annas_browser.get(f"{CONNECTIONS}{connection.pk}/change/")
    formset = page.context["inline_admin_formsets"][0].formset
    data = {
        f"{formset.prefix}-TOTAL_FORMS": "1",
        f"{formset.prefix}-INITIAL_FORMS": "1",
        "enabled": "on",
        **{
            f"{formset.prefix}-0-{name}": "on" if value is True else value
            for name, value in model_to_dict(row).items()
            if value is not False
        },
        f"{formset.prefix}-0-id": row.pk,
        f"{formset.prefix}-0-payment_method": "ONLINE",
    }
    answer = annas_browser.post(f"{CONNECTIONS}{connection.pk}/change/", data)
    assert answer.status_code == 302, answer.context["errors"]
    row.refresh_from_db()
    assert (row.payment_method, row.pickup_profile, row.update_images) == ("ONLINE", "storekit", True)


def test_every_setting_is_on_the_page(annas_browser: Client, connection: Connection) -> None:
    page = text_of(annas_browser, f"{CONNECTIONS}{connection.pk}/change/")
    for field in LightspeedSettings._meta.get_fields():
        if field.name not in ("id", "connection"):
            assert f'name="settings-0-{field.name}"' in page, field.name


def test_staff_look_and_do_not_change(bens_browser: Client, connection: Connection) -> None:
    path = f"{CONNECTIONS}{connection.pk}/change/"
    page = text_of(bens_browser, path)
    assert "STOREKIT_DELIVERY" in page
    assert 'name="settings-0-payment_method"' not in page
    assert bens_browser.post(path, {"enabled": ""}).status_code == 403
    connection.refresh_from_db()
    assert connection.enabled


def test_a_connection_is_neither_added_nor_deleted_by_hand(annas_browser: Client, connection: Connection) -> None:
    assert annas_browser.get(f"{CONNECTIONS}add/").status_code == 403
    assert annas_browser.post(f"{CONNECTIONS}{connection.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Connection.objects.exists()


# --- Walls


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_another_venues_rows_cannot_be_opened(page: str, zoes_browser: Client, connection: Connection) -> None:
    rows = {
        CONNECTIONS: connection.pk,
        NOTIFICATIONS: notification_of(connection, "SK-1-1").pk,
        SYNC_RUNS: sync_of(connection).pk,
    }
    for path, pk in rows.items():
        for answer in (zoes_browser.get(f"{path}{pk}/{page}/"), zoes_browser.post(f"{path}{pk}/{page}/")):
            assert answer.status_code in (302, 403, 404)
            assert "Copper" not in answer.content.decode()


def test_no_filter_search_or_query_reaches_another_venues_rows(
    zoes_browser: Client, connection: Connection, other_connection: Connection
) -> None:
    notification_of(connection, "SK-1-1", status="FOREIGN_STATUS")
    sync_of(connection, started_by="Anna")
    foreign = ("The Copper Pot", "copper-pot", "SK-1-1", "FOREIGN_STATUS", "Anna", "High Street")
    for path in (CONNECTIONS, NOTIFICATIONS, SYNC_RUNS):
        for query in ({}, {"venue": "copper-pot"}, {"q": "SK-1-1"}, {"q": "Copper"}):
            page = text_of(zoes_browser, path, **query)
            # What was asked for is kept in the page's own addresses and in its search box.
            unasked = [word for word in foreign if word not in query.values()]
            assert not [word for word in unasked if word in page], (path, query)


def test_the_venue_filter_offers_the_persons_own_venues(
    annas_browser: Client, anna: User, connection: Connection, other_venue: Venue
) -> None:
    assert "By venue" not in text_of(annas_browser, NOTIFICATIONS), "one venue needs no filter"
    second = factories.VenueFactory(slug="copper-kettle", name="The Copper Kettle")
    factories.MembershipFactory(venue=second, user=anna, role=Membership.Role.STAFF)
    notification_of(connection, "SK-1-1")
    notification_of(factories.ConnectionFactory(venue=second), "SK-2-1")
    page = text_of(annas_browser, NOTIFICATIONS, venue="copper-kettle")
    assert "SK-2-1" in page
    assert "SK-1-1" not in page
    assert "venue=copper-pot" in page
    assert "blue-door" not in page


def test_staff_of_one_venue_and_manager_of_another_change_only_the_latter(
    zoes_browser: Client, zoe: User, venue: Venue, connection: Connection
) -> None:
    factories.MembershipFactory(venue=venue, user=zoe, role=Membership.Role.STAFF)
    assert zoes_browser.post(f"{CONNECTIONS}{connection.pk}/disconnect/").status_code == 403
    assert zoes_browser.post(f"{CONNECTIONS}{connection.pk}/change/", {}).status_code == 403
    assert TokenPair.objects.exists()


def test_replaying_does_not_reach_over_the_wall(zoes_browser: Client, connection: Connection) -> None:
    row = notification_of(connection, "SK-1-1", processed_at=timezone.now(), result="confirmed")
    data = {"action": "replay", "confirmed": "yes", "_selected_action": [row.pk]}
    zoes_browser.post(NOTIFICATIONS, data)
    assert zoes_browser.post(f"{NOTIFICATIONS}{row.pk}/replay/").status_code in (403, 404)
    row.refresh_from_db()
    assert row.result == "confirmed"


# --- Ledgers


def test_the_ledger_answers_what_failed_what_waits_and_what_was_given_up(
    bens_browser: Client, connection: Connection
) -> None:
    now = timezone.now()
    notification_of(connection, "SK-DONE", processed_at=now, result="confirmed")
    notification_of(connection, "SK-WAITS", next_attempt_at=now)
    notification_of(connection, "SK-FAILS", next_attempt_at=now + timedelta(minutes=1), error="LookupError: x")
    notification_of(connection, "SK-GIVEN-UP", error="LookupError: x", attempts=8)
    expected = {
        "processed": {"SK-DONE"},
        "waiting": {"SK-WAITS"},
        "failed": {"SK-FAILS", "SK-GIVEN-UP"},
        "given_up": {"SK-GIVEN-UP"},
        "": {"SK-DONE", "SK-WAITS", "SK-FAILS", "SK-GIVEN-UP"},
    }
    for chosen, references in expected.items():
        page = text_of(bens_browser, NOTIFICATIONS, **({"progress": chosen} if chosen else {}))
        assert {reference for reference in expected[""] if reference in page} == references


def test_the_ledger_is_searched_by_reference_and_account(bens_browser: Client, connection: Connection) -> None:
    notification_of(connection, "SK-7-1", account="A78094.48")
    notification_of(connection, "SK-8-1", account="A78095.48")
    assert "SK-8-1" not in text_of(bens_browser, NOTIFICATIONS, q="A78094")
    assert "A78095.48" not in text_of(bens_browser, NOTIFICATIONS, q="SK-7")


def test_a_body_is_shown_as_text_and_cannot_be_changed(bens_browser: Client, connection: Connection) -> None:
    row = notification_of(connection, "SK-7-1")
    page = text_of(bens_browser, f"{NOTIFICATIONS}{row.pk}/change/")
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>bold</b>" not in page
    assert 'name="_save"' not in page
    assert bens_browser.post(f"{NOTIFICATIONS}{row.pk}/change/", {"result": "x"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_replaying_asks_first_and_then_queues(bens_browser: Client, connection: Connection) -> None:
    rows = [notification_of(connection, f"SK-{n}-1", processed_at=timezone.now(), result="confirmed") for n in (1, 2)]
    data = {"action": "replay", "_selected_action": [row.pk for row in rows]}
    page = bens_browser.post(NOTIFICATIONS, data)
    assert "Process 2 notifications again?" in page.content.decode()
    assert OrmQ.objects.count() == 0
    answer = bens_browser.post(NOTIFICATIONS, {**data, "confirmed": "yes"}, follow=True)
    assert "2 queued to be processed again." in answer.content.decode()
    # One task drains the venue.
    assert OrmQ.objects.count() == 1
    assert Notification.objects.filter(processed_at=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_notification_is_replayed_from_its_page(bens_browser: Client, connection: Connection) -> None:
    row = notification_of(connection, "SK-1-1", error="LookupError: x", attempts=8)
    path = f"{NOTIFICATIONS}{row.pk}/replay/"
    assert path in text_of(bens_browser, f"{NOTIFICATIONS}{row.pk}/change/")
    assert bens_browser.get(path).status_code == 200
    assert OrmQ.objects.count() == 0
    assert bens_browser.post(path).headers["Location"] == f"{NOTIFICATIONS}{row.pk}/change/"
    row.refresh_from_db()
    assert (row.attempts, row.error) == (0, "")
    assert OrmQ.objects.count() == 1


def test_sync_runs_show_how_long_they_took_and_what_changed(bens_browser: Client, connection: Connection) -> None:
    run = sync_of(connection, counts={"created": 3, "unchanged": 40}, warnings=["No SKU: Soup"], started_by="Anna")
    SyncRun.objects.update(finished_at=run.started_at + timedelta(seconds=75))
    page = text_of(bens_browser, SYNC_RUNS)
    assert "1 min 15 s" in page
    assert "3 created, 40 unchanged" in page
    assert "No SKU: Soup" in text_of(bens_browser, f"{SYNC_RUNS}{run.pk}/change/")


@pytest.mark.parametrize("path", [CONNECTIONS, NOTIFICATIONS, SYNC_RUNS])
def test_a_longer_list_takes_no_more_queries(
    path: str,
    annas_browser: Client,
    anna: User,
    connection: Connection,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def add_rows() -> None:
        other = factories.ConnectionFactory()
        factories.MembershipFactory(venue=other.venue, user=anna, role=Membership.Role.MANAGER)
        notification_of(other, f"SK-{other.pk}-1")
        sync_of(other)

    add_rows()
    with django_assert_max_num_queries(100) as few:
        text_of(annas_browser, path)
    for _ in range(5):
        add_rows()
    with django_assert_max_num_queries(len(few.captured_queries)):
        text_of(annas_browser, path)


def test_bodies_are_json_when_shown(bens_browser: Client, connection: Connection) -> None:
    row = notification_of(connection, "SK-7-1", body={"amount": "12.10", "name": "Café"})
    assert json.dumps("Café", ensure_ascii=False).strip('"') in text_of(
        bens_browser, f"{NOTIFICATIONS}{row.pk}/change/"
    )
