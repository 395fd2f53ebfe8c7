"""The adapter against the sandbox POS, over real sockets; orders have a file of their own."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.lightspeed import adapter, client, oauth
from integrations.lightspeed.adapter import LightspeedPos
from integrations.lightspeed.http import LightspeedHttp
from integrations.pos import (
    NotFound,
    PointOfSale,
    PosLocation,
    PosMenuName,
    Readiness,
    Rejected,
    Restriction,
    Throttled,
    Unauthorised,
    Unreachable,
    WebhookEndpoint,
)
from tests.integrations.lightspeed.consent import ENDPOINT, HIGH_STREET, REDIRECT, RIVERSIDE, Consent
from tests.support.sandbox import SandboxPos


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
    riverside = LightspeedPos(http=http, business_location_id=RIVERSIDE, endpoint_id=ENDPOINT.id, currency="GBP")
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
    assert snapshots[0].languages == ("en", "fr", "nl", "zh-hant")


def test_an_order_profile_has_prices_of_its_own(http: LightspeedHttp, pos: PointOfSale) -> None:
    happy = LightspeedPos(
        http=http, business_location_id=HIGH_STREET, endpoint_id=ENDPOINT.id, currency="GBP", menu_profile="happyhour"
    )
    normal_prices = {product.sku: product.price for product in pos.menu_document("168").read().snapshot.products}
    prices = {product.sku: product.price for product in happy.menu_document("168").read().snapshot.products}
    assert prices != normal_prices


def test_a_missing_menu_is_not_found(pos: PointOfSale) -> None:
    for menu_id in ("999", ""):
        with pytest.raises(NotFound):
            pos.menu_document(menu_id).read()


def test_a_floor_plan_or_none(http: LightspeedHttp, pos: PointOfSale) -> None:
    assert [(area.name, len(area.tables)) for area in pos.floor_plan()] == [("Main room", 8), ("Terrace", 4)]
    assert LightspeedPos(http=http, business_location_id=RIVERSIDE, endpoint_id="e", currency="GBP").floor_plan() == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, "Online orders are switched off in the POS."),
        ({"opened": False}, "The till is closed."),
        ({"accepting": False}, "The till is not taking online orders at the moment."),
        ({"devices": 0}, "No till is switched on."),
    ],
)
def test_whether_online_orders_are_taken(
    sandbox: SandboxPos, pos: PointOfSale, change: dict[str, Any], reason: str
) -> None:
    assert pos.readiness() == Readiness(ready=True)
    sandbox.control("readiness", **change)
    assert pos.readiness() == Readiness(ready=False, reason=reason)


def test_restricted_items_are_listed(pos: PointOfSale) -> None:
    found = pos.availability_of(["BURGER01", "BROWNIE", "CHEESECAKE", "NO-SUCH"])
    assert found.restrictions == (Restriction("BROWNIE", 5), Restriction("CHEESECAKE", None))


def test_a_message_of_any_length_is_on_the_till(sandbox: SandboxPos, pos: PointOfSale) -> None:
    pos.print_message("Cancelled: " + "x" * 2000)
    (message,) = sandbox.state()["messages"]
    assert message["message"].startswith("Cancelled: x")
    assert message["alsoToPrinter"] is True


def test_throttling_and_faults_raise_their_own_errors(sandbox: SandboxPos, pos: PointOfSale) -> None:
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


def test_an_expired_token_is_renewed_during_a_call(sandbox: SandboxPos, consent: Consent, pos: PointOfSale) -> None:
    stale = consent.access_token()
    sandbox.control("tokens/expire")
    assert pos.menus()
    assert consent.access_token() != stale


def test_a_location_that_was_not_granted_is_unauthorised(http: LightspeedHttp) -> None:
    with pytest.raises(Unauthorised) as caught:
        LightspeedPos(http=http, business_location_id="1", endpoint_id="e", currency="GBP").menus()
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


def test_a_webhook_that_the_pos_refuses_is_rejected(pos: PointOfSale) -> None:
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
