"""The upgrade of a database of two decimals keeps every amount, and so does the way back."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("menus", "0005_prices_of_the_till"), ("orders", "0009_prices_of_the_till")]
AFTER = [("menus", "0006_three_decimals"), ("orders", "0010_three_decimals")]


def migrate(targets: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.django_db(transaction=True)
def test_the_upgrade_keeps_every_amount() -> None:
    amounts = {"items_total": Decimal("9999999999.99"), "total": Decimal("43.35"), "tip": Decimal("0.01")}
    try:
        apps = migrate(BEFORE)
        venue = apps.get_model("storekit", "Venue").objects.create(slug="copper-pot", name="P", email="a@b.example")
        apps.get_model("menus", "Product").objects.create(venue_id=venue.pk, sku="A", name="A", price=Decimal("9.55"))
        apps.get_model("orders", "Order").objects.create(
            venue_id=venue.pk, number=1, type="pickup", menu_version=1, **amounts
        )
        for targets in (AFTER, BEFORE, AFTER):
            apps = migrate(targets)
            assert apps.get_model("menus", "Product").objects.get().price == Decimal("9.55")
            order = apps.get_model("orders", "Order").objects.get()
            assert {name: getattr(order, name) for name in amounts} == amounts
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
