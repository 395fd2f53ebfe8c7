"""An item is sold out at the till and storekit does not know: the till refuses an order, and the item is snoozed."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from menus.models import Snooze, StockLevel
from orders.models import Alert, Injection
from storekit.demo import story
from tests.e2e.conftest import Service
from tests.e2e.mail import written
from tests.support.sandbox import eventually

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.any_database("what the till says is between it and storekit; test_sold_out uses both kinds"),
]


def restrict_without_notification(service: Service, *skus: str) -> None:
    """Mark items as sold out at the till, and lose the notifications."""
    service.pos.switch_on(webhooks_off=True)
    for sku in skus:
        service.pos.control(f"items/{sku}/restrict")
    service.pos.clear_faults()


def product(service: Service, sku: str) -> dict[str, Any]:
    menu = story.read_menu(url=service.url, venue=service.venue.slug)
    found: dict[str, Any] = next(one for one in menu["products"] if one["sku"] == sku)
    return found


def choice(service: Service, sku: str) -> dict[str, Any]:
    menu = story.read_menu(url=service.url, venue=service.venue.slug)
    groups = {one["id"]: one for one in menu["modifier_groups"]}
    of_burger = [groups[id] for id in product(service, "BURGER01")["modifier_groups"]]
    found: dict[str, Any] = next(one for group in of_burger for one in group["modifiers"] if one["sku"] == sku)
    return found


def brownies(service: Service, **changes: Any) -> dict[str, Any]:
    payment = {"status": "paid", "reference": "web-1", "amount": product(service, "BROWNIE")["price"]}
    return service.order(items=[{"sku": "BROWNIE", "quantity": 1}], payment=payment, **changes)


def burger_with_bacon(service: Service) -> dict[str, Any]:
    menu = story.read_menu(url=service.url, venue=service.venue.slug)
    groups = {one["id"]: one for one in menu["modifier_groups"]}
    burger = product(service, "BURGER01")
    must = [groups[id]["modifiers"][0] for id in burger["modifier_groups"] if groups[id]["min"]]
    chosen = [*must, choice(service, "BACONX")]
    item = {"sku": "BURGER01", "quantity": 1, "modifiers": [{"modifier": one["id"]} for one in chosen]}
    amount = sum(Decimal(one["price"]) for one in [burger, *chosen])
    return service.order(items=[item], payment={"status": "paid", "reference": "web-1", "amount": str(amount)})


def place(service: Service, order: dict[str, Any]) -> dict[str, Any]:
    answer = service.post(order)
    assert answer.status_code == 201, answer.text
    placed: dict[str, Any] = answer.json()
    return placed


def eight_tomorrow(service: Service) -> datetime:
    """Return eight o'clock after the night. Before five in the morning it is still last evening to a venue."""
    zone = service.venue.zone
    evening = (timezone.now().astimezone(zone) - timedelta(hours=5)).date()
    return datetime.combine(evening + timedelta(days=1), time(8), tzinfo=zone)


def snoozed(service: Service) -> Snooze:
    """Return the snooze that the refused order caused. What the POS answered when asked has a row of its own."""
    (row,) = eventually(lambda: list(Snooze.objects.filter(cause="order_failure")))
    return row


def test_an_item_that_the_till_refuses_is_taken_off_the_menu(service: Service, mails: Path) -> None:
    restrict_without_notification(service, "BROWNIE")
    assert product(service, "BROWNIE")["available"]
    version = service.menu["version"]

    placed = place(service, brownies(service))

    row = snoozed(service)
    assert (row.sku, row.source, row.order, row.until) == (
        "BROWNIE",
        "lightspeed",
        str(placed["number"]),
        eight_tomorrow(service),
    )
    assert Injection.objects.get().error_code == "restricted"
    now = story.read_menu(url=service.url, venue=service.venue.slug)
    assert now["version"] > version
    assert not product(service, "BROWNIE")["available"]
    (error,) = service.post(brownies(service)).json()["errors"]
    assert (error["code"], error["attr"]) == ("unavailable", "items.0")
    until = eight_tomorrow(service)
    assert f"{row.name}: sold out, so snoozed until {until:%A} {until.day} {until:%B}, 08:00." in written(mails)
    eventually(lambda: Alert.objects.filter(channel="menu", sent_at__isnull=False).exists())
    assert Snooze.objects.filter(cause="order_failure").count() == 1


def test_a_modifier_that_the_till_refuses_is_snoozed(service: Service, mails: Path) -> None:
    restrict_without_notification(service, "BACONX")
    order = burger_with_bacon(service)
    place(service, order)

    assert snoozed(service).sku == "BACONX"
    assert not choice(service, "BACONX")["available"]
    assert product(service, "BURGER01")["available"]
    (error,) = service.post(order).json()["errors"]
    assert error["code"] == "unavailable"
    assert error["attr"].startswith("items.0")


def test_if_the_refusal_names_no_item_the_pos_is_asked(service: Service, mails: Path) -> None:
    restrict_without_notification(service, "BROWNIE")
    service.pos.switch_on(reject_orders="Order refused: sales restriction")

    place(service, brownies(service))

    assert snoozed(service).sku == "BROWNIE"
    assert StockLevel.objects.get(sku="BROWNIE").left == 0
    assert not product(service, "BROWNIE")["available"]
    assert "sold out, so snoozed until" in written(mails)


def test_if_the_item_cannot_be_found_out_the_e_mail_says_so(service: Service, mails: Path) -> None:
    service.pos.switch_on(refuse_orders="Order refused: sales restriction")
    place(service, brownies(service))

    assert "storekit could not find out what is sold out" in written(mails)
    assert product(service, "BROWNIE")["available"]
    assert not Snooze.objects.filter(cause="order_failure").exists()
