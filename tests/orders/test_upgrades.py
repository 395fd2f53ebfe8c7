"""Upgrades of a database of today keep its meaning, and so does the way back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.support.migrations import migrate, migrate_to_now

NOW = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
BEFORE = [("menus", "0007_restore_points"), ("orders", "0011_staff_actions")]
AFTER = [("orders", "0013_codes_found_however_typed")]
CODES = (
    ("CAFÉ10", False, 90),
    ("CAFE\u030110", True, 1),
    ("\uff23\uff21\uff26É10", True, 7),
    ("SPRING", True, 0),
    ("\u3164", True, 0),
)


@pytest.fixture
def apps(transactional_db: None) -> Any:
    yield migrate(BEFORE)
    migrate_to_now()


def _fill(apps: Any) -> None:
    venue = apps.get_model("storekit", "Venue").objects.create(slug="copper-pot", name="P", email="a@b.example")
    columns = {"venue_id": venue.pk, "type": "pickup", "menu_version": 1, "items_total": 1, "total": 1}
    with time_machine.travel(NOW, tick=False):
        for number, status, wanted in (
            (1, "awaiting_payment", None),
            (2, "awaiting_payment", NOW + timedelta(days=2)),
            (3, "placed", None),
        ):
            apps.get_model("orders", "Order").objects.create(
                number=number, collection_code=str(number), status=status, scheduled_for=wanted, **columns
            )
    for code, active, used in CODES:
        apps.get_model("orders", "DiscountCode").objects.create(
            venue_id=venue.pk, code=code, percent=10, active=active, times_used=used
        )


def test_unpaid_orders_expire_when_they_could_not_be_paid_and_codes_keep_working(apps: Any) -> None:
    """One test: each upgrade takes seconds."""
    _fill(apps)

    upgraded = migrate(AFTER)

    _assert_unpaid_orders_expire(upgraded)
    _assert_of_two_codes_that_are_the_same_the_one_in_use_works(upgraded)
    back = migrate(BEFORE)
    assert back.get_model("orders", "Order").objects.count() == 3
    assert sorted(_codes_of(back)) == sorted(CODES)
    _assert_of_two_codes_that_are_the_same_the_one_in_use_works(migrate(AFTER))


def _assert_unpaid_orders_expire(upgraded: Any) -> None:
    pay_by = dict(upgraded.get_model("orders", "Order").objects.values_list("number", "pay_by"))
    assert pay_by == {1: NOW + timedelta(hours=24), 2: NOW + timedelta(days=2, hours=1), 3: None}


def _assert_of_two_codes_that_are_the_same_the_one_in_use_works(upgraded: Any) -> None:
    assert dict(upgraded.get_model("orders", "DiscountCode").objects.values_list("code", "code_key")) == {
        "CAFÉ10": None,
        "CAFE\u030110": None,
        "\uff23\uff21\uff26É10": "café10",
        "SPRING": "spring",
        "\u3164": None,
    }
    assert sorted(_codes_of(upgraded)) == sorted(CODES)


def _codes_of(apps: Any) -> Any:
    return apps.get_model("orders", "DiscountCode").objects.values_list("code", "active", "times_used")
