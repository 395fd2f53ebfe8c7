"""Sold out at the till, and storekit has not heard of it: the till refuses, and from then on nobody orders it."""

from collections.abc import Iterator
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
from tests.support.processes import Worker, environment
from tests.support.sandbox import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mails(service: Service, tmp_path: Path) -> Iterator[Path]:
    """Where a worker, which runs meanwhile, leaves the e-mails."""
    folder = tmp_path / "mail"
    worker = Worker(environment() | {"EMAIL_URL": f"filemail:///{folder}"})
    yield folder
    worker.kill()


def written(mails: Path) -> str:
    """The one e-mail, as text: soft line breaks are undone."""
    (mail,) = eventually(lambda: list(mails.glob("*.log")))
    eventually(lambda: Alert.objects.filter(channel="email", sent_at__isnull=False).exists())
    return str(mail.read_text()).replace("=\n", "")


def restrict_unheard(service: Service, *skus: str) -> None:
    """Staff say so at the till, and no notification of it arrives."""
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
    zone = service.venue.zone
    return datetime.combine(timezone.now().astimezone(zone).date() + timedelta(days=1), time(8), tzinfo=zone)


def snoozed(service: Service) -> Snooze:
    """What the order put to sleep; what the till said when it was asked has a record of its own."""
    (row,) = eventually(lambda: list(Snooze.objects.filter(cause="order_failure")))
    return row


def test_the_till_refuses_what_storekit_took_and_from_then_on_it_is_off_the_menu(service: Service, mails: Path) -> None:
    restrict_unheard(service, "BROWNIE")
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


def test_a_choice_within_a_product_is_refused_and_snoozed(service: Service, mails: Path) -> None:
    restrict_unheard(service, "BACONX")
    order = burger_with_bacon(service)
    place(service, order)

    assert snoozed(service).sku == "BACONX"
    assert not choice(service, "BACONX")["available"]
    assert product(service, "BURGER01")["available"]
    (error,) = service.post(order).json()["errors"]
    assert error["code"] == "unavailable"
    assert error["attr"].startswith("items.0")


@pytest.mark.parametrize("at_once", [True, False])
def test_where_the_tills_words_name_nothing_it_is_asked(service: Service, mails: Path, at_once: bool) -> None:
    restrict_unheard(service, "BROWNIE")
    fault = "reject_orders" if at_once else "refuse_orders"
    service.pos.switch_on(**{fault: "Order refused: sales restriction"})

    place(service, brownies(service))

    assert snoozed(service).sku == "BROWNIE"
    assert StockLevel.objects.get(sku="BROWNIE").left == 0
    assert not product(service, "BROWNIE")["available"]
    assert "sold out, so snoozed until" in written(mails)


def test_where_nobody_can_say_what_it_was_the_e_mail_says_so(service: Service, mails: Path) -> None:
    service.pos.switch_on(refuse_orders="Order refused: sales restriction")
    place(service, brownies(service))

    assert "It could not be found out what is sold out" in written(mails)
    assert product(service, "BROWNIE")["available"]
    assert not Snooze.objects.filter(cause="order_failure").exists()
