"""The till page, in a real browser where one is installed."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from tests.sandbox.pos import HIGH_STREET, RIVERSIDE, Pos
from tests.sandbox.process import eventually

# Playwright's synchronous API allows one instance a thread, and other tests have theirs in the main one.
_thread = ThreadPoolExecutor(max_workers=1)


def in_a_browser(test: Callable[[Pos, Page], None]) -> Callable[[Pos], None]:
    """Run a test in a browser. A script error on the page fails the test."""

    def run(pos: Pos) -> None:
        _thread.submit(_visit, _chromium(), pos, test).result()

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return pytest.mark.browser(run)


def _chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing = "There is no Chromium on this machine; apt-get install chromium brings one."
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def _visit(chromium: str, pos: Pos, test: Callable[[Pos, Page], None]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(10_000)
        page.goto(f"{pos.base_url}/till")
        test(pos, page)
        browser.close()
    assert complaints == []


def test_the_page_shows_orders_without_javascript(pos: Pos) -> None:
    order = pos.order(
        [{"quantity": 2, "sku": "BURGER01", "modifiers": [{"modifierId": "1002"}]}], orderNote="No <b>fuss"
    )
    pos.take(order)
    text = requests.get(f"{pos.base_url}/", timeout=5).text
    for words in ("K7PLUM", "Ada Byron", order["thirdPartyReference"], "Copper burger", "Medium", "25.00"):
        assert words in text
    assert "No &lt;b&gt;fuss" in text


def test_a_payment_is_shown_to_the_penny(pos: Pos) -> None:
    pos.take(pos.order(payment={"paymentMethod": "STOREKIT", "paymentAmount": "12.5", "tipAmount": 0}))
    assert "− 12.50" in requests.get(f"{pos.base_url}/till", timeout=5).text


def test_the_page_loads_nothing_from_other_hosts(pos: Pos) -> None:
    text = requests.get(f"{pos.base_url}/till", timeout=5).text
    assert "http://" not in text
    assert "https://" not in text


def test_each_location_has_its_own_page(pos: Pos) -> None:
    pos.take(pos.order())
    text = requests.get(f"{pos.base_url}/till?location={RIVERSIDE}", timeout=5).text
    assert "Fish and chips" in text
    assert "K7PLUM" not in text
    assert requests.get(f"{pos.base_url}/till?location=7", timeout=5).status_code == 403


def test_polling_says_when_nothing_changed(pos: Pos) -> None:
    url = f"{pos.base_url}/till/data?location={HIGH_STREET}"
    first = requests.get(url, timeout=5).json()
    assert first["changed"] is True
    assert requests.get(f"{url}&since={first['version']}", timeout=5).json()["changed"] is False
    pos.take(pos.order())
    later = requests.get(f"{url}&since={first['version']}", timeout=5).json()
    assert "K7PLUM" in later["sections"]["checks"][0]["html"]


@in_a_browser
def test_a_new_order_appears_without_reloading(pos: Pos, till: Page) -> None:
    expect(till.get_by_text("No open checks")).to_be_visible()
    pos.take(pos.order())
    expect(till.get_by_role("heading", name="K7PLUM")).to_be_visible()
    expect(till.get_by_text("Ada Byron · 1 guest")).to_be_visible()
    expect(till.get_by_text("No open checks")).to_be_hidden()


@in_a_browser
def test_a_refused_order_shows_its_reason(pos: Pos, till: Page) -> None:
    pos.send(pos.order([{"quantity": 1, "sku": "CHEESECAKE"}]))
    expect(till.get_by_text("Could not add item Baked cheesecake (check sales restrictions)")).to_be_visible()


@in_a_browser
def test_a_check_is_opened_changed_paid_and_closed(pos: Pos, till: Page) -> None:
    till.get_by_role("button", name="Open a check").click()
    till.get_by_role("combobox", name="Table", exact=True).select_option("7")
    till.get_by_label("First item").select_option("COLA01")
    till.get_by_role("button", name="Open check").click()
    check = till.get_by_role("article").filter(has_text="Table 7")
    expect(check.get_by_text("To pay")).to_be_visible()

    check.get_by_role("button", name="Add an item").click()
    till.get_by_role("combobox", name="Item", exact=True).select_option("FRIES01")
    till.get_by_role("spinbutton", name="Quantity", exact=True).fill("2")
    till.get_by_role("button", name="Add item").click()
    expect(check.locator(".due")).to_contain_text("11.00")

    check.get_by_role("button", name="Void Cola").click()
    expect(check.locator(".due")).to_contain_text("8.00")

    check.get_by_role("button", name="Move table").click()
    till.locator("#dialog-move select").select_option("21")
    till.get_by_role("button", name="Move check").click()
    check = till.get_by_role("article").filter(has_text="Table 21")

    check.get_by_role("button", name="Take payment").click()
    expect(till.get_by_role("spinbutton", name="Amount")).to_have_value("8.00")
    till.get_by_role("button", name="Record payment").click()
    expect(check.locator(".due")).to_have_text("Paid0.00")

    check.get_by_role("button", name="Close").click()
    expect(check).to_have_count(0)
    assert pos.state()["checks"] == []


@in_a_browser
def test_a_check_is_discounted_charged_for_split_and_merged(pos: Pos, till: Page) -> None:
    items = [{"sku": "COLA01", "quantity": 2}, {"sku": "FRIES01", "quantity": 1}]
    opened = pos.control("POST", "checks", {"tableNumber": 7, "items": items})
    check = till.get_by_role("article").filter(has_text="Table 7")

    for button, field, value, due in (
        ("Discount on Cola", "Or an amount", "1.00", "9.00"),
        ("Discount", "Per cent", "50", "4.50"),
        ("Service charge", "Per cent", "10", "4.95"),
    ):
        check.get_by_role("button", name=button, exact=True).click()
        till.get_by_label(field).fill(value)
        till.get_by_role("button", name="Apply").click()
        expect(check.locator(".due")).to_contain_text(due)

    check.get_by_role("button", name="Split").click()
    till.get_by_role("spinbutton", name="Fries").fill("0.5")
    till.get_by_role("button", name="Split check").click()
    expect(till.get_by_role("article").filter(has_text="Table 7")).to_have_count(2)

    rest = till.get_by_role("article").filter(has_text="0.5 ×").filter(has_text="2 ×")
    rest.get_by_role("button", name="Merge").click()
    till.get_by_role("button", name="Merge checks").click()
    expect(check).to_have_count(1)
    assert [each["uuid"] for each in pos.state()["checks"]] != [opened["uuid"]]


@in_a_browser
def test_a_refused_payment_is_shown(pos: Pos, till: Page) -> None:
    check = pos.control("POST", "checks", {"tableNumber": 7, "items": [{"sku": "COLA01", "quantity": 2}]})
    till.get_by_label("Till refuses payments").select_option("UPDATE_FAILED")
    eventually(lambda: pos.state()["faults"]["refuse_payments"], "the switch")
    body = {"businessLocationId": HIGH_STREET, "endpointId": "storekit", "thirdPartyPaymentReference": "pay-1"}
    pos.call("POST", "/o/op/1/pay", body | {"paymentAmount": "6.00", "iKaccountIdentifier": check["ikaccountId"]})

    refused = till.get_by_role("article").filter(has_text="Payment 6.00")
    expect(refused).to_contain_text("Refused")
    expect(refused).to_contain_text("UPDATE_FAILED")


@in_a_browser
def test_an_item_is_restricted_and_released(pos: Pos, till: Page) -> None:
    till.get_by_label("Find an item").fill("diet")
    till.get_by_role("button", name="Restrict Diet cola").click()
    till.get_by_label("How many are left?").fill("3")
    till.get_by_role("button", name="Restrict item").click()
    expect(till.get_by_text("3 left")).to_be_visible()
    till.get_by_role("button", name="Release Diet cola").click()
    expect(till.get_by_text("3 left")).to_have_count(0)


@in_a_browser
def test_faults_are_switched_on_and_off(pos: Pos, till: Page) -> None:
    till.get_by_label("Offline: cut connections").check()
    till.get_by_label("Delay responses (seconds)").fill("0.2")
    till.get_by_label("Delay responses (seconds)").press("Enter")
    expect(till.locator(".on")).to_have_count(2)
    assert pos.state()["faults"]["offline"] is True
    assert pos.state()["faults"]["slow"] == 0.2
    till.get_by_role("button", name="Clear all faults").click()
    expect(till.get_by_label("Offline: cut connections")).not_to_be_checked()
    assert pos.state()["faults"]["slow"] == 0


@in_a_browser
def test_an_update_does_not_overwrite_a_field_being_edited(pos: Pos, till: Page) -> None:
    reason = till.get_by_label("Till refuses orders")
    reason.fill("The oven")
    pos.take(pos.order())
    expect(till.get_by_role("heading", name="K7PLUM")).to_be_visible()
    expect(reason).to_have_value("The oven")
    expect(reason).to_be_focused()


@in_a_browser
def test_the_page_fits_the_screen(pos: Pos, till: Page) -> None:
    pos.take(pos.order(customerInfo={"firstName": "Maximiliana" * 6}, orderNote="x" * 200))
    expect(till.get_by_role("heading", name="K7PLUM")).to_be_visible()
    for width in (390, 768, 1440):
        till.set_viewport_size({"width": width, "height": 844})
        assert till.evaluate("document.documentElement.scrollWidth") <= width


@in_a_browser
def test_the_page_is_accessible(pos: Pos, till: Page) -> None:
    pos.take(pos.order())
    pos.send(pos.order([{"quantity": 1, "sku": "CHEESECAKE"}]))
    expect(till.get_by_text("Baked cheesecake (check sales restrictions)")).to_be_visible()
    till.get_by_role("button", name="Open a check").click()
    for found in (Axe().run(till), _closed(till)):
        assert [one["id"] for one in found.response["violations"]] == []


def _closed(till: Page) -> AxeResults:
    till.get_by_role("button", name="Cancel", exact=True).click()
    return Axe().run(till)
