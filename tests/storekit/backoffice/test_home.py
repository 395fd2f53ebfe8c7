"""The back office's home page answers: is everything fine tonight?"""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from integrations.connect.tokens import RECONNECT_SENTENCE
from integrations.models import Connection, Notification, SyncRun
from orders.models import Alert, Injection, Order, OrderingHours, OrderingRules
from storekit.backoffice.findings import Tone
from storekit.backoffice.tonight import VenueTonight, venues_tonight
from storekit.models import User, Venue
from tests import factories
from tests.storekit.rows import make_order, one_of_everything

pytestmark = pytest.mark.django_db

FRIDAY_NIGHT = datetime(2026, 7, 17, 21, 30, tzinfo=UTC)
"""22:30 in London."""


@pytest.fixture(autouse=True)
def friday_night() -> object:
    with time_machine.travel(FRIDAY_NIGHT, tick=False):
        yield


CONNECT = "/integrations/lightspeed/connect/"


def home(browser: Client) -> str:
    """The text of the page."""
    page = browser.get("/admin/")
    assert page.status_code == 200
    (tonight,) = re.findall(r'<div id="tonight".*?</section>\s*</div>', page.content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", tonight))


def synced(connection: Connection, **values: object) -> SyncRun:
    values = {"kind": SyncRun.Kind.MENU, "lease_until": FRIDAY_NIGHT, **values}
    return SyncRun.objects.create(connection=connection, **values)


def orders_badge(browser: Client) -> list[str]:
    """The badge beside “Orders” in the side bar."""
    page = browser.get("/admin/").content.decode()
    return re.findall(r"<span>Orders</span>\s*<span[^>]*>\s*(\d+)\s*</span>", page)


def of(user: User) -> VenueTonight:
    (tonight,) = venues_tonight(user=user)
    return tonight


def finding(user: User, subject: str) -> tuple[Tone, str]:
    (found,) = [one for one in of(user).findings if one.subject == subject]
    return found.tone, found.text


def test_a_quiet_evening_shows_that_everything_is_fine(
    annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    factories.MenuFactory(venue=venue, version=12)
    synced(connection, state=SyncRun.State.SUCCEEDED, finished_at=FRIDAY_NIGHT - timedelta(hours=1))
    factories.ProductFactory(venue=venue)
    factories.ProductFactory(venue=venue)
    factories.ProductFactory(venue=venue, archived_at=FRIDAY_NIGHT)
    make_order(venue, state=Injection.State.CONFIRMED)

    said = home(annas_browser)

    assert "Everything is fine" in said
    assert "Friday, 22:30 local time" in said
    assert "Connected to The Copper Pot Group – High Street" in said
    assert "2 products Version 12, synced 17 Jul, 21:30" in re.sub(r"\s+", " ", said)
    assert "All orders are on the till or being sent" in said


def test_a_failed_order_comes_first_with_its_reason_and_a_link_to_it(
    annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    order = make_order(venue, state=Injection.State.FAILED, error="The till does not know the payment method.")

    said = home(annas_browser)

    assert "1 thing needs attention" in said
    assert "1 order is not on the till" in said
    assert "Pickup for now · Guest of The Copper Pot · placed today, 22:30" in said
    page = f'href="/admin/orders/order/{order.pk}/change/">Open order {order.number}</a>'
    assert page in annas_browser.get("/admin/").content.decode()
    assert "The till does not know the payment method." in said
    assert said.index("not on the till") < said.index("Connected to")


def test_every_failed_order_counts_as_a_thing_that_needs_attention(
    annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    for _ in range(3):
        make_order(venue, state=Injection.State.FAILED)

    said = home(annas_browser)

    assert "3 things need attention" in said
    assert "3 orders are not on the till" in said


def test_every_button_leads_to_a_page_that_shows_the_problem(annas_browser: Client, anna: User, venue: Venue) -> None:
    rows = one_of_everything(venue)

    another = make_order(venue, state=Injection.State.FAILED)

    every = of(anna).findings
    ways = [way for found in every for way in (*(order.action for order in found.orders), found.action) if way]

    assert [way.label for way in ways][2:] == ["Show all", "Live floor", "View sync", "View notifications"]
    notification = f"/admin/integrations/notification/{rows[Notification].pk}/change/"
    orders = (str(another.pk), str(rows[Order].pk))
    shown = (*orders, orders[1], "Live floor of The Copper Pot", "No menu at The Copper Pot", notification)
    for way, words in zip(ways, shown, strict=True):
        page = annas_browser.get(way.url)
        assert page.status_code == 200
        assert words in page.content.decode()


@pytest.mark.parametrize("status", [Order.Status.COMPLETED, Order.Status.CANCELLED])
def test_a_failed_order_stays_until_someone_settles_it_however_old(anna: User, venue: Venue, status: str) -> None:
    order = make_order(venue, state=Injection.State.FAILED)
    Order.objects.update(placed_at=FRIDAY_NIGHT - timedelta(days=3))
    assert len(of(anna).orders.failed) == 1

    order.status = status
    order.save()

    assert of(anna).orders.failed == ()


def test_the_service_day_runs_past_midnight_in_the_venues_own_time(anna: User, venue: Venue) -> None:
    early, late, yesterday = (make_order(venue, state=Injection.State.CONFIRMED) for _ in range(3))
    Order.objects.filter(pk=early.pk).update(placed_at=datetime(2026, 7, 17, 4, 0, tzinfo=UTC))
    Order.objects.filter(pk=late.pk).update(placed_at=datetime(2026, 7, 17, 23, 50, tzinfo=UTC))
    Order.objects.filter(pk=yesterday.pk).update(placed_at=datetime(2026, 7, 17, 3, 59, tzinfo=UTC))

    with time_machine.travel(datetime(2026, 7, 18, 0, 15, tzinfo=UTC), tick=False):  # 01:15 on Saturday in London
        assert of(anna).orders.confirmed == 2
    with time_machine.travel(datetime(2026, 7, 18, 4, 0, tzinfo=UTC), tick=False):  # 05:00: a new day
        assert of(anna).orders.confirmed == 0


def test_the_service_day_lasts_as_long_as_the_venues_hours(anna: User, venue: Venue) -> None:
    rules = OrderingRules.objects.create(venue=venue)
    OrderingHours.objects.create(rules=rules, weekday=4, opens=time(18), closes=time(6))
    make_order(venue, state=Injection.State.CONFIRMED)
    Order.objects.update(placed_at=FRIDAY_NIGHT)

    with time_machine.travel(datetime(2026, 7, 18, 4, 59, tzinfo=UTC), tick=False):  # 05:59 on Saturday in London
        assert of(anna).orders.confirmed == 1
    with time_machine.travel(datetime(2026, 7, 18, 5, 0, tzinfo=UTC), tick=False):
        assert of(anna).orders.confirmed == 0


def test_an_order_placed_yesterday_for_tonight_counts_tonight(anna: User, venue: Venue) -> None:
    make_order(venue, state=Injection.State.SCHEDULED, scheduled_for=FRIDAY_NIGHT + timedelta(hours=1))
    Order.objects.update(placed_at=FRIDAY_NIGHT - timedelta(days=1))

    assert of(anna).orders.scheduled == 1


def test_an_order_that_the_pos_has_not_accepted_yet_is_a_warning_only(
    anna: User, venue: Venue, connection: Connection
) -> None:
    make_order(venue, state=Injection.State.WAITING, attempts=1, next_attempt_at=FRIDAY_NIGHT + timedelta(minutes=1))
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=FRIDAY_NIGHT - timedelta(minutes=5))
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=FRIDAY_NIGHT)

    assert of(anna).orders.waiting == 3
    assert finding(anna, "Waiting") == (Tone.WARNING, "2 orders are waiting for the till")


@pytest.mark.parametrize(
    "changes", [{"status": Connection.Status.RECONNECT_NEEDED}, {"enabled": False}, {"status": "disconnected"}]
)
def test_orders_parked_until_the_pos_is_connected_are_an_alarm(
    anna: User, venue: Venue, connection: Connection, changes: dict[str, object]
) -> None:
    Connection.objects.update(**changes)
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=FRIDAY_NIGHT)
    assert finding(anna, "Parked") == (Tone.BAD, "1 order is waiting for the POS")

    Order.objects.update(placed_at=FRIDAY_NIGHT - timedelta(days=2))
    make_order(venue, state=Injection.State.WAITING, next_attempt_at=FRIDAY_NIGHT)
    assert finding(anna, "Parked") == (Tone.BAD, "2 orders are waiting for the POS")


def test_a_possible_duplicate_is_shown_once_and_until_the_order_is_completed(
    anna: User, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    order = make_order(venue, state=Injection.State.CONFIRMED, status=Order.Status.CONFIRMED)
    for channel in Alert.Channel.values:
        Alert.objects.create(order=order, channel=channel, about=Alert.About.DOUBLE)

    assert finding(anna, "Possible duplicates") == (Tone.WARNING, "1 order may be on the till twice")
    (action,) = [found.action for found in of(anna).findings if found.subject == "Possible duplicates"]
    assert action is not None
    assert [listed.pk for listed in annas_browser.get(action.url).context["cl"].result_list] == [order.pk]

    Order.objects.update(status=Order.Status.COMPLETED)
    assert finding(anna, "Orders") == (Tone.GOOD, "All orders are on the till or being sent")


@pytest.mark.parametrize("status", [Order.Status.AWAITING_PAYMENT, Order.Status.CANCELLED])
def test_unpaid_and_cancelled_orders_do_not_count_as_waiting(anna: User, venue: Venue, status: str) -> None:
    make_order(venue, state=Injection.State.WAITING, status=status)

    assert of(anna).orders.waiting == 0
    assert finding(anna, "Orders") == (Tone.GOOD, "No orders yet today")


def test_an_order_that_no_till_confirmed_in_time_is_shown(
    anna: User, annas_browser: Client, venue: Venue, connection: Connection
) -> None:
    make_order(venue, state=Injection.State.ACCEPTED, deliver_by=FRIDAY_NIGHT + timedelta(minutes=1))
    assert finding(anna, "Orders") == (Tone.GOOD, "All orders are on the till or being sent")

    late = make_order(venue, state=Injection.State.ACCEPTED, deliver_by=FRIDAY_NIGHT)
    assert finding(anna, "Unconfirmed") == (Tone.WARNING, "1 order is not confirmed")
    (action,) = [found.action for found in of(anna).findings if found.subject == "Unconfirmed"]
    assert action is not None
    listed = annas_browser.get(action.url).context["cl"].result_list
    assert [order.pk for order in listed] == [late.pk]


@pytest.mark.parametrize(
    ("changes", "tone", "text"),
    [
        ({"status": Connection.Status.DISCONNECTED}, Tone.BAD, "Not connected"),
        ({"status": Connection.Status.CHOOSING_LOCATION}, Tone.BAD, "No location chosen yet"),
        ({"status": Connection.Status.RECONNECT_NEEDED}, Tone.BAD, "Needs reconnecting"),
        ({"enabled": False}, Tone.WARNING, "Switched off: orders wait"),
    ],
)
def test_whatever_keeps_orders_from_the_pos_is_shown(
    anna: User, venue: Venue, changes: dict[str, object], tone: Tone, text: str
) -> None:
    factories.ConnectionFactory(venue=venue, **changes)

    assert finding(anna, "POS") == (tone, text)


def test_a_manager_gets_a_connect_button_and_staff_learn_whom_to_ask(
    annas_browser: Client, bens_browser: Client, venue: Venue
) -> None:
    button = 'href="/integrations/lightspeed/connect/?venue=copper-pot"'

    assert button in annas_browser.get("/admin/").content.decode()
    assert button not in bens_browser.get("/admin/").content.decode()
    assert "Ask a manager of the venue to connect it." in home(bens_browser)


def test_a_venue_to_reconnect_says_why_and_what_to_press(
    annas_browser: Client, bens_browser: Client, venue: Venue
) -> None:
    factories.ConnectionFactory(
        venue=venue, status=Connection.Status.RECONNECT_NEEDED, status_reason=RECONNECT_SENTENCE
    )
    told = "renewed after the backup that this database was restored from"
    page = home(annas_browser)
    assert told in page
    assert "Press Reconnect, then Continue to Lightspeed, and agree there." in page
    assert "Continue to Lightspeed" in annas_browser.get(f"{CONNECT}?venue=copper-pot").content.decode()
    assert told not in home(bens_browser)


def test_the_latest_menu_sync_is_what_counts(anna: User, venue: Venue, connection: Connection) -> None:
    factories.MenuFactory(venue=venue)
    factories.ProductFactory(venue=venue)
    failed = synced(connection, state=SyncRun.State.FAILED, error="The menu is empty.")
    assert finding(anna, "Menu") == (Tone.BAD, "The sync at 17 Jul, 22:30 failed")

    SyncRun.objects.filter(pk=failed.pk).update(started_at=FRIDAY_NIGHT - timedelta(hours=1))
    synced(connection, kind=SyncRun.Kind.FLOOR_PLAN, state=SyncRun.State.FAILED)
    synced(connection, state=SyncRun.State.SUCCEEDED)

    assert finding(anna, "Menu") == (Tone.GOOD, "1 product")


def test_tables_that_share_a_number_are_shown(
    anna: User, annas_browser: Client, venue: Venue, other_venue: Venue
) -> None:
    for place, number, archived_at in (
        (venue, 7, None),
        (venue, 8, None),
        (venue, 8, FRIDAY_NIGHT),
        (other_venue, 7, None),
        (other_venue, 9, None),
        (other_venue, 9, None),
    ):
        factories.TableFactory(venue=place, number=number, archived_at=archived_at)
    assert [found for found in of(anna).findings if found.subject == "Tables"] == []

    twin = factories.TableFactory(venue=venue, number=7)

    assert finding(anna, "Tables") == (Tone.WARNING, "Number 7 is used twice")
    (action,) = [found.action for found in of(anna).findings if found.subject == "Tables"]
    assert action is not None
    shown = annas_browser.get(action.url)
    assert [table.number for table in shown.context["cl"].result_list] == [7, 7]
    assert twin in shown.context["cl"].result_list
    assert "duplicate number" in shown.content.decode()


def test_failed_notifications_are_counted(anna: User, connection: Connection) -> None:
    def received(fingerprint: str, **changes: object) -> None:
        Notification.objects.create(
            connection=connection, type="ORDER", status="", fingerprint=fingerprint, body={}, **changes
        )

    received("failed", error="Unknown order")
    received("waiting")
    received("done", error="Unknown order", processed_at=FRIDAY_NIGHT)

    assert finding(anna, "Notifications") == (Tone.BAD, "1 failed")


def test_venues_that_need_attention_come_first(other_venue: Venue, venue: Venue) -> None:
    boss = factories.UserFactory(is_superuser=True)
    for place in (venue, other_venue):
        factories.ConnectionFactory(venue=place)
    make_order(venue, state=Injection.State.FAILED)

    assert [tonight.venue for tonight in venues_tonight(user=boss)] == [venue, other_venue]


def test_many_venues_take_no_more_queries_than_one(
    django_assert_max_num_queries: DjangoAssertNumQueries, anna: User, venue: Venue
) -> None:
    for place in (venue, *factories.VenueFactory.create_batch(4, timezone="Europe/Paris")):
        one_of_everything(place)
        if place != venue:
            factories.MembershipFactory(venue=place, user=anna)

    with django_assert_max_num_queries(14):
        assert len(venues_tonight(user=anna)) == 5


def test_a_user_without_venues_sees_none(venue: Venue) -> None:
    assert venues_tonight(user=factories.UserFactory()) == []


def test_a_superuser_is_offered_to_add_the_first_venue(client: Client) -> None:
    client.force_login(factories.UserFactory(is_superuser=True))

    page = client.get("/admin/").content.decode()

    assert 'href="/admin/storekit/venue/add/"' in page


def test_the_side_bar_counts_failed_orders_and_hides_superuser_pages_from_managers(
    annas_browser: Client, venue: Venue, other_venue: Venue
) -> None:
    make_order(other_venue, state=Injection.State.FAILED)
    assert orders_badge(annas_browser) == []

    make_order(venue, state=Injection.State.FAILED)
    page = annas_browser.get("/admin/").content.decode()

    assert orders_badge(annas_browser) == ["1"]
    assert "/admin/storekit/apikey/" in page
    assert "/admin/storekit/user/" not in page
    assert "/admin/django_q/" not in page


def test_a_sync_waiting_for_review_is_shown(anna: User, connection: Connection) -> None:
    synced(connection, state=SyncRun.State.HELD, error="It would archive half of the menu.")

    assert finding(anna, "Menu") == (Tone.WARNING, "A sync is waiting for your review")


def test_the_side_bar_leads_to_the_page_that_syncs_the_menu(annas_browser: Client, venue: Venue) -> None:
    link = "/admin/menus/menu/"

    assert f'href="{link}"' in annas_browser.get("/admin/").content.decode()
    assert "Sync menu" in annas_browser.get(link).content.decode()


def test_times_are_in_the_venues_time_zone(annas_browser: Client, venue: Venue) -> None:
    key = factories.ApiKeyFactory(venue=venue)

    assert "17 Jul 2026, 22:30" in annas_browser.get(f"/admin/storekit/apikey/{key.pk}/change/").content.decode()


def test_times_are_those_of_their_venues_in_several_zones(annas_browser: Client, anna: User, venue: Venue) -> None:
    factories.MembershipFactory(user=anna, venue=factories.VenueFactory(timezone="Europe/Paris"))
    key = factories.ApiKeyFactory(venue=venue)

    assert "17 Jul 2026, 22:30 BST" in annas_browser.get(f"/admin/storekit/apikey/{key.pk}/change/").content.decode()
