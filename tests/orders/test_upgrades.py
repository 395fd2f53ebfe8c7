"""Upgrades of a database of today keep its meaning, and so does the way back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
BEFORE = [("menus", "0007_restore_points"), ("orders", "0011_staff_actions")]
EXPIRING = [("orders", "0012_unpaid_orders_expire")]
TYPED = [("orders", "0013_codes_found_however_typed")]


def migrate(targets: list[tuple[str, str]]) -> Any:
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def apps(transactional_db: None) -> Any:
    yield migrate(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def venue_of(apps: Any) -> Any:
    return apps.get_model("storekit", "Venue").objects.create(slug="copper-pot", name="P", email="a@b.example")


def test_unpaid_orders_of_today_expire_when_they_could_not_be_paid_any_more(apps: Any) -> None:
    venue, orders = venue_of(apps), apps.get_model("orders", "Order").objects
    columns = {"venue_id": venue.pk, "type": "pickup", "menu_version": 1, "items_total": 1, "total": 1}
    with time_machine.travel(NOW, tick=False):
        for number, status, wanted in (
            (1, "awaiting_payment", None),
            (2, "awaiting_payment", NOW + timedelta(days=2)),
            (3, "placed", None),
        ):
            orders.create(number=number, collection_code=str(number), status=status, scheduled_for=wanted, **columns)

    upgraded = migrate(EXPIRING).get_model("orders", "Order").objects

    pay_by = dict(upgraded.values_list("number", "pay_by"))
    assert pay_by == {1: NOW + timedelta(hours=24), 2: NOW + timedelta(days=2, hours=1), 3: None}
    assert migrate(BEFORE).get_model("orders", "Order").objects.count() == 3


def test_codes_of_today_keep_working_and_of_two_that_are_the_same_the_one_in_use_does(apps: Any) -> None:
    venue, codes = venue_of(apps), apps.get_model("orders", "DiscountCode").objects
    for code, active, used in (
        ("CAFÉ10", False, 90),
        ("CAFE\u030110", True, 1),
        ("\uff23\uff21\uff26É10", True, 7),
        ("SPRING", True, 0),
        ("\u3164", True, 0),
    ):
        codes.create(venue_id=venue.pk, code=code, percent=10, active=active, times_used=used)
    before = sorted(codes.values_list("code", "active", "times_used"))

    upgraded = migrate(TYPED).get_model("orders", "DiscountCode").objects

    keys = dict(upgraded.values_list("code", "code_key"))
    assert keys == {
        "CAFÉ10": None,
        "CAFE\u030110": None,
        "\uff23\uff21\uff26É10": "café10",
        "SPRING": "spring",
        "\u3164": None,
    }
    assert sorted(upgraded.values_list("code", "active", "times_used")) == before
    back = migrate(BEFORE).get_model("orders", "DiscountCode").objects
    assert sorted(back.values_list("code", "active", "times_used")) == before
    again = migrate(TYPED).get_model("orders", "DiscountCode").objects
    assert dict(again.values_list("code", "code_key")) == keys
