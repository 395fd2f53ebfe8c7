"""Guests at table 7, each with a phone: real pages and scripts, a real web server, and the sandbox POS behind it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from menus.sync.run import sync_menu
from storekit.models import Venue
from tables.floor_plan import sync_floor_plan
from tables.models import PayAtTable, Table
from tests.browser.conftest import SIZES, Visit
from tests.integrations.flow import connect
from tests.support.processes import worker
from tests.support.sandbox import SandboxPos

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database("the pages are the same on both"),
]
_WIDTH, _HEIGHT = SIZES["phone"]


@dataclass
class Floor:
    """The venue's tables and its till."""

    pos: SandboxPos
    url: str

    def path_of(self, number: int) -> str:
        return f"/t/{Table.objects.get(number=number).token}/"

    def paid_at_the_till(self) -> list[float]:
        """Return the amount of each payment that the till has, in its order."""
        entries = [entry for check in self.pos.state()["checks"] for entry in check["paymentEntries"]]
        return [float(entry["amountPaid"]) for entry in entries]

    def open_check(self, *skus: str, table: int = 7, **more: Any) -> str:
        """Open a check at the till and return its identifier."""
        body = {"tableNumber": table, "items": [{"sku": sku, "quantity": 1} for sku in skus], **more}
        return str(self.pos.control("checks", **body)["ikaccountId"])


@pytest.fixture
def floor(
    live_server: LiveServer, settings: Settings, sandbox: SandboxPos, venue: Venue, annas_browser: Client
) -> Floor:
    settings.PUBLIC_URL = live_server.url
    connect(annas_browser, venue)
    sync_floor_plan(venue=venue, started_by="a test")
    PayAtTable.objects.create(venue=venue, enabled=True, payments_enabled=True)
    return Floor(pos=sandbox, url=live_server.url)


@pytest.fixture
def serving(floor: Floor) -> Iterator[None]:
    """A task worker runs."""
    with worker():
        yield


@pytest.fixture
def phone(chromium: Browser, floor: Floor) -> Iterator[Callable[..., Visit]]:
    """Opens the page of a table on another phone each time."""
    contexts = []

    def scan(number: int = 7, **options: Any) -> Visit:
        context = chromium.new_context(
            viewport={"width": _WIDTH, "height": _HEIGHT}, reduced_motion="reduce", has_touch=True, **options
        )
        contexts.append(context)
        visit = Visit(page=context.new_page(), site=floor.url, size="phone")
        visit.listen()
        visit.open(floor.path_of(number))
        return visit

    yield scan
    for context in contexts:
        context.close()


def test_a_guest_sees_the_bill_and_follows_the_till(phone: Callable[..., Visit], floor: Floor) -> None:
    guest = phone()
    page = guest.page
    expect(page.get_by_text("Nothing is on your bill yet")).to_be_visible()

    check = floor.open_check("FRIES01", clientCount=2, name="Ada")
    expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    expect(page.locator(".due dd")).to_have_text("£4.00")
    guest.assert_in_order()

    floor.pos.control(f"checks/{check}/lines", sku="FRIES01", quantity=2)
    expect(page.locator(".due dd")).to_have_text("£12.00")
    expect(page.get_by_role("status")).to_have_text("The bill has changed. Left to pay: £12.00")
    floor.pos.control(f"checks/{check}/payments", amount="2.00")
    expect(page.get_by_text("Paid at the till at")).to_be_visible()
    guest.screenshot("guest-bill")

    floor.pos.control(f"checks/{check}/move", tableNumber=5)
    expect(page.get_by_role("status")).to_contain_text("no longer at this table")
    guest.assert_in_order()


def test_a_guest_pays_everything_with_a_tip(phone: Callable[..., Visit], floor: Floor, serving: None) -> None:
    floor.open_check("FRIES01", "FRIES01", clientCount=2)
    guest = phone()
    page = guest.page
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Pay")).to_be_focused()
    expect(page.get_by_role("button", name="Pay £8.00")).to_be_visible()
    page.get_by_label("10 %").check()
    pay = page.get_by_role("button", name="Pay £8.80")
    expect(pay).to_be_visible()
    guest.assert_in_order()
    guest.screenshot("guest-pay")

    pay.dblclick()
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    expect(page.get_by_text("Thank you! You paid £8.00, and £0.80 as a tip.")).to_be_visible()
    guest.assert_in_order()
    guest.screenshot("guest-paid")
    page.reload()
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()

    page.get_by_role("link", name="Receipt").click()
    expect(page.get_by_text("Test card ok")).to_be_visible()
    guest.assert_in_order()
    guest.screenshot("guest-receipt")
    page.go_back()
    page.get_by_role("button", name="Back to the bill").click()
    expect(page.get_by_text("Everything is paid. Thank you!")).to_be_visible()
    assert floor.paid_at_the_till() == [8.00]


def test_two_guests_split_by_items_while_one_looks_and_the_check_moves(
    phone: Callable[..., Visit], floor: Floor, serving: None
) -> None:
    check = floor.open_check("FRIES01", "FRIES01", clientCount=2)
    adas, bobs = phone(), phone()
    ada, bob = adas.page, bobs.page

    ada.get_by_role("button", name="Pay").click()
    ada.get_by_role("radio", name="What I had").check()
    ada.get_by_role("checkbox", name="Fries").first.check()
    ada.get_by_label("How much of Fries").first.select_option("1/2")
    expect(ada.get_by_role("button", name="Pay £2.00")).to_be_visible()
    adas.assert_in_order()
    adas.screenshot("guest-items")
    ada.get_by_label("A card that is declined").check()
    ada.get_by_role("button", name="Pay £2.00").click()
    expect(ada.get_by_role("heading", name="Not charged")).to_be_visible()
    expect(ada.get_by_text("Your card was declined. Try another one.")).to_be_visible()

    ada.get_by_role("button", name="Try again").click()
    ada.get_by_label("A card that asks for a confirmation").check()
    expect(ada.get_by_role("button", name="Pay £2.00")).to_be_visible()
    ada.get_by_role("button", name="Pay £2.00").click()
    expect(ada.get_by_role("heading", name="Waiting for your confirmation")).to_be_visible()
    expect(bob.get_by_text("Others are paying now")).to_be_visible()
    expect(bob.locator(".due dd")).to_have_text("£6.00")

    floor.pos.control(f"checks/{check}/move", tableNumber=5)
    ada.get_by_role("link", name="Confirm the payment").click()
    ada.get_by_role("button", name="Confirm").click()
    ada.get_by_role("link", name="Back to the bill").click()
    expect(ada.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    expect(bob.get_by_role("status")).to_contain_text("no longer at this table")

    bob.goto(floor.url + floor.path_of(5))
    expect(bob.get_by_text("Paid by phone at")).to_be_visible()
    bob.get_by_role("button", name="Pay").click()
    bob.get_by_label("Equal shares").check()
    bob.get_by_label("I pay for").select_option("2")
    bob.get_by_role("button", name="Pay £6.00").click()
    expect(bob.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    bob.get_by_role("button", name="Back to the bill").click()
    expect(bob.get_by_text("Everything is paid. Thank you!")).to_be_visible()
    assert floor.paid_at_the_till() == [2.00, 6.00]
    assert adas.console == bobs.console == []


def test_several_bills_at_a_table_are_told_apart(phone: Callable[..., Visit], floor: Floor) -> None:
    floor.open_check("FRIES01", name="Ada", clientCount=2)
    floor.open_check("FRIES01", "FRIES01", name="Table 7", clientCount=3)

    guest = phone()

    expect(guest.page.get_by_role("article")).to_have_count(2)
    expect(guest.page.get_by_role("article", name="Ada")).to_contain_text("Guests: 2 · Since ")
    expect(guest.page.get_by_role("button", name="Pay Ada")).to_be_visible()
    guest.assert_in_order()
    guest.screenshot("guest-bills")


def test_without_a_connection_the_bill_stays_and_says_so(phone: Callable[..., Visit], floor: Floor) -> None:
    floor.open_check("FRIES01")
    guest = phone()
    expect(guest.page.locator(".due dd")).to_have_text("£4.00")

    guest.page.context.set_offline(True)
    expect(guest.page.get_by_role("status")).to_contain_text("No connection. You see the bill as it was at")
    expect(guest.page.locator(".due dd")).to_have_text("£4.00")
    guest.page.context.set_offline(False)
    expect(guest.page.get_by_role("status")).to_be_empty()


def test_without_scripts_the_bill_is_shown_and_the_staff_take_the_money(
    phone: Callable[..., Visit], floor: Floor
) -> None:
    floor.open_check("FRIES01")
    guest = phone(java_script_enabled=False)

    expect(guest.page.locator(".due dd")).to_have_text("£4.00")
    expect(guest.page.get_by_text("To pay, please ask the staff.")).to_be_visible()


def test_guests_order_from_the_table_and_find_it_on_their_bill(
    phone: Callable[..., Visit], floor: Floor, serving: None, venue: Venue
) -> None:
    PayAtTable.objects.update(ordering=True)
    sync_menu(venue=venue, started_by="a test")
    guest = phone()
    page = guest.page
    page.get_by_role("button", name="See the menu and order").click()
    expect(page.get_by_role("heading", name="Menu")).to_be_focused()
    category = page.locator("details", has=page.get_by_role("button", name="Add Fries", include_hidden=True)).first
    category.locator("summary").click()
    category.get_by_role("button", name="Add Fries").click()
    page.get_by_label("Mayonnaise").check()
    guest.assert_in_order("dialog")
    guest.screenshot("guest-choices")
    page.get_by_role("button", name="Add to the order").click()
    page.get_by_label("Note for the kitchen").fill("Hot, please")
    guest.assert_in_order()
    guest.screenshot("guest-order")
    page.get_by_role("button", name="Send the order: £4.50").dblclick()
    expect(page.get_by_role("status").first).to_have_text("Your order is in the kitchen and on your bill.")
    expect(page.locator(".due dd")).to_have_text("£4.50")

    page.get_by_role("button", name="See the menu and order").click()
    category.get_by_role("button", name="Add Fries").click()
    page.get_by_role("button", name="Add to the order").click()
    page.get_by_role("button", name="Send the order: £4.00").click()
    expect(page.locator(".due dd")).to_have_text("£8.50")
    assert len(floor.pos.state()["checks"]) == 1
    guest.assert_in_order()
