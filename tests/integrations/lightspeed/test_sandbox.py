"""The adapter against the sandbox POS, over real sockets."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations.lightspeed import adapter, client, oauth
from integrations.lightspeed.adapter import LightspeedPos
from integrations.lightspeed.http import LightspeedHttp
from integrations.lightspeed.mapping.notifications import parse
from integrations.pos import (
    Duplicate,
    NotFound,
    OrderEvent,
    OrderTicket,
    OrderType,
    OrderUpdate,
    PointOfSale,
    PosDiscount,
    PosLocation,
    PosMenuName,
    Readiness,
    Rejected,
    Restriction,
    Throttled,
    TicketAddress,
    TicketCustomer,
    TicketDiscount,
    TicketLine,
    TicketPayment,
    Unauthorised,
    Unreachable,
    WebhookEndpoint,
)
from tests.support.sandbox import SandboxPos, eventually

HIGH_STREET, RIVERSIDE = "45454565682155", "45454565682156"
REDIRECT = "http://127.0.0.1:9/callback"
ENDPOINT = WebhookEndpoint(id="storekit-E", url="http://127.0.0.1:9/hooks/", username="storekit", password="pa:ss")


class Consent:
    """The real OAuth flow, and tokens that are renewed by the real refresh."""

    def __init__(self, sandbox: SandboxPos) -> None:
        realm = f"{sandbox.url}/realms/k-series/protocol/openid-connect"
        self.config = oauth.ClientConfig("storekit-sandbox", "sandbox-client-secret", f"{realm}/auth", f"{realm}/token")
        self.verifier = secrets.token_urlsafe(48)
        self.grant = oauth.exchange_code(
            config=self.config, redirect_uri=REDIRECT, code=self.approved_code(), code_verifier=self.verifier
        )

    def approved_code(self) -> str:
        url = oauth.authorise_url(
            config=self.config, redirect_uri=REDIRECT, state="state-1", code_verifier=self.verifier
        )
        answer = requests.post(url, data={"decision": "allow"}, allow_redirects=False, timeout=5)
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert back["state"] == ["state-1"]
        return back["code"][0]

    def access_token(self) -> str:
        return self.grant.access_token

    def renewed(self, stale: str) -> str:
        self.grant = oauth.refresh(config=self.config, refresh_token=self.grant.refresh_token)
        return self.grant.access_token


@pytest.fixture
def consent(sandbox: SandboxPos) -> Iterator[Consent]:
    yield Consent(sandbox)
    sandbox.clear_faults()


@pytest.fixture
def http(sandbox: SandboxPos, consent: Consent) -> LightspeedHttp:
    return LightspeedHttp(sandbox.url, consent)


@pytest.fixture
def pos(http: LightspeedHttp) -> PointOfSale:
    made = LightspeedPos(http=http, business_location_id=HIGH_STREET, endpoint_id=ENDPOINT.id)
    made.register_webhook(ENDPOINT)
    return made


BURGER = TicketLine(
    sku="BURGER01", quantity=1, instructions=("1001",), choices=(TicketLine(sku="CHEESEX", quantity=1),)
)


def ticket(**changes: Any) -> OrderTicket:
    return replace(
        OrderTicket(
            reference=f"storekit-{secrets.token_hex(8)}",
            type=OrderType.PICKUP,
            lines=(BURGER,),
            customer=TicketCustomer("Ada", "Byron", "ada@example.com", "+442079460958", "storekit-ada"),
            order_profile="storekit",
            collection_code="K7PLUM",
            deliver_within=timedelta(minutes=10),
            payment=TicketPayment("STOREKIT", Decimal("13.50"), Decimal("1.35")),
        ),
        **changes,
    )


def test_consent_is_given_with_pkce_and_refreshed_once(consent: Consent) -> None:
    first = consent.grant
    assert first.scope.split() == sorted(["financial-api", "offline_access", "orders-api"])
    assert consent.renewed(first.access_token) != first.access_token
    with pytest.raises(Unauthorised) as caught:
        oauth.refresh(config=consent.config, refresh_token=first.refresh_token)
    assert caught.value.code == "invalid_grant"


def test_another_browsers_code_is_not_exchanged(consent: Consent) -> None:
    with pytest.raises(Unauthorised):
        oauth.exchange_code(
            config=consent.config, redirect_uri=REDIRECT, code=consent.approved_code(), code_verifier="x" * 43
        )


def test_a_wrong_client_secret_is_for_the_operator(consent: Consent) -> None:
    with pytest.raises(Rejected) as caught:
        oauth.refresh(config=replace(consent.config, client_secret="wrong"), refresh_token="any")
    assert caught.value.code == "invalid_client"


def test_the_locations_that_the_consent_covers(http: LightspeedHttp) -> None:
    group = {"business_id": "29091", "business_name": "The Copper Pot Group"}
    assert adapter.locations(http=http) == (
        PosLocation(id=HIGH_STREET, name="High Street", **group),
        PosLocation(id=RIVERSIDE, name="Riverside", **group),
    )


def test_every_menu_of_the_sandbox_is_understood(http: LightspeedHttp, pos: PointOfSale) -> None:
    riverside = LightspeedPos(http=http, business_location_id=RIVERSIDE, endpoint_id=ENDPOINT.id)
    assert pos.menus() == (PosMenuName("168", "Online menu"),)
    snapshots = [
        pos.menu_document("168").read().snapshot,
        *(riverside.menu_document(name.id).read().snapshot for name in riverside.menus()),
    ]
    assert [snapshot.menu_id for snapshot in snapshots] == ["168", "271", "272"]
    assert {warning for snapshot in snapshots for warning in snapshot.warnings} == {
        "Chef's special (ask us) on the screen Grill & salads has no SKU and was left out, "
        "because it cannot be ordered."
    }
    online = {product.sku: product for product in snapshots[0].products}
    assert (online["SOUP01"].price, online["SOUP01"].calories) == (Decimal("5.50"), 210)
    assert online["BURGER01"].image_url.startswith("http://")
    assert snapshots[0].languages == ("en", "fr", "nl")


def test_an_order_profile_has_prices_of_its_own(http: LightspeedHttp, pos: PointOfSale) -> None:
    happy = LightspeedPos(
        http=http, business_location_id=HIGH_STREET, endpoint_id=ENDPOINT.id, menu_profile="happyhour"
    )
    normal_prices = {product.sku: product.price for product in pos.menu_document("168").read().snapshot.products}
    prices = {product.sku: product.price for product in happy.menu_document("168").read().snapshot.products}
    assert prices != normal_prices


def test_a_menu_that_is_not_there_is_not_found(pos: PointOfSale) -> None:
    for menu_id in ("999", ""):
        with pytest.raises(NotFound):
            pos.menu_document(menu_id).read()


def test_a_floor_plan_or_none(http: LightspeedHttp, pos: PointOfSale) -> None:
    assert [(area.name, len(area.tables)) for area in pos.floor_plan()] == [("Main room", 8), ("Terrace", 4)]
    assert LightspeedPos(http=http, business_location_id=RIVERSIDE, endpoint_id="e").floor_plan() == ()


def test_an_order_arrives_on_the_till_with_all_that_was_chosen_and_paid(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sent = ticket(note="No cutlery", collection_time=datetime.now(UTC) + timedelta(hours=1))
    pos.place_order(sent)
    (order,) = eventually(sandbox.orders_on_the_till)
    assert order["reference"] == sent.reference
    (check,) = sandbox.state()["checks"]
    assert Decimal(str(check["currentAmount"])) == Decimal("13.50")
    assert Decimal(str(check["paidAmount"])) == Decimal("13.50")


def test_a_reference_that_was_used_is_a_duplicate_and_one_order(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sent = ticket()
    pos.place_order(sent)
    with pytest.raises(Duplicate):
        pos.place_order(sent)
    assert len(sandbox.state()["orders"]) == 1


def test_an_answer_lost_on_the_way_leaves_a_doubt_that_sending_again_settles(
    sandbox: SandboxPos, pos: PointOfSale
) -> None:
    sent = ticket()
    sandbox.switch_on(lose_answer=1)
    with pytest.raises(Unreachable):
        pos.place_order(sent)
    with pytest.raises(Duplicate):
        pos.place_order(sent)


def test_what_the_pos_refuses_at_once_is_rejected_in_its_own_words(pos: PointOfSale) -> None:
    with pytest.raises(Rejected) as caught:
        pos.place_order(ticket(lines=(TicketLine(sku="S" * 26, quantity=1),)))
    assert "items[0].sku" in caught.value.detail
    assert caught.value.status == 400


def test_a_delivery_arrives_with_its_address(sandbox: SandboxPos, pos: PointOfSale) -> None:
    mill_lane = TicketAddress(line1="1 Mill Lane", line2="", city="London", postcode="N1 1AA")
    pos.place_order(ticket(type=OrderType.DELIVERY, address=mill_lane, order_profile="delivery"))
    (order,) = eventually(sandbox.orders_on_the_till)
    assert order["kind"] == "toGo"
    assert order["body"]["deliveryAddress"] == {"addressLine1": "1 Mill Lane", "zip": "N1 1AA", "city": "London"}


DINE_IN = {"type": OrderType.DINE_IN, "order_profile": "dinein"}


def test_an_order_to_a_table_is_on_its_check_and_more_can_be_added(sandbox: SandboxPos, pos: PointOfSale) -> None:
    first = ticket(**DINE_IN, table=4, covers=2, lines=(replace(BURGER, course=1),))
    pos.place_order(first)
    (check,) = eventually(pos.open_checks)
    assert (check.table, check.amount, check.paid) == (4, Decimal("13.50"), Decimal("13.50"))
    assert check.payment_references == (first.reference,)
    pos.place_order(ticket(**DINE_IN, account=check.account, payment=None))
    eventually(lambda: len(sandbox.orders_on_the_till()) == 2)
    (check,) = pos.open_checks()
    assert (check.table, check.amount, check.paid) == (4, Decimal("27.00"), Decimal("13.50"))
    assert (check.opened_at or datetime.min.replace(tzinfo=UTC)) > datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"table": 99}, "unknown_table"),
        ({"table": 8}, "unknown_table"),
        ({"table": None}, "unknown_table"),
        ({"table": 4, "order_profile": "lunch"}, "order_profile"),
        ({"table": 4, "payment": TicketPayment("BARTER", Decimal(1), Decimal(0))}, "payment_method"),
        ({"table": 4, "lines": (TicketLine(sku="NO-SUCH", quantity=1),)}, "unknown_item"),
        ({"table": 4, "lines": (replace(BURGER, instructions=("9",)),)}, "unknown_item"),
        (
            {"table": 4, "lines": (replace(BURGER, discount=TicketDiscount("NOPE", Decimal(1))),)},
            "unknown_discount",
        ),
    ],
)
def test_what_is_refused_at_once_has_its_cause(
    sandbox: SandboxPos, pos: PointOfSale, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        pos.place_order(ticket(**DINE_IN | changes))
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert sandbox.state()["orders"] == []


BROWNIES = TicketLine(sku="BROWNIE", quantity=6)
LONELY_SAUCE = TicketLine(sku="SAUCEPOT", quantity=1)
BACON_ON_PIZZA = TicketLine(sku="MARGHERITA", quantity=1, choices=(TicketLine(sku="BACONX", quantity=1),))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": (BROWNIES,), "payment": None}, "restricted"),
        ({"lines": (LONELY_SAUCE,), "payment": None}, "item_refused"),
        ({"lines": (BACON_ON_PIZZA,), "payment": None}, "unknown_item"),
        ({"payment": TicketPayment("STOREKIT", Decimal("13.51"), Decimal(0))}, "overpaid"),
        ({**DINE_IN, "account": "A1.2"}, "check_gone"),
        ({"customer": TicketCustomer("Ada", email="ADA@example.com", reference="another")}, "customer_conflict"),
    ],
)
def test_what_the_till_refuses_has_its_cause(
    sandbox: SandboxPos, pos: PointOfSale, changes: dict[str, Any], code: str
) -> None:
    known = ticket()
    pos.place_order(known)
    eventually(sandbox.orders_on_the_till)
    refused = ticket(**changes)
    pos.place_order(refused)
    told = eventually(lambda: failure_of(sandbox, refused.reference))
    assert (told.event, told.code) == (OrderEvent.FAILED, code)


def test_an_order_that_no_till_picked_up_in_time_has_its_cause(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sandbox.switch_on(till_asleep=True)
    sent = ticket()
    pos.place_order(sent)
    assert pos.open_checks() == ()
    sandbox.control("tasks/expire")
    assert eventually(lambda: failure_of(sandbox, sent.reference)).code == "not_picked_up"


def failure_of(sandbox: SandboxPos, reference: str) -> Any:
    told = (parse(row["body"]).fact for row in sandbox.state()["notifications"] if row["status"] == "FAILURE")
    return next((fact for fact in told if isinstance(fact, OrderUpdate) and fact.reference == reference), None)


def test_a_discount_of_the_poss_own_comes_off_at_the_till(sandbox: SandboxPos, pos: PointOfSale) -> None:
    assert PosDiscount("STAFF10", "Staff 10%", percent=Decimal(10)) in pos.discounts()
    off = TicketDiscount("STAFF10", Decimal("1.35"))
    paid = TicketPayment("STOREKIT", Decimal("12.15"), Decimal(0))
    pos.place_order(ticket(lines=(replace(BURGER, discount=off),), payment=paid))
    (check,) = eventually(pos.open_checks)
    assert (check.amount, check.paid) == (Decimal("12.15"), Decimal("12.15"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, "Online orders are switched off at the POS."),
        ({"opened": False}, "The till is closed."),
        ({"accepting": False}, "The till is not taking online orders right now."),
        ({"devices": 0}, "No till is switched on."),
    ],
)
def test_whether_online_orders_are_taken(
    sandbox: SandboxPos, pos: PointOfSale, change: dict[str, Any], reason: str
) -> None:
    assert pos.readiness() == Readiness(ready=True)
    sandbox.control("readiness", **change)
    assert pos.readiness() == Readiness(ready=False, reason=reason)


def test_what_is_left_of_some_items(pos: PointOfSale) -> None:
    found = pos.availability_of(["BURGER01", "BROWNIE", "CHEESECAKE", "NO-SUCH"])
    assert found == (Restriction("BROWNIE", 5), Restriction("CHEESECAKE", None))


def test_a_message_of_any_length_is_on_the_till(sandbox: SandboxPos, pos: PointOfSale) -> None:
    pos.print_message("Cancelled: " + "x" * 2000)
    (message,) = sandbox.state()["messages"]
    assert message["message"].startswith("Cancelled: x")
    assert message["alsoToPrinter"] is True


def test_throttling_and_faults_of_the_pos_have_their_names(sandbox: SandboxPos, pos: PointOfSale) -> None:
    sandbox.switch_on(throttle=True, retry_after=9)
    with pytest.raises(Throttled) as caught:
        pos.menus()
    assert caught.value.retry_after == timedelta(seconds=9)
    sandbox.clear_faults()
    for fault in ({"error_status": 503}, {"offline": True}):
        sandbox.switch_on(**fault)
        with pytest.raises(Unreachable):
            pos.menus()
        sandbox.clear_faults()


def test_an_expired_token_is_renewed_in_passing(sandbox: SandboxPos, consent: Consent, pos: PointOfSale) -> None:
    stale = consent.access_token()
    sandbox.control("tokens/expire")
    assert pos.menus()
    assert consent.access_token() != stale


def test_a_location_that_was_not_granted_is_unauthorised(http: LightspeedHttp) -> None:
    with pytest.raises(Unauthorised) as caught:
        LightspeedPos(http=http, business_location_id="1", endpoint_id="e").menus()
    assert caught.value.code == "forbidden"


def test_registering_the_webhook_may_be_repeated_and_keeps_every_flag(
    sandbox: SandboxPos, http: LightspeedHttp, pos: PointOfSale
) -> None:
    moved = replace(ENDPOINT, url="http://127.0.0.1:9/moved/")
    pos.register_webhook(moved)
    pos.register_webhook(moved)
    (endpoint,) = sandbox.state()["endpoints"]
    assert endpoint["url"] == moved.url
    stored = client.webhook(http=http, endpoint_id=ENDPOINT.id)
    assert all(stored[flag] for flag in ("withBasicAuth", "provideAccount", "expandTransactions", "expandPayments"))
    assert {(each["resource"], each["name"]) for each in stored["subscribeTo"]} == {
        ("order", "DELIVERED"),
        ("item", "SALES_RESTRICTION_UPDATED"),
        ("order_api", "ONLINE_ORDER_READINESS"),
    }


def test_a_webhook_that_the_pos_will_not_have_is_rejected(pos: PointOfSale) -> None:
    with pytest.raises(Rejected) as caught:
        pos.register_webhook(WebhookEndpoint("another", "http://shop.example/", "u", "p"))
    assert "url" in caught.value.detail
    assert not isinstance(caught.value, NotFound)


def test_removing_the_webhook_may_be_repeated(sandbox: SandboxPos, pos: PointOfSale) -> None:
    pos.remove_webhook(ENDPOINT.id)
    pos.remove_webhook(ENDPOINT.id)
    assert sandbox.state()["endpoints"] == []


def test_the_calls_of_the_pre_launch_check(http: LightspeedHttp) -> None:
    location = int(HIGH_STREET)
    assert "storekit" in {each["code"] for each in client.account_profiles(http=http, location=location)}
    assert "STOREKIT" in {each["code"] for each in client.payment_methods(http=http, location=location)}
    assert "MILK" in {each["code"] for each in client.allergens(http=http)}
