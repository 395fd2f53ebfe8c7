"""The upgrade of a database of the first release: settings, menu and orders keep their meaning, on either database."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps as current_apps
from django.db import models

from integrations.connect.venue_settings import settings_of
from integrations.models import LightspeedSettings
from integrations.pos import OrderType
from menus.catalogue import load
from menus.models import Modifier, Product
from orders.checkout.lines import lines_of
from orders.models import DiscountCode, Injection, Order, OrderLine
from orders.order_sheet import order_totals
from storekit.models import Venue
from tables.models import GiftCard, PayAtTable, Reconciliation, SandboxCharge
from tests import factories
from tests.support.migrations import migrate, migrate_from_nothing, migrate_to_now

FIRST_RELEASE = [
    ("integrations", "0002_readiness_and_webhook_checks"),
    ("menus", "0002_stock_and_snoozes"),
    ("orders", "0004_snoozed_on_the_menu"),
    ("storekit", "0001_initial"),
    ("tables", "0001_initial"),
]
BEFORE_THREE_DECIMALS = [("menus", "0005_prices_of_the_till"), ("orders", "0009_prices_of_the_till")]
# Decimals that are no amounts of money: percentages, and prices before they are rounded.
NO_MONEY = {"alcohol_percentage", "percent", "exact_price", "tax_rate"}
AMOUNTS = {
    "items_total": Decimal("9999999999.99"),
    "discount": Decimal("4.34"),
    "delivery_fee": Decimal("2.50"),
    "service_charge": Decimal("0.00"),
    "tip": Decimal("0.01"),
    "total": Decimal("9999999998.16"),
    "payment_amount": Decimal("9999999998.16"),
}
SETTINGS = {
    "delivery_fee_sku": "FEE",
    "discount_sku": "OFF",
    "payment_method": "WEB",
    "delivery_profile": "delivery",
    "buffer_orders": True,
    "buffer_minutes": 35,
    "native_discounts": True,
    "update_images": False,
    "menu_profile": "web",
    "preferred_language": "fr",
    "auto_close_delay": 9,
}


@pytest.fixture
def first_release(transactional_db: None) -> Iterator[Any]:
    """The models of a database as the first release made it."""
    try:
        yield migrate_from_nothing(FIRST_RELEASE)
    finally:
        migrate_to_now()


def fill(old: Any) -> None:
    """Store a connected venue with its menu, an order of it and two discount codes."""

    def create(app: str, model: str, **columns: Any) -> Any:
        return old.get_model(app, model).objects.create(**columns)

    venue = create(
        "storekit", "Venue", slug="copper-pot", name="The Copper Pot", email="a@b.example", timezone="Europe/Paris"
    )
    linked = create("integrations", "Connection", venue=venue, environment="sandbox", business_location_id="45")
    create("integrations", "LightspeedSettings", connection=linked, **SETTINGS)
    create("menus", "Menu", venue=venue, pos_menu_id="168", version=7)
    burger = create("menus", "Product", venue=venue, sku="BURGER", name="Burger", price=Decimal("9.55"))
    extras = create("menus", "ModifierGroup", venue=venue, key="EXTRAS", name="Extras", kind="modifier")
    create("menus", "ProductModifierGroup", product=burger, group=extras)
    cheese = create("menus", "Modifier", group=extras, key="CHEESE", sku="CHEESE", name="Cheese", price=Decimal("1.05"))
    order = create(
        "orders", "Order", venue=venue, number=1, type="pickup", status="placed", payment_status="paid",
        collection_code="ACDEFGHJ", first_name="Ada", menu_version=7, discount_code="TENTH", **AMOUNTS,
    )  # fmt: skip
    create("orders", "Injection", order=order, reference="0" * 32 + "-1", state="accepted", location="45")
    line = {"order": order, "position": 0, "quantity": 2, "menu_id": burger.pk, "kind": "product"}
    top = create("orders", "OrderLine", **line, sku="BURGER", name="Burger", unit_price=Decimal("9.55"))
    below = line | {"parent": top, "position": 1, "quantity": 1, "menu_id": cheese.pk, "kind": "modifier"}
    create("orders", "OrderLine", **below, sku="CHEESE", name="Cheese", unit_price=Decimal("1.05"))
    create("orders", "DiscountCode", venue=venue, code="TENTH", percent=Decimal("10.00"), times_used=3)
    create("orders", "DiscountCode", venue=venue, code="FIVER", amount=Decimal("5.00"), minimum_spend=Decimal("20.50"))


def _money_columns() -> dict[type[models.Model], list[str]]:
    """Return the names of the columns for money, by model."""
    found = {
        model: [
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, models.DecimalField) and field.name not in NO_MONEY
        ]
        for model in current_apps.get_models()
    }
    return {model: names for model, names in found.items() if names}


def test_settings_menu_and_orders_keep_their_meaning_and_money_columns_hold_three_decimals(first_release: Any) -> None:
    """One test: each upgrade takes seconds."""
    fill(first_release)

    migrate_to_now()

    _assert_settings_and_menu_mean_the_same()
    _assert_orders_and_codes_mean_the_same()
    _assert_the_way_back_and_forth_keeps_every_amount()
    _assert_every_money_column_holds_three_decimals()


def _assert_settings_and_menu_mean_the_same() -> None:
    venue = Venue.objects.get()
    stored = LightspeedSettings.objects.get()
    assert (venue.currency, venue.timezone) == ("GBP", "Europe/Paris")
    assert {name: getattr(stored, name) for name in SETTINGS} == SETTINGS
    assert settings_of(venue).profile_of(OrderType.DELIVERY) == "delivery"

    cheese = Modifier.objects.get().pk
    catalogue = load(venue=venue, skus=["BURGER"], choices=[cheese])
    (burger,), (extras,) = catalogue.products.values(), catalogue.groups.values()
    assert (catalogue.version, burger.price, burger.exact_price, burger.tax_at_till) == (
        7,
        Decimal("9.55"),
        None,
        False,
    )
    assert [(one.sku, one.price, one.custom_price) for one in extras.modifiers] == [("CHEESE", Decimal("1.05"), None)]


def _assert_orders_and_codes_mean_the_same() -> None:
    order = Order.objects.get()
    assert {name: getattr(order, name) for name in AMOUNTS} == AMOUNTS
    (line,) = lines_of(rows=order.lines.all(), currency="GBP")
    assert (line.sku, line.total, [choice.total for choice in line.choices]) == (
        "BURGER",
        Decimal("21.20"),
        [Decimal("1.05")],
    )
    assert dict(order_totals(order=order))["Total"] == AMOUNTS["total"]
    assert Injection.objects.values_list("state", "location").get() == ("accepted", "45")

    codes = {code.code: code for code in DiscountCode.objects.all()}
    assert (codes["TENTH"].percent, codes["TENTH"].amount, codes["TENTH"].times_used) == (Decimal(10), None, 3)
    assert (codes["FIVER"].amount, codes["FIVER"].minimum_spend) == (Decimal(5), Decimal("20.50"))


def _assert_the_way_back_and_forth_keeps_every_amount() -> None:
    old = migrate(BEFORE_THREE_DECIMALS)
    assert old.get_model("menus", "Product").objects.get().price == Decimal("9.55")
    migrate_to_now()
    assert {name: getattr(Order.objects.get(), name) for name in AMOUNTS} == AMOUNTS


def _assert_every_money_column_holds_three_decimals() -> None:
    amount, columns = Decimal("9999999999.125"), _money_columns()
    assert {Product, Modifier, Order, OrderLine, DiscountCode} <= set(columns)
    # A code takes off a percentage or an amount.
    DiscountCode.objects.exclude(percent=None).delete()
    _take_a_payment(Venue.objects.get())
    for model, names in columns.items():
        assert model._default_manager.update(**dict.fromkeys(names, amount)), model
        for row in model._default_manager.values(*names):
            assert row == dict.fromkeys(names, amount), model


def _take_a_payment(venue: Venue) -> None:
    """Store a row of everything with money in it that the first release did not have."""
    payment = factories.PaymentFactory(bill=factories.BillFactory(venue=venue))
    payment.refunds.create(key="1", amount=1, requested_by="Anna")
    Reconciliation.objects.create(venue=venue, day="2026-05-01").differences.create(cause="twice", till=1)
    GiftCard.objects.create(venue=venue).entries.create(kind="issued", amount=1)
    SandboxCharge.objects.create(currency="GBP", amount=1, state="captured")
    PayAtTable.objects.create(venue=venue)
