"""Amounts have the decimals of the venue's currency; more are refused, and the schema says so."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework import serializers

from storekit.rest.money import PostedMoney


class Posted(serializers.Serializer):
    tip = PostedMoney()


@pytest.mark.parametrize(
    ("currency", "posted"),
    [
        ("GBP", "1.25"),
        ("GBP", "1.250"),
        ("JPY", "125"),
        ("JPY", "125.00"),
        ("KWD", "1.125"),
        ("CHF", "1.25"),
        ("GBP", 1),
    ],
)
def test_an_amount_with_the_currencys_decimals_is_taken(currency: str, posted: object) -> None:
    read = Posted(data={"tip": posted}, context={"currency": currency})

    assert read.is_valid()
    assert read.validated_data["tip"] == Decimal(str(posted))


@pytest.mark.parametrize(
    ("currency", "posted", "detail"),
    [
        ("GBP", "1.255", "Amounts in GBP have at most 2 decimals."),
        ("JPY", "1.5", "Amounts in JPY have no decimals."),
        ("KWD", "1.1255", "Amounts in KWD have at most 3 decimals."),
        ("GBP", "0." + "0" * 60 + "1", "Amounts in GBP have at most 2 decimals."),
    ],
)
def test_more_decimals_than_the_currency_has_are_a_clear_error(currency: str, posted: str, detail: str) -> None:
    read = Posted(data={"tip": posted}, context={"currency": currency})

    assert not read.is_valid()
    assert [(str(error), error.code) for error in read.errors["tip"]] == [(detail, "max_decimal_places")]


MONEY = {"price", "unit_price", "total", "discount", "delivery_fee", "service_charge", "tip", "amount"}


def test_the_schema_says_of_every_amount_that_it_has_the_currencys_decimals(client: Client) -> None:
    accept = {"Accept": "application/vnd.oai.openapi+json"}
    schemas = client.get("/api/schema/", headers=accept).json()["components"]["schemas"]
    amounts = {
        f"{schema}.{name}": field
        for schema, definition in schemas.items()
        for name, field in definition.get("properties", {}).items()
        if name in MONEY or (schema, name) == ("Totals", "items")
    }
    assert {"ProductSchema.price", "ModifierSchema.price", "Totals.items", "OrderItem.unit_price"} <= set(amounts)
    for place, field in amounts.items():
        assert (field["type"], field["format"]) == ("string", "decimal"), place
        assert "with its own number of decimals (ISO 4217)" in field["description"], place
        for amount in ("8.00", "800", "8.000"):
            assert re.fullmatch(field["pattern"], amount), place
        assert not re.fullmatch(field["pattern"], "8.0000"), place
